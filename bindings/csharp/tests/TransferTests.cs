// Reading and writing, blocking and by tasks.
using System;
using System.Buffers;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Pipes.Tests;

public sealed class TransferTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task READ_4_ByteModeReturnsWhatIsThere(bool asynchronous)
    {
        using Pair pair = Pair.Bytes();
        await pair.Client.WriteText(asynchronous, "hello");
        Assert.Equal("hello", await pair.Server.ReadText(asynchronous, 100));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task READ_5_ByteModeJoinsWrites(bool asynchronous)
    {
        using Pair pair = Pair.Bytes();
        await pair.Client.WriteText(asynchronous, "one");
        await pair.Client.WriteText(asynchronous, "two");
        Assert.Equal("onetwo", await pair.Server.ReadText(asynchronous, 100));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task READ_6_MessageModeReturnsOneMessage(bool asynchronous)
    {
        using Pair pair = Pair.Messages();
        await pair.Client.WriteText(asynchronous, "one");
        await pair.Client.WriteText(asynchronous, "two");
        Assert.Equal("one", await pair.Server.ReadText(asynchronous, 100));
        Assert.True(pair.Server.IsMessageComplete);
        Assert.Equal("two", await pair.Server.ReadText(asynchronous, 100));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task READ_7_ShortBufferIsFilledAndTheMessageIsNotComplete(bool asynchronous)
    {
        using Pair pair = Pair.Messages();
        await pair.Server.WriteText(asynchronous, "abcdef");
        Assert.Equal("abcd", await pair.Client.ReadText(asynchronous, 4));
        Assert.False(pair.Client.IsMessageComplete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task READ_8_TheRestOfAMessageIsFetchedByFurtherReads(bool asynchronous)
    {
        using Pair pair = Pair.Messages();
        await pair.Server.WriteText(asynchronous, "abcdefgh");
        Assert.Equal("abc", await pair.Client.ReadText(asynchronous, 3));
        Assert.Equal("def", await pair.Client.ReadText(asynchronous, 3));
        Assert.False(pair.Client.IsMessageComplete);
        Assert.Equal(2, pair.Client.Peek().BytesLeftInMessage);
        Assert.Equal("gh", await pair.Client.ReadText(asynchronous, 3));
        Assert.True(pair.Client.IsMessageComplete);
    }

    [Fact]
    public async Task READ_9_AReadThatWaitsEndsWithMoreDataAsWell()
    {
        using Pair pair = Pair.Messages();
        byte[] buffer = new byte[4];
        ValueTask<int> reading = pair.Client.ReadAsync(buffer.AsMemory());
        await pair.Server.WriteText(true, "abcdef");
        Assert.Equal(4, await reading);
        Assert.False(pair.Client.IsMessageComplete);
        Assert.Equal("ef", await pair.Client.ReadText(true, 10));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task READ_10_AnEmptyMessageIsDelivered(bool asynchronous)
    {
        using Pair pair = Pair.Messages();
        await pair.Server.Write(asynchronous, []);
        await pair.Server.WriteText(asynchronous, "after");
        Assert.Equal(0, (await pair.Client.Read(asynchronous, 10)).Count);
        Assert.True(pair.Client.IsMessageComplete);
        Assert.True(pair.Client.IsConnected);
        Assert.Equal("after", await pair.Client.ReadText(asynchronous, 10));
    }

    [Fact]
    public async Task READ_11_AnEmptyMessageIsNotTheEnd()
    {
        using Pair pair = Pair.Messages();
        await pair.Server.WriteAsync(ReadOnlyMemory<byte>.Empty);
        pair.Server.Dispose();
        Assert.Equal("", Do.Text(await pair.Client.ReadMessageAsync()));
        Assert.True(pair.Client.IsConnected);
        Assert.Null(await pair.Client.ReadMessageAsync());
        Assert.False(pair.Client.IsConnected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task READ_12_WhatAClosedEndHadWrittenIsReadFirst(bool asynchronous)
    {
        using Pair pair = Pair.Messages();
        await pair.Server.WriteText(asynchronous, "one");
        await pair.Server.WriteText(asynchronous, "two");
        pair.Server.Dispose();
        Assert.Equal("one", await pair.Client.ReadText(asynchronous, 10));
        Assert.Equal("two", await pair.Client.ReadText(asynchronous, 10));
        Assert.Equal(0, (await pair.Client.Read(asynchronous, 10)).Count);
        Assert.Equal(0, (await pair.Client.Read(asynchronous, 10)).Count);
        Assert.False(pair.Client.IsConnected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task READ_13_AReadThatWaitsEndsWhenTheOtherEndCloses(bool asynchronous)
    {
        using Pair pair = Pair.Bytes();
        Task<(int Count, byte[] Bytes)> reading = Task.Run(() => pair.Client.Read(asynchronous, 10));
        await Task.Yield();
        pair.Server.Dispose();
        Assert.Equal(0, (await reading).Count);
    }

    [Fact]
    public async Task READ_17_ReadsAreServedInTheirOrder()
    {
        using Pair pair = Pair.Messages();
        byte[][] buffers = [new byte[8], new byte[8], new byte[8]];
        Task<int>[] reads = [.. buffers.Select(buffer => pair.Client.ReadAsync(buffer.AsMemory()).AsTask())];
        foreach (string text in new[] { "first", "second", "third" })
        {
            await pair.Server.WriteText(true, text);
        }

        int[] counts = await Task.WhenAll(reads);
        Assert.Equal(
            ["first", "second", "third"], counts.Select((count, at) => Encoding.UTF8.GetString(buffers[at], 0, count)));
    }

    [Fact]
    public async Task READ_18_WhatIsTooLongForTheFirstReadGoesToTheNext()
    {
        using Pair pair = Pair.Messages();
        byte[] first = new byte[4];
        byte[] second = new byte[4];
        Task<int> one = pair.Client.ReadAsync(first.AsMemory()).AsTask();
        Task<int> two = pair.Client.ReadAsync(second.AsMemory()).AsTask();
        await pair.Server.WriteText(true, "abcdef");
        Assert.Equal(4, await one);
        Assert.Equal(2, await two);
        Assert.Equal("abcd"u8, first);
        Assert.Equal("ef"u8, second.AsSpan(0, 2));
    }

    [Fact]
    public async Task READ_22_OneEndReadsAndWritesAtTheSameTime()
    {
        using Pair pair = Pair.Bytes();
        Task<(int Count, byte[] Bytes)> reading = Task.Run(() => pair.Client.Read(false, 10));
        for (int round = 0; round < 100; round++)
        {
            await pair.Client.WriteText(false, "x");
        }

        await pair.Server.WriteText(false, "answer");
        Assert.Equal("answer"u8.ToArray(), (await reading).Bytes);
        Assert.Equal(100, (await pair.Server.Read(false, 200)).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WRITE_3_OneWriteIsOneMessageWhateverItsLength(bool asynchronous)
    {
        using Pair pair = Pair.Messages(quota: 4096);
        byte[] sent = Do.Pattern(3_000_000);
        Task writing = Task.Run(() => pair.Client.Write(asynchronous, sent));
        Assert.Equal(sent, asynchronous ? await pair.Server.ReadMessageAsync() : pair.Server.ReadMessage());
        await writing;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WRITE_2_AWriteWaitsUntilItFits(bool asynchronous)
    {
        using Pair pair = Pair.Bytes(quota: 0);
        Task writing = Task.Run(() => pair.Client.WriteText(asynchronous, "waits"));
        Do.Until(() => pair.Server.Peek().BytesAvailable == 5);
        Assert.False(writing.IsCompleted);
        Assert.Equal("waits", await pair.Server.ReadText(asynchronous, 10));
        await writing;
    }

    [Fact]
    public void WRITE_5_AnEmptyWriteIsAMessage()
    {
        using Pair pair = Pair.Messages();
        pair.Client.Write([], 0, 0);
        Assert.Equal("", Do.Text(pair.Server.ReadMessage()));
    }

    [Fact]
    public void WRITE_6_AnEmptyWriteOfBytesIsNothing()
    {
        using Pair pair = Pair.Bytes();
        pair.Client.Write([]);
        pair.Client.Write("x"u8);
        Assert.Equal('x', pair.Server.ReadByte());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WRITE_7_WritingToAClosedEndIsAnIOException(bool asynchronous)
    {
        using Pair pair = Pair.Bytes();
        pair.Server.Dispose();
        IOException error = await Assert.ThrowsAsync<IOException>(() => pair.Client.WriteText(asynchronous, "x"));
        Assert.Equal(232, Do.StatusOf(error));
        Assert.False(pair.Client.IsConnected);
        await Assert.ThrowsAsync<IOException>(() => pair.Client.WriteText(asynchronous, "x"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WRITE_8_AWriteThatWaitsEndsWhenTheReaderCloses(bool asynchronous)
    {
        using Pair pair = Pair.Bytes(quota: 0);
        Task writing = Task.Run(() => pair.Client.WriteText(asynchronous, "x"));
        Do.Until(() => pair.Server.Peek().BytesAvailable == 1);
        pair.Server.Dispose();
        Assert.Equal(109, Do.StatusOf(await Assert.ThrowsAsync<IOException>(() => writing)));
    }

    [Fact]
    public void MODE_5_AClientReadsBytesUntilItIsToldOtherwise()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name, PipeTransmissionMode.Message);
        using NamedPipeClientStream client = new(name);
        client.Connect();
        server.WaitForConnection();
        Assert.Equal(PipeTransmissionMode.Byte, client.ReadMode);
        Assert.Equal(PipeTransmissionMode.Message, client.TransmissionMode);
        Assert.Equal(PipeTransmissionMode.Message, server.ReadMode);
        server.Write("one"u8);
        server.Write("two"u8);
        byte[] both = new byte[6];
        Assert.Equal(6, client.Read(both));
        client.ReadMode = PipeTransmissionMode.Message;
        server.Write("one"u8);
        server.Write("two"u8);
        Assert.Equal(3, client.Read(both));
        Assert.True(client.IsMessageComplete);
    }

    [Fact]
    public void MODE_4_APipeOfBytesHasNoMessages()
    {
        using Pair pair = Pair.Bytes();
        Assert.Throws<NotSupportedException>(() => pair.Client.ReadMode = PipeTransmissionMode.Message);
        Assert.Throws<InvalidOperationException>(() => pair.Client.IsMessageComplete);
        Assert.Throws<InvalidOperationException>(() => pair.Client.ReadMessage());
    }

    [Fact]
    public async Task ReadMessageReadsAnyLength()
    {
        using Pair pair = Pair.Messages(quota: 1 << 20);
        foreach (int size in new[] { 0, 1, 1023, 1024, 1025, 4096, 70_000, 1_000_000 })
        {
            byte[] sent = Do.Pattern(size, size);
            await pair.Server.WriteAsync(sent.AsMemory());
            Assert.Equal(sent, await pair.Client.ReadMessageAsync());
            await pair.Server.WriteAsync(sent.AsMemory());
            Assert.Equal(sent, pair.Client.ReadMessage());
            await pair.Server.WriteAsync(sent.AsMemory());
            ArrayBufferWriter<byte> writer = new();
            Assert.Equal(size, await pair.Client.ReadMessageAsync(writer));
            Assert.Equal(sent, writer.WrittenSpan.ToArray());
        }

        pair.Server.Dispose();
        Assert.Equal(-1, await pair.Client.ReadMessageAsync(new ArrayBufferWriter<byte>()));
    }

    [Fact]
    public async Task TooLongMessagesAreRefusedAndNotLost()
    {
        using Pair pair = Pair.Messages(quota: 1 << 20);
        Assert.Equal(64 << 20, pair.Client.MessageLengthMax);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.MessageLengthMax = -1);
        byte[] sent = Do.Pattern(5000, 5);
        foreach (int limit in new[] { 4999, 1024, 1, 0 })
        {
            for (int way = 0; way < 3; way++)
            {
                await pair.Server.WriteAsync(sent.AsMemory());
                await pair.Server.WriteAsync("next"u8.ToArray().AsMemory());
                pair.Client.MessageLengthMax = limit;
                ArrayBufferWriter<byte> writer = new();
                IOException error = await Assert.ThrowsAsync<IOException>(async () =>
                {
                    switch (way)
                    {
                        case 0: pair.Client.ReadMessage(); break;
                        case 1: await pair.Client.ReadMessageAsync(); break;
                        default: await pair.Client.ReadMessageAsync(writer); break;
                    }
                });
                Assert.Equal(234, Do.StatusOf(error));
                pair.Client.MessageLengthMax = 5000;
                if (way == 2)
                {
                    Assert.Equal(5000 - writer.WrittenCount, await pair.Client.ReadMessageAsync(writer));
                    Assert.Equal(sent, writer.WrittenSpan.ToArray());
                }
                else if (way == 1)
                {
                    Assert.Equal(5000, await pair.Client.ReadMessageAsync(writer));
                    Assert.Equal(sent, writer.WrittenSpan.ToArray());
                }
                else
                {
                    Assert.Equal(sent, pair.Client.ReadMessage());
                }

                Assert.Equal("next", Do.Text(await pair.Client.ReadMessageAsync()));
            }
        }
    }

    [Fact]
    public void NamesInFullAndNamesWithZeros()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(@"\\.\pipe\" + name);
        using NamedPipeClientStream client = new(name);
        client.Connect();
        Assert.Throws<ArgumentException>(() => new NamedPipeServerStream(name + "2\0tail"));
        Assert.ThrowsAny<ArgumentException>(() => new NamedPipeServerStream(name + "2\ud800"));
        Assert.Throws<ArgumentException>(() => new NamedPipeClientStream(name + "\0tail").Connect(1));
        Assert.Throws<ArgumentException>(() => new PipeSecurity("D:(A;;FA;;;SY)\0(D;;FA;;;WD)"));
        Assert.Throws<ArgumentException>(
            () => new PipeAccessRule("root\0", PipeAccessRights.Read, System.Security.AccessControl.AccessControlType.Allow));
    }

    [Fact]
    public async Task OlderPatternsReadAndWrite()
    {
        using Pair pair = Pair.Bytes();
        byte[] buffer = new byte[10];
        object state = new();
        bool called = false;
        IAsyncResult reading = pair.Server.BeginRead(buffer, 2, 5, result => called = result.AsyncState == state, state);
        pair.Client.EndWrite(pair.Client.BeginWrite("xhello"u8.ToArray(), 1, 5, null, null));
        Assert.Equal(5, pair.Server.EndRead(reading));
        Do.Until(() => Volatile.Read(ref called));
        Assert.Equal("\0\0hello\0\0\0", Encoding.ASCII.GetString(buffer));
        Assert.Throws<ArgumentException>(() => pair.Server.EndRead(Task.CompletedTask));
        Assert.Throws<ArgumentNullException>(() => pair.Server.EndRead(null!));
        Assert.Throws<ArgumentNullException>(() => pair.Server.EndWrite(null!));
        pair.Client.Dispose();
        Assert.Equal(0, pair.Server.EndRead(pair.Server.BeginRead(buffer, 0, 1, null, null)));
    }

    [Fact]
    public async Task ByteArraysAndSingleBytesWork()
    {
        using Pair pair = Pair.Bytes();
        pair.Client.WriteByte(7);
        Assert.Equal(7, pair.Server.ReadByte());
        await pair.Client.WriteAsync([1, 2, 3], 1, 2);
        byte[] got = new byte[4];
        Assert.Equal(2, await pair.Server.ReadAsync(got, 1, 3));
        Assert.Equal([0, 2, 3, 0], got);
        pair.Client.Flush();
        await pair.Client.FlushAsync();
        pair.Client.Dispose();
        Assert.Equal(-1, pair.Server.ReadByte());
    }

    [Fact]
    public async Task CopyToMovesAFileWhole()
    {
        using Pair pair = Pair.Bytes();
        byte[] sent = Do.Pattern(5_000_000);
        Task writing = Task.Run(async () =>
        {
            await new MemoryStream(sent).CopyToAsync(pair.Client);
            pair.Client.Dispose();
        });
        using MemoryStream got = new();
        await pair.Server.CopyToAsync(got);
        await writing;
        Assert.Equal(sent, got.ToArray());
    }
}
