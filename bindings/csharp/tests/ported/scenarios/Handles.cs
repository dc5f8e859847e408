// Handles handed out and taken over, the ends of anonymous pipes that go to children, and what is finalized.
using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;
using Pipes;

namespace Ported.ToPipes;

public static class Handles
{
    public static async Task TakenOver(Outcomes outcomes)
    {
        foreach (PipeOptions options in new[] { PipeOptions.None, PipeOptions.Asynchronous })
        {
            foreach (bool isAsync in new[] { false, true })
            {
                string what = $"{options}, isAsync {isAsync}";
                (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair(options);
                using (server)
                using (client)
                {
                    await outcomes.Of($"{what}: server", () => Used(
                        new NamedPipeServerStream(PipeDirection.InOut, isAsync, true, server.SafePipeHandle), client));
                }

                (server, client) = Ends.Pair(options);
                using (server)
                using (client)
                {
                    await outcomes.Of($"{what}: client", () => Used(
                        new NamedPipeClientStream(PipeDirection.InOut, isAsync, true, client.SafePipeHandle), server));
                }
            }
        }
    }

    public static async Task TakenOverUnconnected(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair();
        using (server)
        using (client)
        {
            using NamedPipeClientStream taken = new(PipeDirection.InOut, false, false, client.SafePipeHandle);
            await outcomes.Of("IsConnected", () => taken.IsConnected);
            await outcomes.Of("Read", () => taken.ReadByte());
            await outcomes.Of("ReadMode", () => taken.ReadMode);
            await outcomes.Of("Connect", () => taken.Connect(0));
            await outcomes.Of("SafePipeHandle", () => taken.SafePipeHandle.IsInvalid);
            using NamedPipeServerStream served = new(PipeDirection.InOut, false, false, server.SafePipeHandle);
            await outcomes.Of("server, IsConnected", () => served.IsConnected);
            await outcomes.Of("server, Write", () => served.WriteByte(1));
            await outcomes.Of("server, Disconnect", served.Disconnect);
        }
    }

    public static async Task Anonymous(Outcomes outcomes)
    {
        AnonymousPipeServerStream server = new(PipeDirection.Out);
        await outcomes.Of("text is a number", () => long.TryParse(server.GetClientHandleAsString(), out _));
        await outcomes.Of("text stays", () => server.GetClientHandleAsString() == server.GetClientHandleAsString());
        await outcomes.Of("handle is one", () => ReferenceEquals(server.ClientSafePipeHandle, server.ClientSafePipeHandle));
        await outcomes.Of("handle is open", () => !server.ClientSafePipeHandle.IsClosed);
        await outcomes.Of("IsConnected", () => server.IsConnected);
        await outcomes.Of("IsAsync", () => server.IsAsync);
        await outcomes.Of("nobody has it: Write", () => server.WriteByte(1));
        server.DisposeLocalCopyOfClientHandle();
        await outcomes.Of("handle is closed", () => server.ClientSafePipeHandle.IsClosed);
        await outcomes.Of("its text", () => server.GetClientHandleAsString().Length > 0);
        await outcomes.Of("nobody can have it: IsConnected", () => server.IsConnected);
        await outcomes.Of("nobody can have it: Write", () => server.WriteByte(1));
        await outcomes.Of("IsConnected then", () => server.IsConnected);
        await outcomes.Of("DisposeLocalCopyOfClientHandle again", server.DisposeLocalCopyOfClientHandle);
        server.Dispose();
        await outcomes.Of("closed, DisposeLocalCopyOfClientHandle", server.DisposeLocalCopyOfClientHandle);
        await outcomes.Of("closed, ClientSafePipeHandle", () => server.ClientSafePipeHandle.IsClosed);
        await outcomes.Of("closed, TransmissionMode", () => server.TransmissionMode);

        server = new(PipeDirection.In);
        server.Dispose();
        await outcomes.Of("never asked for, closed with it", () => server.ClientSafePipeHandle.IsClosed);
        server = new(PipeDirection.In);
        var client = server.ClientSafePipeHandle;
        server.Dispose();
        await outcomes.Of("asked for, not closed with it", () => client.IsClosed);
        client.Dispose();

        server = new(PipeDirection.In);
        server.DisposeLocalCopyOfClientHandle();
        await outcomes.Of("nobody can write: Read", () => server.Read(new byte[1], 0, 1));
        await outcomes.Of("nobody can write: IsConnected", () => server.IsConnected);
        server.Dispose();
    }

    public static async Task AnonymousTakenOver(Outcomes outcomes)
    {
        using AnonymousPipeServerStream made = new(PipeDirection.Out);
        using AnonymousPipeServerStream server =
            new(PipeDirection.Out, made.SafePipeHandle, made.ClientSafePipeHandle);
        using AnonymousPipeClientStream client = new(PipeDirection.In, server.ClientSafePipeHandle);
        server.Write([1, 2], 0, 2);
        await outcomes.Of("Read", () => client.Read(new byte[4], 0, 4));
        await outcomes.Of("IsAsync", () => client.IsAsync);
        await outcomes.Of("TransmissionMode", () => server.TransmissionMode);
        await outcomes.Of("ReadMode", () => client.ReadMode);
        server.Dispose();
        await outcomes.Of("the end", () => client.Read(new byte[4], 0, 4));
        await outcomes.Of("the stream that made it", () => made.WriteByte(1));
    }

    public static async Task OfClosedHandles(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair();
        using (server)
        using (client)
        {
            var handle = server.SafePipeHandle;
            handle.Dispose();
            await outcomes.Of("CanRead", () => server.CanRead);
            await outcomes.Of("IsConnected", () => server.IsConnected);
            await outcomes.Of("Read", () => server.ReadByte());
            await outcomes.Of("Write", () => server.WriteByte(1));
            await outcomes.Of("Flush", server.Flush);
            await outcomes.Of("SafePipeHandle", () => server.SafePipeHandle);
            await outcomes.Of("TransmissionMode", () => server.TransmissionMode);
            await outcomes.Of("Disconnect", server.Disconnect);
            await outcomes.Of("a stream of it", () => new NamedPipeServerStream(PipeDirection.InOut, false, true, handle));
            await outcomes.Of("a client of it", () => new NamedPipeClientStream(PipeDirection.InOut, false, true, handle));
            await outcomes.Of("an anonymous one of it", () => new AnonymousPipeClientStream(PipeDirection.In, handle));
            await outcomes.Of("the other end", () => client.ReadByte());
        }
    }

    public static async Task Finalized(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Unconnected();
        using (client)
        {
            Forget(server, client);
            server = null!;
            using AnonymousPipeClientStream reader = Forgotten();
            Task<int> reading = client.ReadAsync(new byte[1], 0, 1);
            Task<int> readingToo = reader.ReadAsync(new byte[1], 0, 1);

            // That a handle was finalized reaches the other end by way of another thread, which may be late.
            Stopwatch watch = Stopwatch.StartNew();
            while (!(reading.IsCompleted && readingToo.IsCompleted) && watch.Elapsed < TimeSpan.FromSeconds(20))
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                await Task.Yield();
            }

            await outcomes.Of("the other end of a forgotten stream", () => reading);
            await outcomes.Of("of a forgotten anonymous one", () => readingToo);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(NamedPipeServerStream server, NamedPipeClientStream client) => Ends.Connect(server, client);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static AnonymousPipeClientStream Forgotten() =>
        new(PipeDirection.In, new AnonymousPipeServerStream(PipeDirection.Out).ClientSafePipeHandle);

    private static string Used(PipeStream end, PipeStream other)
    {
        using (end)
        {
            end.WriteByte(1);
            int there = other.ReadByte();
            other.WriteByte(2);
            int back = end.ReadByte();
            return $"{there} {back} connected {end.IsConnected} async {end.IsAsync} mode {end.TransmissionMode} {end.ReadMode}";
        }
    }
}
