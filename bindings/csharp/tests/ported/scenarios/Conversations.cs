// How ends meet, talk, part and meet again.
using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Pipes;

namespace Ported.ToPipes;

public static class Conversations
{
    public static async Task Connecting(Outcomes outcomes)
    {
        using NamedPipeClientStream client = new(".", Outcomes.NewName(), PipeDirection.InOut, PipeOptions.Asynchronous);
        await outcomes.Of("Connect(-2)", () => client.Connect(-2));
        await outcomes.Of("Connect(-2 ms)", () => client.Connect(TimeSpan.FromMilliseconds(-2)));
        await outcomes.Of("Connect(too long)", () => client.Connect(TimeSpan.MaxValue));
        await outcomes.Of("ConnectAsync(-2)", () => client.ConnectAsync(-2));
        await outcomes.Of("ConnectAsync(-2, token)", () => client.ConnectAsync(-2, new CancellationToken(true)));
        await outcomes.Of("ConnectAsync(-2 ms)", () => client.ConnectAsync(TimeSpan.FromMilliseconds(-2), default));
        await outcomes.Of("ConnectAsync(too long)", () => client.ConnectAsync(TimeSpan.FromDays(50), default));
        await outcomes.Of("Connect(0) to nobody", () => client.Connect(0));
        await outcomes.Of("Connect(1) to nobody", () => client.Connect(1));
        await outcomes.Of("Connect(1 ms) to nobody", () => client.Connect(TimeSpan.FromMilliseconds(1)));
        await outcomes.Of("ConnectAsync(0) to nobody", () => client.ConnectAsync(0));
        await outcomes.Of("ConnectAsync(1) to nobody", () => client.ConnectAsync(1));
        await outcomes.Of("ConnectAsync(1 ms) to nobody", () => client.ConnectAsync(TimeSpan.FromMilliseconds(1), default));
        await outcomes.Of("IsConnected", () => client.IsConnected);
        client.Dispose();
        await outcomes.Of("closed, Connect", () => client.Connect());
        await outcomes.Of("closed, Connect(0)", () => client.Connect(0));
        await outcomes.Of("closed, Connect(-2)", () => client.Connect(-2));
        await outcomes.Of("closed, ConnectAsync", () => client.ConnectAsync());
        await outcomes.Of("closed, ConnectAsync(-2)", () => client.ConnectAsync(-2));
        await outcomes.Of("closed, ConnectAsync, cancelled", () => client.ConnectAsync(new CancellationToken(true)));
    }

    public static async Task ConnectingTwice(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair();
        using (server)
        using (client)
        {
            await outcomes.Of("Connect", () => client.Connect());
            await outcomes.Of("Connect(0)", () => client.Connect(0));
            await outcomes.Of("Connect(-2)", () => client.Connect(-2));
            await outcomes.Of("ConnectAsync", () => client.ConnectAsync());
            await outcomes.Of("ConnectAsync, cancelled", () => client.ConnectAsync(new CancellationToken(true)));
            await outcomes.Of("WaitForConnection", server.WaitForConnection);
            await outcomes.Of("WaitForConnectionAsync", () => server.WaitForConnectionAsync());
            await outcomes.Of(
                "WaitForConnectionAsync, cancelled", () => server.WaitForConnectionAsync(new CancellationToken(true)));
            await outcomes.Of("BeginWaitForConnection", () => server.BeginWaitForConnection(null, null));
            server.Dispose();
            await outcomes.Of("the server has gone, Connect", () => client.Connect(0));
            _ = client.ReadByte();
            await outcomes.Of("it is known to have, Connect", () => client.Connect(0));
            await outcomes.Of("it is known to have, ConnectAsync", () => client.ConnectAsync(0));
        }
    }

    public static async Task ConnectingAgain(Outcomes outcomes)
    {
        string name = Outcomes.NewName();
        using NamedPipeClientStream client = new(name);
        for (int round = 0; round < 2; round++)
        {
            using NamedPipeServerStream server = new(
                name, PipeDirection.InOut, 2, PipeTransmissionMode.Byte, PipeOptions.Asynchronous, Ends.Quota, Ends.Quota);
            bool connected = false;
            await outcomes.Of($"{round}: Connect", () =>
            {
                client.Connect(10_000);
                connected = true;
            });
            if (!connected)
            {
                return;
            }

            server.WaitForConnection();
            server.WriteByte((byte)round);
            await outcomes.Of($"{round}: reads", () => client.ReadByte());
            server.Dispose();
            await outcomes.Of($"{round}: the end", () => client.ReadByte());
        }
    }

    public static async Task Disconnecting(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Unconnected();
        using (server)
        using (client)
        {
            await outcomes.Of("fresh, Disconnect", server.Disconnect);
            Ends.Connect(server, client);
            await outcomes.Of("Disconnect", server.Disconnect);
            await outcomes.Of("IsConnected", () => server.IsConnected);
            await outcomes.Of("IsConnected, client", () => client.IsConnected);
            await outcomes.Of("Disconnect again", server.Disconnect);
            await outcomes.Of("the client reads", () => client.ReadByte());
            await outcomes.Of("IsConnected, client that read", () => client.IsConnected);
            await outcomes.Of("the client writes", () => client.WriteByte(1));
        }

        await outcomes.Of("closed, Disconnect", server.Disconnect);
        await outcomes.Of("closed, WaitForConnection", server.WaitForConnection);
        await outcomes.Of("closed, WaitForConnectionAsync", () => server.WaitForConnectionAsync());
        await outcomes.Of(
            "closed, WaitForConnectionAsync, cancelled", () => server.WaitForConnectionAsync(new CancellationToken(true)));
        await outcomes.Of("closed, BeginWaitForConnection", () => server.BeginWaitForConnection(null, null));
        await outcomes.Of("EndWaitForConnection(null)", () => server.EndWaitForConnection(null!));
        await outcomes.Of("EndWaitForConnection(not its own)", () => server.EndWaitForConnection(Task.CompletedTask));
        await outcomes.Of("closed, RunAsClient(null)", () => server.RunAsClient(null!));
        await outcomes.Of("closed, RunAsClient", () => server.RunAsClient(() => { }));
        await outcomes.Of("closed, GetImpersonationUserName", () => server.GetImpersonationUserName());
    }

    public static async Task ServingOneAfterTheOther(Outcomes outcomes)
    {
        string name = Outcomes.NewName();
        using NamedPipeServerStream server =
            new(name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous, 512, 512);
        for (int round = 0; round < 3; round++)
        {
            using NamedPipeClientStream client = new(name);
            Task waiting = round switch
            {
                0 => Task.Run(server.WaitForConnection),
                1 => server.WaitForConnectionAsync(),
                _ => Task.Factory.FromAsync(server.BeginWaitForConnection, server.EndWaitForConnection, null),
            };
            client.Connect(10_000);
            await outcomes.Of($"{round}: waiting", () => waiting);
            await outcomes.Of($"{round}: connected", () => server.IsConnected);
            client.WriteByte((byte)round);
            await outcomes.Of($"{round}: server reads", () => server.ReadByte());
            client.Dispose();
            await outcomes.Of($"{round}: WaitForConnection before it is known", server.WaitForConnection);
            await outcomes.Of($"{round}: server reads the end", () => server.Read(new byte[4], 0, 4));
            await outcomes.Of($"{round}: connected then", () => server.IsConnected);
            await outcomes.Of($"{round}: WaitForConnection", server.WaitForConnection);
            await outcomes.Of($"{round}: WaitForConnectionAsync", () => server.WaitForConnectionAsync());
            server.Disconnect();
        }
    }

    public static async Task ClosingTwice(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair();
        server.Dispose();
        await outcomes.Of("Dispose again", server.Dispose);
        await outcomes.Of("Close", server.Close);
        await outcomes.Of("DisposeAsync", () => server.DisposeAsync().AsTask());
        await outcomes.Of("DisposeAsync of the other", () => client.DisposeAsync().AsTask());
        await outcomes.Of("Dispose of the other", client.Dispose);
        await outcomes.Of("IsConnected", () => client.IsConnected);
        NamedPipeServerStream disposed;
        await using (NamedPipeServerStream another = new(Outcomes.NewName()))
        {
            disposed = another;
        }

        await outcomes.Of("after `await using`", () => disposed.SafePipeHandle);
        (AnonymousPipeServerStream anonymous, AnonymousPipeClientStream reader) = Ends.Anonymous(PipeDirection.Out);
        await using (anonymous)
        await using (reader)
        {
            anonymous.WriteByte(3);
        }

        await outcomes.Of("anonymous, Dispose again", anonymous.Dispose);
        await outcomes.Of("anonymous, Write", () => anonymous.WriteByte(1));
    }

    public static async Task BytesOverANamedPipe(Outcomes outcomes)
    {
        foreach (PipeOptions options in new[] { PipeOptions.None, PipeOptions.Asynchronous })
        {
            (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair(options);
            using (server)
            using (client)
            {
                await Bytes(outcomes, $"{options}, to the server", client, server);
                await Bytes(outcomes, $"{options}, to the client", server, client);
            }
        }
    }

    public static async Task BytesOverAnAnonymousPipe(Outcomes outcomes)
    {
        foreach (PipeDirection direction in new[] { PipeDirection.In, PipeDirection.Out })
        {
            (AnonymousPipeServerStream server, AnonymousPipeClientStream client) = Ends.Anonymous(direction);
            using (server)
            using (client)
            {
                await Bytes(
                    outcomes, $"{direction}", server.CanWrite ? server : client, server.CanWrite ? client : server);
            }
        }
    }

    public static async Task TextOverAPipe(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair();
        using (server)
        using (client)
        {
            using StreamReader asked = new(server, leaveOpen: true);
            StreamWriter answers = new(server, leaveOpen: true) { AutoFlush = true };
            using StreamReader answered = new(client, leaveOpen: true);
            StreamWriter asks = new(client, leaveOpen: true) { AutoFlush = true };
            asks.WriteLine("wie spät ist es?");
            await outcomes.Of("asked", () => asked.ReadLine());
            await answers.WriteLineAsync("spät");
            outcomes.Note("answered", await answered.ReadLineAsync());
            asks.Write("to the end");
            await outcomes.Of("Dispose of a writer", asks.Dispose);
            client.Dispose();
            await outcomes.Of("the end", () => asked.ReadToEnd());
            await outcomes.Of("after it", () => asked.ReadLine());
            await outcomes.Of("Dispose of a writer after the end", answers.Dispose);
        }

        (AnonymousPipeServerStream writer, AnonymousPipeClientStream reader) = Ends.Anonymous(PipeDirection.Out);
        using (StreamWriter text = new(writer))
        {
            text.Write("to the end of it");
        }

        using (StreamReader text = new(reader))
        {
            await outcomes.Of("anonymous", () => text.ReadToEnd());
        }
    }

    public static async Task BothWaysAtOnce(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair();
        using (server)
        using (client)
        {
            const int Size = 20_000;
            byte[] bytes = new byte[Size];
            new Random(7).NextBytes(bytes);
            async Task<bool> Takes(PipeStream end)
            {
                byte[] taken = new byte[Size];
                await end.ReadExactlyAsync(taken);
                return taken.AsSpan().SequenceEqual(bytes);
            }

            Task<bool> toServer = Takes(server);
            Task<bool> toClient = Takes(client);
            await Task.WhenAll(server.WriteAsync(bytes).AsTask(), client.WriteAsync(bytes).AsTask());
            outcomes.Note("to the server", await toServer);
            outcomes.Note("to the client", await toClient);

            // And with threads: one reads and the other writes, on the same stream.
            Task<bool> reads = Task.Run(() =>
            {
                byte[] taken = new byte[Size];
                server.ReadExactly(taken);
                return taken.AsSpan().SequenceEqual(bytes);
            });
            Task<bool> readsToo = Task.Run(() =>
            {
                byte[] taken = new byte[Size];
                client.ReadExactly(taken);
                return taken.AsSpan().SequenceEqual(bytes);
            });
            await Task.WhenAll(Task.Run(() => server.Write(bytes)), Task.Run(() => client.Write(bytes)));
            outcomes.Note("to the server, by threads", await reads);
            outcomes.Note("to the client, by threads", await readsToo);
        }
    }

    public static async Task BeginAndEnd(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair();
        using (server)
        using (client)
        {
            object state = new();
            byte[] buffer = new byte[8];
            using SemaphoreSlim called = new(0);
            IAsyncResult? seen = null;
            void Callback(IAsyncResult result)
            {
                seen = result;
                called.Release();
            }

            // What waits first.
            IAsyncResult reading = server.BeginRead(buffer, 0, 8, Callback, state);
            outcomes.Note("waits: IsCompleted", reading.IsCompleted);
            outcomes.Note("waits: CompletedSynchronously", reading.CompletedSynchronously);
            outcomes.Note("waits: AsyncState", ReferenceEquals(reading.AsyncState, state));
            outcomes.Note("waits: called", called.CurrentCount);
            client.Write([1, 2, 3], 0, 3);
            outcomes.Note("ended: called", called.Wait(10_000));
            outcomes.Note("ended: with what", ReferenceEquals(seen, reading));
            outcomes.Note("ended: IsCompleted", reading.IsCompleted);
            outcomes.Note("ended: CompletedSynchronously", reading.CompletedSynchronously);
            outcomes.Note("ended: AsyncWaitHandle", reading.AsyncWaitHandle.WaitOne(10_000));
            await outcomes.Of("EndRead", () => server.EndRead(reading));
            outcomes.Note("bytes", buffer);
            await outcomes.Of("EndWrite of a read", () => server.EndWrite(reading));

            // What ends at once.
            IAsyncResult writing = client.BeginWrite([4], 0, 1, Callback, state);
            outcomes.Note("written: AsyncState", ReferenceEquals(writing.AsyncState, state));
            outcomes.Note("written: called", called.Wait(10_000));
            await outcomes.Of("EndRead of a write", () => client.EndRead(writing));
            await outcomes.Of("EndWrite", () => client.EndWrite(writing));
            await outcomes.Of("no callback", () => server.EndRead(server.BeginRead(buffer, 0, 1, null, null)));
            await outcomes.Of("FromAsync", () => Task.Factory.FromAsync(client.BeginWrite, client.EndWrite, buffer, 0, 2, null));
            await outcomes.Of(
                "FromAsync of a read", () => Task<int>.Factory.FromAsync(server.BeginRead, server.EndRead, buffer, 0, 8, null));

            // What fails.
            client.Dispose();
            await outcomes.Of("the end", () => server.EndRead(server.BeginRead(buffer, 0, 1, Callback, null)));
            outcomes.Note("the end: called", called.Wait(10_000));
            await outcomes.Of("broken", () => server.EndWrite(server.BeginWrite(buffer, 0, 1, null, null)));
        }
    }

    public static async Task Copying(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair();
        using (server)
        {
            client.Write(Encoding.ASCII.GetBytes("copied"));
            client.Dispose();
            using MemoryStream copy = new();
            server.CopyTo(copy);
            outcomes.Note("CopyTo", copy.ToArray());
            await outcomes.Of("IsConnected", () => server.IsConnected);
        }

        (AnonymousPipeServerStream writer, AnonymousPipeClientStream reader) = Ends.Anonymous(PipeDirection.Out);
        using (reader)
        {
            using MemoryStream copy = new();
            Task copying = reader.CopyToAsync(copy);
            using (writer)
            {
                await new MemoryStream([.. Enumerable.Repeat((byte)5, 100)]).CopyToAsync(writer);
            }

            await outcomes.Of("CopyToAsync", () => copying);
            outcomes.Note("copied", copy.Length);
        }
    }

    public static async Task ReadingNothing(Outcomes outcomes)
    {
        foreach (PipeOptions options in new[] { PipeOptions.None, PipeOptions.Asynchronous })
        {
            (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair(options);
            using (server)
            using (client)
            {
                Task<int> reading = server.ReadAsync([], 0, 0);
                Task<int> blocked = Task.Run(() => client.Read([], 0, 0));
                outcomes.Note($"{options}: waits", !reading.IsCompleted);
                server.WriteByte(1);
                client.WriteByte(2);
                await outcomes.Of($"{options}: ReadAsync", () => reading);
                await outcomes.Of($"{options}: Read", () => blocked);
                await outcomes.Of($"{options}: takes nothing", () => server.ReadByte());
            }
        }
    }

    public static async Task Draining(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Unconnected();
        using (server)
        using (client)
        {
            await outcomes.Of("fresh, WaitForPipeDrain", server.WaitForPipeDrain);
            await outcomes.Of("fresh, NumberOfServerInstances", () => client.NumberOfServerInstances);
            Ends.Connect(server, client);
            await outcomes.Of("NumberOfServerInstances", () => client.NumberOfServerInstances);
            await outcomes.Of("nothing written", server.WaitForPipeDrain);
            server.WriteByte(1);
            Task draining = Task.Run(server.WaitForPipeDrain);
            _ = client.ReadByte();
            await outcomes.Of("read", () => draining);
            client.Dispose();
            await outcomes.Of("left", server.WaitForPipeDrain);
        }

        await outcomes.Of("closed, WaitForPipeDrain", server.WaitForPipeDrain);
        await outcomes.Of("closed, NumberOfServerInstances", () => client.NumberOfServerInstances);
        (server, client) = Ends.Pair(direction: PipeDirection.In);
        using (server)
        using (client)
        {
            await outcomes.Of("an end that reads", server.WaitForPipeDrain);
        }
    }

    public static async Task Messages(Outcomes outcomes)
    {
        string name = Outcomes.NewName();
        NamedPipeServerStream? made = null;
        await outcomes.Of("a pipe of messages", () =>
        {
            made = new(name, PipeDirection.InOut, 1, PipeTransmissionMode.Message, PipeOptions.Asynchronous, 512, 512);
            return "is made";
        });
        if (made is null)
        {
            return;
        }

        using NamedPipeServerStream server = made;
        using NamedPipeClientStream client = new(".", name, PipeDirection.InOut, PipeOptions.Asynchronous);
        Ends.Connect(server, client);
        byte[] buffer = new byte[4];
        await outcomes.Of("server, TransmissionMode", () => server.TransmissionMode);
        await outcomes.Of("server, ReadMode", () => server.ReadMode);
        await outcomes.Of("client, TransmissionMode", () => client.TransmissionMode);
        await outcomes.Of("client, ReadMode", () => client.ReadMode);
        await outcomes.Of("client, IsMessageComplete", () => client.IsMessageComplete);
        client.ReadMode = PipeTransmissionMode.Message;
        await outcomes.Of("client, ReadMode then", () => client.ReadMode);
        await outcomes.Of("client, IsMessageComplete then", () => client.IsMessageComplete);
        server.Write([1, 2, 3, 4, 5, 6], 0, 6);
        server.Write([7], 0, 1);
        await outcomes.Of("a part", () => client.Read(buffer, 0, 4));
        await outcomes.Of("a part, IsMessageComplete", () => client.IsMessageComplete);
        await outcomes.Of("the rest", () => client.ReadAsync(buffer, 0, 4));
        await outcomes.Of("the rest, IsMessageComplete", () => client.IsMessageComplete);
        await outcomes.Of("the next", () => client.Read(buffer, 0, 4));
        client.ReadMode = PipeTransmissionMode.Byte;
        server.Write([8, 9], 0, 2);
        server.Write([10], 0, 1);
        await outcomes.Of("as bytes", () => client.Read(buffer, 0, 4));
        Task<int> waits = server.ReadAsync(buffer, 0, 2);
        client.Write([1, 2, 3], 0, 3);
        await outcomes.Of("what waited", () => waits);
        await outcomes.Of("what waited, IsMessageComplete", () => server.IsMessageComplete);
        await outcomes.Of("its rest", () => server.ReadByte());
        await outcomes.Of("its rest, IsMessageComplete", () => server.IsMessageComplete);
        client.Dispose();
        await outcomes.Of("the end", () => server.Read(buffer, 0, 4));
        await outcomes.Of("the end, IsMessageComplete", () => server.IsMessageComplete);
        using NamedPipeServerStream taken = new(PipeDirection.InOut, false, true, server.SafePipeHandle);
        await outcomes.Of("taken over, TransmissionMode", () => taken.TransmissionMode);
        await outcomes.Of("taken over, ReadMode", () => taken.ReadMode);
        server.ReadMode = PipeTransmissionMode.Byte;
        await outcomes.Of("changed elsewhere, ReadMode", () => taken.ReadMode);
    }

    private static async Task Bytes(Outcomes outcomes, string way, PipeStream from, PipeStream to)
    {
        byte[] buffer = new byte[8];
        from.WriteByte(1);
        await outcomes.Of($"{way}: ReadByte", () => to.ReadByte());
        from.Write([1, 2, 3, 4], 1, 2);
        await outcomes.Of($"{way}: Read a part", () => to.Read(buffer, 1, 1));
        await outcomes.Of($"{way}: Read the rest", () => to.Read(buffer, 2, 6));
        outcomes.Note($"{way}: bytes", buffer);
        await from.WriteAsync(new byte[] { 9, 8 }, 0, 2);
        await outcomes.Of($"{way}: ReadAsync", () => to.ReadAsync(buffer, 0, 8));
        await from.WriteAsync(new byte[] { 7 });
        await outcomes.Of($"{way}: ReadAsync(memory)", () => to.ReadAsync(buffer.AsMemory()).AsTask());
        Task<int> waits = to.ReadAsync(buffer, 0, 8);
        from.Write([6]);
        await outcomes.Of($"{way}: what waited", () => waits);
        from.WriteByte(2);
        from.WriteByte(3);
        await outcomes.Of($"{way}: two writes, one Read", () => to.Read(buffer.AsSpan()));
        await outcomes.Of($"{way}: nothing written", () => from.Write([], 0, 0));
        from.WriteByte(4);
        await outcomes.Of($"{way}: Read after nothing was written", () => to.Read(buffer, 0, 8));
        await outcomes.Of($"{way}: Flush", from.Flush);
    }
}
