// What ends a call that waits: its token, closing its own end, the other end's leaving.
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Pipes;

namespace Ported.ToPipes;

public static class Waiting
{
    public static async Task CancelledReads(Outcomes outcomes)
    {
        foreach (PipeOptions options in new[] { PipeOptions.None, PipeOptions.Asynchronous })
        {
            (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair(options);
            using (server)
            using (client)
            {
                await Reads(outcomes, $"server, {options}", server, client);
                await Reads(outcomes, $"client, {options}", client, server);
            }
        }

        (AnonymousPipeServerStream writer, AnonymousPipeClientStream reader) = Ends.Anonymous(PipeDirection.Out);
        using (writer)
        using (reader)
        {
            await Reads(outcomes, "anonymous", reader, writer);
        }
    }

    public static async Task CancelledWrites(Outcomes outcomes)
    {
        foreach (PipeOptions options in new[] { PipeOptions.None, PipeOptions.Asynchronous })
        {
            (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair(options);
            using (server)
            using (client)
            {
                await Writes(outcomes, $"server, {options}", server);
                await Writes(outcomes, $"client, {options}", client);
            }
        }
    }

    public static async Task CancelledConnects(Outcomes outcomes)
    {
        foreach (PipeOptions options in new[] { PipeOptions.None, PipeOptions.Asynchronous })
        {
            string name = Outcomes.NewName();
            using CancellationTokenSource source = new();
            using NamedPipeServerStream server = new(name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, options);
            Task waiting = server.WaitForConnectionAsync(source.Token);
            outcomes.Note($"{options}: WaitForConnectionAsync waits", !waiting.IsCompleted);
            source.Cancel();
            await outcomes.Of($"{options}: WaitForConnectionAsync", () => waiting, source.Token);
            await outcomes.Of($"{options}: IsConnected", () => server.IsConnected);
            await outcomes.Of(
                $"{options}: WaitForConnectionAsync, cancelled", () => server.WaitForConnectionAsync(source.Token),
                source.Token);

            // It can be waited for afterwards.
            using NamedPipeClientStream client = new(".", name, PipeDirection.InOut, options);
            await outcomes.Of(
                $"{options}: ConnectAsync, cancelled", () => client.ConnectAsync(source.Token), source.Token);
            await outcomes.Of(
                $"{options}: ConnectAsync(0), cancelled", () => client.ConnectAsync(0, source.Token), source.Token);
            Task again = server.WaitForConnectionAsync();
            await outcomes.Of($"{options}: ConnectAsync", () => client.ConnectAsync(10_000, default));
            await outcomes.Of($"{options}: WaitForConnectionAsync again", () => again);

            using CancellationTokenSource another = new();
            using NamedPipeClientStream lonely = new(".", Outcomes.NewName(), PipeDirection.InOut, options);
            Task connecting = lonely.ConnectAsync(another.Token);
            outcomes.Note($"{options}: ConnectAsync waits", !connecting.IsCompleted);
            another.Cancel();
            await outcomes.Of($"{options}: ConnectAsync to nobody", () => connecting, another.Token);
            await outcomes.Of($"{options}: lonely IsConnected", () => lonely.IsConnected);
        }
    }

    public static async Task ClosedWhileItWaits(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair();
        Task reading = server.ReadAsync(new byte[1], 0, 1);
        server.Dispose();
        await outcomes.Of("ReadAsync, its own end closed", () => reading);
        client.Dispose();

        (server, client) = Ends.Pair();
        reading = client.ReadAsync(new byte[1].AsMemory()).AsTask();
        client.Dispose();
        await outcomes.Of("client's ReadAsync, its own end closed", () => reading);
        server.Dispose();

        (server, client) = Ends.Unconnected();
        Task waiting = server.WaitForConnectionAsync();
        server.Dispose();
        await outcomes.Of("WaitForConnectionAsync, its own end closed", () => waiting);
        client.Dispose();
    }

    public static async Task LeftWhileItWaits(Outcomes outcomes)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Ends.Pair();
        using (server)
        {
            Task<int> reading = server.ReadAsync(new byte[1], 0, 1);
            client.Dispose();
            await outcomes.Of("ReadAsync", () => reading);
            await outcomes.Of("IsConnected", () => server.IsConnected);
            await outcomes.Of("WriteAsync then", () => server.WriteAsync(new byte[1], 0, 1));
            await outcomes.Of("ReadAsync then", () => server.ReadAsync(new byte[1], 0, 1));
        }

        (server, client) = Ends.Pair();
        using (client)
        {
            Task<int> reading = client.ReadAsync(new byte[1], 0, 1);
            server.Disconnect();
            await outcomes.Of("ReadAsync, disconnected", () => reading);
            await outcomes.Of("IsConnected, disconnected", () => client.IsConnected);
            server.Dispose();
        }

        (server, client) = Ends.Pair();
        using (server)
        {
            Task<int> reading = Task.Run(() => server.Read(new byte[1], 0, 1));
            client.Dispose();
            await outcomes.Of("Read", () => reading);
            await outcomes.Of("Write then", () => server.WriteByte(1));
        }

        (AnonymousPipeServerStream writer, AnonymousPipeClientStream reader) = Ends.Anonymous(PipeDirection.Out);
        using (reader)
        {
            Task<int> reading = reader.ReadAsync(new byte[1], 0, 1);
            writer.Dispose();
            await outcomes.Of("anonymous ReadAsync", () => reading);
            await outcomes.Of("anonymous IsConnected", () => reader.IsConnected);
        }
    }

    private static async Task Reads(Outcomes outcomes, string who, PipeStream end, PipeStream other)
    {
        using CancellationTokenSource source = new();
        byte[] buffer = new byte[8];
        Task<int> array = end.ReadAsync(buffer, 0, 8, source.Token);
        outcomes.Note($"{who}: waits", !array.IsCompleted);
        source.Cancel();
        await outcomes.Of($"{who}: ReadAsync", () => array, source.Token);
        await outcomes.Of($"{who}: cancelled before", () => end.ReadAsync(buffer, 0, 8, source.Token), source.Token);
        await outcomes.Of(
            $"{who}: memory, cancelled before", () => end.ReadAsync(buffer.AsMemory(), source.Token).AsTask(),
            source.Token);
        await outcomes.Of(
            $"{who}: nothing, cancelled before", () => end.ReadAsync([], 0, 0, source.Token), source.Token);

        using CancellationTokenSource another = new();
        Task<int> memory = end.ReadAsync(buffer.AsMemory(), another.Token).AsTask();
        another.Cancel();
        await outcomes.Of($"{who}: memory", () => memory, another.Token);

        using CancellationTokenSource third = new();
        Task copying = end.CopyToAsync(new MemoryStream(), 16, third.Token);
        third.Cancel();
        await outcomes.Of($"{who}: CopyToAsync", () => copying, third.Token);

        // And nothing is lost.
        other.Write([5, 6], 0, 2);
        await outcomes.Of($"{who}: afterwards", () => end.Read(buffer, 0, 8));
        await outcomes.Of($"{who}: IsConnected", () => end.IsConnected);
    }

    private static async Task Writes(Outcomes outcomes, string who, PipeStream end)
    {
        using CancellationTokenSource source = new();
        byte[] more = new byte[4 * 1024 * 1024]; // than any system buffers
        Task array = end.WriteAsync(more, 0, more.Length, source.Token);
        outcomes.Note($"{who}: waits", !array.IsCompleted);
        source.Cancel();
        await outcomes.Of($"{who}: WriteAsync", () => array, source.Token);
        await outcomes.Of($"{who}: cancelled before", () => end.WriteAsync(more, 0, 1, source.Token), source.Token);
        await outcomes.Of(
            $"{who}: memory, cancelled before", () => end.WriteAsync(more.AsMemory(), source.Token).AsTask(), source.Token);
        await outcomes.Of($"{who}: FlushAsync, cancelled", () => end.FlushAsync(source.Token), source.Token);
        await outcomes.Of($"{who}: IsConnected", () => end.IsConnected);
    }
}
