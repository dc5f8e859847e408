// Servers and clients: instances, connecting, disconnecting, names, draining, peeking, transactions.
using System;
using System.IO;
using System.Linq;
using System.Security.Principal;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Pipes.Tests;

public sealed class ConversationTests
{
    [Fact]
    public async Task CONN_1_WaitForConnectionEndsWhenAClientComes()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name);
        Task waiting = server.WaitForConnectionAsync();
        Assert.False(waiting.IsCompleted);
        using NamedPipeClientStream client = new(name);
        await client.ConnectAsync();
        await waiting;
        Assert.True(server.IsConnected);
        Assert.True(client.IsConnected);
    }

    [Fact]
    public async Task CONN_2_AClientThatCameBeforeIsAsGood()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name);
        using NamedPipeClientStream client = new(name);
        client.Connect(1000);
        client.Write("early"u8);
        await server.WaitForConnectionAsync();
        Assert.Equal("early", await server.ReadText(true, 10));
    }

    [Fact]
    public void CONN_3_WaitingWhileAClientIsConnectedIsRefused()
    {
        using Pair pair = Pair.Bytes();
        Assert.Throws<InvalidOperationException>(() => pair.Server.WaitForConnection());
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Server.WaitForConnectionAsync(); });
        Assert.Throws<InvalidOperationException>(() => pair.Client.Connect());
    }

    [Fact]
    public async Task CONN_4_AClientThatHasGoneMustBeDisconnectedFirst()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name);
        using (NamedPipeClientStream client = new(name))
        {
            client.Connect();
        }

        IOException error = Assert.Throws<IOException>(server.WaitForConnection);
        Assert.Equal(232, Do.StatusOf(error));
        Assert.Equal(232, Do.StatusOf(await Assert.ThrowsAsync<IOException>(server.WaitForConnectionAsync)));
    }

    [Fact]
    public async Task CONN_5_TheNextClientComesAfterADisconnect()
    {
        using Pair pair = Pair.Bytes();
        for (int round = 0; round < 3; round++)
        {
            pair.Server.Disconnect();
            Assert.False(pair.Server.IsConnected);
            Task waiting = pair.Server.WaitForConnectionAsync();
            using NamedPipeClientStream next = new(pair.Name);
            await next.ConnectAsync(5000);
            await waiting;
            await next.WriteText(true, "hi");
            Assert.Equal("hi", await pair.Server.ReadText(true, 10));
        }
    }

    [Fact]
    public async Task CONN_14_ACancelledWaitLeavesTheInstanceListening()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name);
        using CancellationTokenSource source = new();
        Task waiting = server.WaitForConnectionAsync(source.Token);
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Throws<TimeoutException>(() => server.WaitForConnection(TimeSpan.FromMilliseconds(1)));
        await Assert.ThrowsAsync<TimeoutException>(() => server.WaitForConnectionAsync(TimeSpan.FromMilliseconds(1)));
        using NamedPipeClientStream client = new(name);
        client.Connect(5000);
        server.WaitForConnection(TimeSpan.FromSeconds(60));
        Assert.True(server.IsConnected);
    }

    [Fact]
    public void BeginWaitForConnectionWorks()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name);
        IAsyncResult waiting = server.BeginWaitForConnection(null, null);
        using NamedPipeClientStream client = new(name);
        client.Connect();
        server.EndWaitForConnection(waiting);
        Assert.True(server.IsConnected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DISC_2_UnreadDataIsLost(bool asynchronous)
    {
        using Pair pair = Pair.Bytes();
        await pair.Server.WriteText(asynchronous, "lost");
        pair.Server.Disconnect();
        Assert.Equal(0, (await pair.Client.Read(asynchronous, 10)).Count);
        Assert.False(pair.Client.IsConnected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DISC_4_WhatWaitsEndsAtADisconnect(bool asynchronous)
    {
        using Pair pair = Pair.Bytes();
        Task<(int Count, byte[] Bytes)> reading = Task.Run(() => pair.Client.Read(asynchronous, 10));
        pair.Server.Disconnect();
        Assert.Equal(0, (await reading).Count);
    }

    [Fact]
    public void DISC_5_DisconnectingTwiceIsRefused()
    {
        using Pair pair = Pair.Bytes();
        pair.Server.Disconnect();
        Assert.Throws<InvalidOperationException>(pair.Server.Disconnect);
        Assert.Throws<InvalidOperationException>(() => pair.Server.Read(new byte[1], 0, 1));
        Assert.Throws<InvalidOperationException>(() => pair.Server.IsMessageComplete);
        Assert.Throws<InvalidOperationException>(() => pair.Server.GetImpersonationUserName());
    }

    [Fact]
    public void OPEN_8_FirstPipeInstanceIsRefusedWhereThePipeExists()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream first = Pair.NewServer(name, instances: 3, options: PipeOptions.FirstPipeInstance);
        Assert.Throws<UnauthorizedAccessException>(
            () => Pair.NewServer(name, instances: 3, options: PipeOptions.FirstPipeInstance));
        using NamedPipeServerStream second = Pair.NewServer(name, instances: 3);
    }

    [Fact]
    public void OPEN_7_AnotherDirectionIsRefused()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream first = Pair.NewServer(name, instances: 3);
        Assert.Throws<UnauthorizedAccessException>(() => Pair.NewServer(name, instances: 3, direction: PipeDirection.In));
    }

    [Fact]
    public void INST_4_MoreInstancesThanAllowedAreBusy()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream one = Pair.NewServer(name, instances: 2);
        using NamedPipeServerStream two = Pair.NewServer(name, instances: 2);
        Assert.Equal(231, Do.StatusOf(Assert.Throws<IOException>(() => Pair.NewServer(name, instances: 2))));
        using NamedPipeClientStream client = new(name);
        client.Connect();
        Assert.Equal(2, client.NumberOfServerInstances);
    }

    [Fact]
    public void INST_14_AsManyInstancesAsWantedByOneName()
    {
        string name = Pair.NewName();
        NamedPipeServerStream[] servers =
        [
            .. Enumerable.Range(0, 20).Select(
                _ => Pair.NewServer(name, instances: NamedPipeServerStream.MaxAllowedServerInstances)),
        ];
        NamedPipeClientStream[] clients = [.. servers.Select(_ => new NamedPipeClientStream(name))];
        foreach (NamedPipeClientStream client in clients)
        {
            client.Connect();
        }

        Assert.Equal(20, clients[0].NumberOfServerInstances);
        foreach (IDisposable end in servers.Concat<PipeStream>(clients))
        {
            end.Dispose();
        }
    }

    [Fact]
    public async Task OPEN_4_DirectionsAreKept()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name, direction: PipeDirection.In);
        Assert.Throws<UnauthorizedAccessException>(() => new NamedPipeClientStream(".", name, PipeDirection.InOut).Connect(100));
        using NamedPipeClientStream client = new(".", name, PipeDirection.Out);
        client.Connect();
        server.WaitForConnection();
        Assert.True(server.CanRead);
        Assert.False(server.CanWrite);
        Assert.False(client.CanRead);
        Assert.True(client.CanWrite);
        Assert.Throws<NotSupportedException>(() => server.Write([1]));
        Assert.Throws<NotSupportedException>(() => client.ReadByte());
        Assert.Throws<NotSupportedException>(() => client.InBufferSize);
        Assert.Throws<NotSupportedException>(() => server.OutBufferSize);
        await client.WriteText(true, "out");
        Assert.Equal("out", await server.ReadText(true, 10));
    }

    [Fact]
    public void OPEN_5_AServerThatOnlyWrites()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name, direction: PipeDirection.Out, mode: PipeTransmissionMode.Message);
        using NamedPipeClientStream client = new(
            ".", name, PipeAccessRights.ReadData | PipeAccessRights.WriteAttributes, PipeOptions.None,
            TokenImpersonationLevel.None, HandleInheritability.None);
        client.Connect();
        server.WaitForConnection();
        client.ReadMode = PipeTransmissionMode.Message;
        server.Write("m"u8);
        Assert.Equal("m", Do.Text(client.ReadMessage()));
        Assert.Equal(65536, server.OutBufferSize);
        Assert.Throws<NotSupportedException>(() => server.InBufferSize);
    }

    [Fact]
    public void INFO_2_BufferSizesAreThoseOfTheDirections()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = new(
            name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.None, 1000, 2000);
        using NamedPipeClientStream client = new(name);
        client.Connect();
        server.WaitForConnection();
        Assert.Equal((1000, 2000), (server.InBufferSize, server.OutBufferSize));
        Assert.Equal((2000, 1000), (client.InBufferSize, client.OutBufferSize));
    }

    [Fact]
    public void NAME_6_NamesKnowNoCase()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name + "-Ünï");
        using NamedPipeClientStream client = new(name.ToUpperInvariant() + "-üNÏ");
        client.Connect(5000);
        Assert.True(client.IsConnected);
    }

    [Fact]
    public void NAME_5_NamesThatAreTooLongAreRefused()
    {
        string name = Pair.NewName().PadRight(247, 'x');
        Assert.Throws<PathTooLongException>(() => Pair.NewServer(name + "x"));
        using NamedPipeServerStream server = Pair.NewServer(name);
    }

    [Fact]
    public async Task NAME_12_AClientWaitsForAPipeThatDoesNotExistYet()
    {
        string name = Pair.NewName();
        using NamedPipeClientStream late = new(name);
        Assert.Throws<TimeoutException>(() => late.Connect(20));
        Assert.Throws<TimeoutException>(() => late.Connect(0));
        await Assert.ThrowsAsync<TimeoutException>(() => late.ConnectAsync(20));
        Task connecting = late.ConnectAsync();
        using NamedPipeServerStream server = Pair.NewServer(name);
        await connecting;
        Assert.True(late.IsConnected);
    }

    [Fact]
    public async Task WAIT_1_AClientWaitsForAnInstance()
    {
        using Pair pair = Pair.Bytes();
        using NamedPipeClientStream second = new(pair.Name);
        Assert.Throws<TimeoutException>(() => second.Connect(10));
        await Assert.ThrowsAsync<TimeoutException>(() => second.ConnectAsync(TimeSpan.FromMilliseconds(10)));
        using CancellationTokenSource source = new();
        Task cancelled = second.ConnectAsync(source.Token);
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        using CancellationTokenSource soon = new(20);
        Assert.ThrowsAny<OperationCanceledException>(() => second.Connect(Timeout.InfiniteTimeSpan, soon.Token));

        Task connecting = second.ConnectAsync();
        pair.Server.Disconnect();
        await pair.Server.WaitForConnectionAsync();
        await connecting;
        Assert.True(second.IsConnected);
    }

    [Fact]
    public void PEEK_1_PeekingTakesNothing()
    {
        using Pair pair = Pair.Messages();
        Assert.Equal(new PipePeek(0, 0, 0), pair.Client.Peek());
        pair.Server.Write("abcdef"u8);
        pair.Server.Write("xy"u8);
        byte[] buffer = new byte[4];
        PipePeek peek = pair.Client.Peek(buffer);
        Assert.Equal((4, 8, 2), (peek.BytesRead, peek.BytesAvailable, peek.BytesLeftInMessage));
        Assert.Equal("abcd"u8, buffer);
        Assert.Equal(new PipePeek(0, 8, 6), pair.Client.Peek());
        Assert.Equal("abcdef", Do.Text(pair.Client.ReadMessage()));
        pair.Server.Dispose();
        Assert.Equal("xy", Do.Text(pair.Client.ReadMessage()));
        Assert.Throws<IOException>(() => pair.Client.Peek());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TRANS_1_ATransactionWritesAndReads(bool asynchronous)
    {
        using Pair pair = Pair.Messages();
        Task serving = Task.Run(async () =>
        {
            byte[]? request = await pair.Server.ReadMessageAsync();
            await pair.Server.WriteAsync(request!.Reverse().ToArray().AsMemory());
        });
        byte[] reply = new byte[10];
        int count = asynchronous
            ? await pair.Client.TransactAsync("abc"u8.ToArray(), reply)
            : pair.Client.Transact("abc"u8, reply);
        Assert.Equal("cba"u8, reply.AsSpan(0, count));
        await serving;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TRANS_7_AReplyThatIsTooLongIsReadOn(bool asynchronous)
    {
        using Pair pair = Pair.Messages();
        byte[] reply = new byte[2];
        Task<int> transacting = Task.Run(async () => asynchronous
            ? await pair.Client.TransactAsync("q"u8.ToArray(), reply)
            : pair.Client.Transact("q"u8, reply));
        Assert.Equal("q", Do.Text(await pair.Server.ReadMessageAsync()));
        await pair.Server.WriteText(true, "abc");
        Assert.Equal(2, await transacting);
        Assert.False(pair.Client.IsMessageComplete);
        Assert.Equal("c", await pair.Client.ReadText(true, 5));
    }

    [Fact]
    public async Task TRANS_4_ATransactionIsRefusedWhileSomethingIsUnread()
    {
        using Pair pair = Pair.Messages();
        pair.Server.Write("unread"u8);
        Assert.Equal(231, Do.StatusOf(Assert.Throws<IOException>(() => pair.Client.Transact("q"u8, new byte[1]))));
        Assert.Equal(
            231, Do.StatusOf(await Assert.ThrowsAsync<IOException>(
                async () => await pair.Client.TransactAsync("q"u8.ToArray(), new byte[1]))));
    }

    [Fact]
    public async Task CALL_1_CallOpensTransactsAndCloses()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name, PipeTransmissionMode.Message);
        Task serving = Task.Run(async () =>
        {
            await server.WaitForConnectionAsync();
            await server.WriteAsync((await server.ReadMessageAsync()).AsMemory());
            Assert.Null(await server.ReadMessageAsync());
        });
        byte[] reply = new byte[10];
        int count = NamedPipeClientStream.Call(".", name, "echo"u8, reply, TimeSpan.FromSeconds(10));
        Assert.Equal("echo"u8, reply.AsSpan(0, count));
        await serving;
    }

    [Fact]
    public void CALL_3_CallingWhatDoesNotExistFailsAtOnce() => Assert.Throws<FileNotFoundException>(
        () => NamedPipeClientStream.Call(".", Pair.NewName(), "x"u8, default, Timeout.InfiniteTimeSpan));

    [Fact]
    public void CALL_4_CallingWhatStaysBusyTimesOut()
    {
        using Pair pair = Pair.Messages();
        Assert.Throws<TimeoutException>(
            () => NamedPipeClientStream.Call(".", pair.Name, "x"u8, default, TimeSpan.FromMilliseconds(5)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FLUSH_1_DrainingWaitsForTheReader(bool asynchronous)
    {
        using Pair pair = Pair.Bytes();
        await pair.Client.WaitForPipeDrainAsync();
        pair.Client.WaitForPipeDrain();
        await pair.Client.WriteText(true, "abc");
        Task draining = asynchronous ? pair.Client.WaitForPipeDrainAsync() : Task.Run(() => pair.Client.WaitForPipeDrain());
        Assert.Equal("ab", await pair.Server.ReadText(true, 2));
        Assert.False(draining.IsCompleted);
        Assert.Equal("c", await pair.Server.ReadText(true, 2));
        await draining;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FLUSH_7_DrainingCanBeGivenUp(bool asynchronous)
    {
        using Pair pair = Pair.Bytes();
        await pair.Client.WriteText(true, "unread");
        using CancellationTokenSource source = new();
        Task draining = asynchronous
            ? pair.Client.WaitForPipeDrainAsync(source.Token)
            : Task.Run(() => pair.Client.WaitForPipeDrain(Timeout.InfiniteTimeSpan, source.Token));
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => draining);
        TimeSpan soon = TimeSpan.FromMilliseconds(5);
        if (asynchronous)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => pair.Client.WaitForPipeDrainAsync(soon));
        }
        else
        {
            Assert.Throws<TimeoutException>(() => pair.Client.WaitForPipeDrain(soon));
        }
    }

    [Fact]
    public async Task FLUSH_6_DrainingFailsWhenTheReaderCloses()
    {
        using Pair pair = Pair.Bytes();
        await pair.Client.WriteText(true, "unread");
        Task draining = pair.Client.WaitForPipeDrainAsync();
        await Task.Delay(1);
        pair.Server.Dispose();
        if (await Task.WhenAny(draining) is { IsFaulted: true } failed)
        {
            Assert.IsType<IOException>(failed.Exception!.InnerException);
        }
    }

    [Fact]
    public void PEER_1_BothEndsKnowTheProcesses()
    {
        using Pair pair = Pair.Bytes();
        foreach (PipeStream end in new PipeStream[] { pair.Server, pair.Client })
        {
            Assert.Equal(Environment.ProcessId, end.ClientProcessId);
            Assert.Equal(Environment.ProcessId, end.ServerProcessId);
            Assert.Equal(end.ServerSessionId, end.ClientSessionId);
        }

        Assert.Null(pair.Server.ClientComputerName);
    }

    [Fact]
    public void PEER_6_BeforeAClientThereIsNobody()
    {
        using NamedPipeServerStream server = Pair.NewServer(Pair.NewName());
        Assert.Throws<InvalidOperationException>(() => server.ClientProcessId);
        Assert.Throws<InvalidOperationException>(() => server.ClientSessionId);
        Assert.Throws<InvalidOperationException>(() => server.ClientComputerName);
        Assert.Equal(Environment.ProcessId, server.ServerProcessId);
    }

    [Fact]
    public void CLOSE_2_WhatWasWrittenOutlivesItsWriter()
    {
        using Pair pair = Pair.Messages();
        pair.Client.Write("kept"u8);
        pair.Client.Dispose();
        Assert.Equal("kept", Do.Text(pair.Server.ReadMessage()));
        Assert.Null(pair.Server.ReadMessage());
    }

    [Fact]
    public async Task CLOSE_4_DisposeAsyncCloses()
    {
        using Pair pair = Pair.Bytes();
        await pair.Client.DisposeAsync();
        Assert.Equal(0, pair.Server.Read(new byte[1], 0, 1));
    }

    [Fact]
    public void AHandleCanBeGivenToAnotherStream()
    {
        using Pair pair = Pair.Messages();
        using NamedPipeServerStream server = new(PipeDirection.InOut, true, true, pair.Server.SafePipeHandle);
        using NamedPipeClientStream client = new(PipeDirection.InOut, true, true, pair.Client.SafePipeHandle);
        Assert.Equal(PipeTransmissionMode.Message, client.TransmissionMode);
        server.Write("hi"u8);
        Assert.Equal('h', client.ReadByte());
        Assert.True(server.IsAsync);
    }

    [Fact]
    public void PropertiesAreThoseOfAStream()
    {
        using Pair pair = Pair.Bytes();
        Stream stream = pair.Client;
        Assert.False(stream.CanSeek);
        Assert.True(stream.CanTimeout);
        Assert.Throws<NotSupportedException>(() => stream.Length);
        Assert.Throws<NotSupportedException>(() => stream.Position);
        Assert.Throws<NotSupportedException>(() => stream.Position = 1);
        Assert.Throws<NotSupportedException>(() => stream.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => stream.SetLength(1));
        Assert.True(pair.Server.IsAsync);
        Assert.Equal(PipeTransmissionMode.Byte, pair.Server.TransmissionMode);
        Assert.Equal(Timeout.Infinite, stream.ReadTimeout);
        Assert.Equal(Timeout.Infinite, stream.WriteTimeout);
    }
}
