// Cancellation and time-outs at everything that can wait, closing under what waits, and what the collector finds.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Pipes.Tests;

public sealed class CancelTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(5);

    /// <summary>Everything that waits: on a pair whose client has something unread at the server, and quotas of nothing.</summary>
    private static readonly Dictionary<string, Func<Pair, CancellationToken, Task>> s_waits = new()
    {
        ["ReadAsync"] = async (pair, token) => await pair.Client.ReadAsync(new byte[8].AsMemory(), token),
        ["ReadAsync of an array"] = (pair, token) => pair.Client.ReadAsync(new byte[8], 0, 8, token),
        ["ReadMessageAsync"] = async (pair, token) => await pair.Client.ReadMessageAsync(token),
        ["ReadMessageAsync into a writer"] = async (pair, token) =>
            await pair.Client.ReadMessageAsync(new System.Buffers.ArrayBufferWriter<byte>(), token),
        ["WriteAsync"] = async (pair, token) => await pair.Client.WriteAsync(new byte[8].AsMemory(), token),
        ["WriteAsync of an array"] = (pair, token) => pair.Client.WriteAsync(new byte[8], 0, 8, token),
        ["TransactAsync"] = async (pair, token) => await pair.Client.TransactAsync(new byte[8], new byte[8], token),
        ["Read"] = (pair, token) => Task.Run(() => pair.Client.Read(new byte[8], Timeout.InfiniteTimeSpan, token)),
        ["Write"] = (pair, token) => Task.Run(() => pair.Client.Write(new byte[8], Timeout.InfiniteTimeSpan, token)),
        ["Transact"] = (pair, token) =>
            Task.Run(() => pair.Client.Transact(new byte[8], new byte[8], Timeout.InfiniteTimeSpan, token)),
        ["ReadMessage"] = (pair, token) => Task.Run(() => pair.Client.ReadMessage(Timeout.InfiniteTimeSpan, token)),
    };

    private static readonly Dictionary<string, Func<Pair, Task>> s_timed = new()
    {
        ["ReadAsync"] = async pair => await pair.Client.ReadAsync(new byte[8].AsMemory(), s_soon),
        ["ReadMessageAsync"] = async pair => await pair.Client.ReadMessageAsync(s_soon),
        ["WriteAsync"] = async pair => await pair.Client.WriteAsync(new byte[8].AsMemory(), s_soon),
        ["TransactAsync"] = async pair => await pair.Client.TransactAsync(new byte[8], new byte[8], s_soon),
        ["Read"] = pair => Task.Run(() => pair.Client.Read(new byte[8], s_soon)),
        ["Read at once"] = pair => Task.Run(() => pair.Client.Read(new byte[8], TimeSpan.Zero)),
        ["ReadTimeout"] = pair => Task.Run(() =>
        {
            pair.Client.ReadTimeout = 5;
            return pair.Client.Read(new byte[8], 0, 8);
        }),
        ["Write"] = pair => Task.Run(() => pair.Client.Write(new byte[8], s_soon)),
        ["WriteTimeout"] = pair => Task.Run(() =>
        {
            pair.Client.WriteTimeout = 5;
            pair.Client.Write(new byte[8], 0, 8);
        }),
        ["Transact"] = pair => Task.Run(() => pair.Client.Transact(new byte[8], new byte[8], s_soon)),
        ["ReadMessage"] = pair => Task.Run(() => pair.Client.ReadMessage(s_soon)),
    };

    public static TheoryData<string> Waits => [.. s_waits.Keys];

    public static TheoryData<string> Timed => [.. s_timed.Keys];

    [Theory]
    [MemberData(nameof(Waits))]
    public async Task CANCEL_1_WhatWaitsIsCancelled(string what)
    {
        using Pair pair = Pair.Messages(quota: 0);
        using CancellationTokenSource source = new();
        Task waiting = s_waits[what](pair, source.Token);
        Assert.False(waiting.IsCompleted);
        source.Cancel();
        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(source.Token, error.CancellationToken);

        // The stream goes on working.
        _ = Task.Run(() => pair.Server.Write("after"u8));
        Assert.Equal("after", Do.Text(await pair.Client.ReadMessageAsync()));
    }

    [Theory]
    [MemberData(nameof(Waits))]
    public async Task ATokenThatIsCancelledAlreadyBeginsNothing(string what)
    {
        using Pair pair = Pair.Messages(quota: 0);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => s_waits[what](pair, new CancellationToken(true)));
        Assert.Equal(0, pair.Server.Peek().BytesAvailable);
    }

    [Theory]
    [MemberData(nameof(Timed))]
    public async Task WhatWaitsTimesOut(string what)
    {
        using Pair pair = Pair.Messages(quota: 0);
        await Assert.ThrowsAsync<TimeoutException>(() => s_timed[what](pair));
        _ = Task.Run(() => pair.Server.Write("after"u8));
        Assert.Equal("after", Do.Text(await pair.Client.ReadMessageAsync()));
    }

    [Theory]
    [MemberData(nameof(Waits))]
    public async Task CLOSE_11_ClosingEndsWhatWaits(string what)
    {
        using Pair pair = Pair.Messages(quota: 0);
        using CancellationTokenSource never = new();
        Task waiting = s_waits[what](pair, what.EndsWith("Async", StringComparison.Ordinal) ? default : never.Token);
        await Task.Delay(1);
        pair.Client.Dispose();
        Exception? error = await Record.ExceptionAsync(() => waiting);
        Assert.True(error is ObjectDisposedException, $"{error}");
    }

    [Fact]
    public async Task CLOSE_11_ClosingEndsAPlainReadAndAWaitForAClient()
    {
        for (int round = 0; round < 20; round++)
        {
            using Pair pair = Pair.Bytes();
            Task reading = Task.Run(() => pair.Client.Read(new byte[1], 0, 1));
            NamedPipeServerStream server = Pair.NewServer(Pair.NewName());
            Task waiting = Task.Run(server.WaitForConnection);
            Task waitingToo = server.WaitForConnectionAsync();
            pair.Client.Dispose();
            server.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => reading);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => waitingToo);
        }
    }

    [Fact]
    public async Task CANCEL_2_OnlyTheOperationOfTheTokenIsCancelled()
    {
        using Pair pair = Pair.Messages();
        using CancellationTokenSource source = new();
        byte[] first = new byte[8];
        byte[] second = new byte[8];
        Task<int> cancelled = pair.Client.ReadAsync(first.AsMemory(), source.Token).AsTask();
        Task<int> stays = pair.Client.ReadAsync(second.AsMemory()).AsTask();
        source.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await pair.Server.WriteText(true, "for two");
        Assert.Equal(7, await stays);
    }

    [Fact]
    public async Task READ_23_TenThousandCancelledReadsLoseNoByte()
    {
        using Pair pair = Pair.Bytes();
        const int Rounds = 10_000;
        int before = Do.OpenDescriptors();
        Task writing = Task.Run(async () =>
        {
            byte[] piece = new byte[4];
            for (int number = 0; number < Rounds; number++)
            {
                BitConverter.TryWriteBytes(piece, number);
                await pair.Server.WriteAsync(piece.AsMemory());
                if (number % 16 == 0)
                {
                    await Task.Yield();
                }
            }

            pair.Server.Dispose();
        });

        // Each read is cancelled by another thread, or at once, or lives to see its bytes.
        using MemoryStream got = new();
        byte[] buffer = new byte[64];
        int cancelled = 0;
        for (int round = 0; ; round++)
        {
            CancellationTokenSource source = new();
            ValueTask<int> reading = pair.Client.ReadAsync(buffer.AsMemory(), source.Token);
            if (cancelled < Rounds || round % 2 == 0)
            {
                if (round % 3 == 0)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(static source => ((CancellationTokenSource)source!).Cancel(), source);
                }
                else
                {
                    source.Cancel();
                }
            }

            try
            {
                int count = await reading;
                if (count == 0)
                {
                    break;
                }

                got.Write(buffer, 0, count);
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }
        }

        await writing;
        Assert.Equal(Rounds * 4, got.Length);
        byte[] all = got.ToArray();
        Assert.All(Enumerable.Range(0, Rounds), number => Assert.Equal(number, BitConverter.ToInt32(all, number * 4)));
        Assert.InRange(Do.OpenDescriptors(), 0, before + Do.DescriptorsOfTheRuntime);
    }

    [Fact]
    public async Task TenThousandReadsThatWaitAreCancelled()
    {
        using Pair pair = Pair.Bytes();
        byte[] buffer = new byte[64];
        for (int round = 0; round < 10_000; round++)
        {
            using CancellationTokenSource source = new();
            ValueTask<int> reading = pair.Client.ReadAsync(buffer.AsMemory(), source.Token);
            source.Cancel();
            try
            {
                await reading;
                Assert.Fail("nothing was there to read");
            }
            catch (OperationCanceledException)
            {
            }
        }

        await pair.Server.WriteText(true, "whole");
        Assert.Equal("whole", await pair.Client.ReadText(true, 64));
    }

    [Fact]
    public async Task OVL_1_ManyOperationsAreHadByFewThreads()
    {
        int threads = System.Diagnostics.Process.GetCurrentProcess().Threads.Count;
        Pair[] pairs = [.. Enumerable.Range(0, 200).Select(_ => Pair.Bytes())];
        Task<int>[] reads = [.. pairs.Select(pair => pair.Client.ReadAsync(new byte[8].AsMemory()).AsTask())];
        Assert.InRange(System.Diagnostics.Process.GetCurrentProcess().Threads.Count, 1, threads + 20);
        foreach (Pair pair in pairs)
        {
            await pair.Server.WriteText(true, "x");
        }

        Assert.All(await Task.WhenAll(reads), count => Assert.Equal(1, count));
        foreach (Pair pair in pairs)
        {
            pair.Dispose();
        }
    }

    [Fact]
    public async Task AContinuationThatBlocksHoldsUpNobody()
    {
        // What awaits goes on on the thread that brings what has ended. Here that waits for what only the same kind of
        // thread could bring.
        for (int round = 0; round < 3; round++)
        {
            using Pair pair = Pair.Bytes();
            using Pair other = Pair.Bytes();
            ValueTask<int> reading = pair.Client.ReadAsync(new byte[8].AsMemory());
            Task blocking = Wait();
            async Task Wait()
            {
                await reading;
                Task<int> inner = other.Client.ReadAsync(new byte[8].AsMemory()).AsTask();
                _ = Task.Run(() => other.Server.WriteText(true, "inner"));
                Assert.Equal(5, inner.GetAwaiter().GetResult());
            }

            await pair.Server.WriteText(true, "x");
            await blocking;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MessagesWhoseReaderGivesUpStayWhole(bool asynchronous)
    {
        // The first read has room for a part of the message; it may be cancelled before, between or after two reads.
        using Pair pair = Pair.Messages(quota: 1 << 20);
        for (int round = 0; round < 200; round++)
        {
            byte[] sent = Do.Pattern(20_000 + round, round);
            using CancellationTokenSource source = new();
            Task<byte[]?> reading = asynchronous
                ? pair.Client.ReadMessageAsync(source.Token).AsTask()
                : Task.Run(() => pair.Client.ReadMessage(Timeout.InfiniteTimeSpan, source.Token));
            await pair.Server.WriteAsync(sent.AsMemory());
            source.Cancel();
            byte[]? got = await Record.ExceptionAsync(() => reading) is OperationCanceledException
                ? pair.Client.ReadMessage(TimeSpan.FromSeconds(30))
                : await reading;
            Assert.Equal(sent, got);
        }
    }

    [Fact]
    public void ForgottenStreamsWithOperationsAreClosed()
    {
        // Whoever forgets a server and what it waits for loses both, and the other end notices.
        string name = Pair.NewName();
        using NamedPipeClientStream client = Forget(name);
        Task<int> end = Task.Run(() => client.Read(new byte[1], 0, 1));
        Do.Until(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return end.IsCompleted;
        });
        Assert.Equal(0, end.Result);
        client.Dispose();
        using NamedPipeServerStream again = Pair.NewServer(name);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static NamedPipeClientStream Forget(string name)
    {
        NamedPipeServerStream server = Pair.NewServer(name);
        NamedPipeClientStream client = new(name);
        client.Connect();
        server.WaitForConnection();
        _ = server.ReadAsync(new byte[100].AsMemory());
        _ = server.ReadAsync(new byte[100].AsMemory(), new CancellationTokenSource().Token);
        return client;
    }

    [Fact]
    public async Task CollectionsDoNotDisturbWritesInFlight()
    {
        using Pair pair = Pair.Bytes(quota: 512);
        byte[] sent = Do.Pattern(100_000);
        List<Task> writes = [];
        for (int at = 0; at < sent.Length; at += 1000)
        {
            // Fresh arrays that nobody else keeps: they would move or be gone if they were not pinned.
            writes.Add(pair.Server.WriteAsync(sent.AsSpan(at, 1000).ToArray().AsMemory()).AsTask());
        }

        Assert.Contains(writes, static write => !write.IsCompleted);
        byte[] got = new byte[sent.Length];
        int length = 0;
        while (length < got.Length)
        {
            Collect();
            length += await pair.Client.ReadAsync(got.AsMemory(length, Math.Min(700, got.Length - length)));
        }

        await Task.WhenAll(writes);
        Assert.Equal(sent, got);
    }

    [Fact]
    public async Task CollectionsDoNotDisturbReadsInFlight()
    {
        using Pair pair = Pair.Bytes();
        byte[] sent = Do.Pattern(100_000);
        List<(byte[] Buffer, Task<int> Task)> reads = [];
        for (int at = 0; at < sent.Length; at += 1000)
        {
            byte[] buffer = new byte[1000];
            reads.Add((buffer, pair.Client.ReadAsync(buffer.AsMemory()).AsTask()));
        }

        Assert.All(reads, static read => Assert.False(read.Task.IsCompleted));
        for (int at = 0; at < sent.Length; at += 1000)
        {
            Collect();
            await pair.Server.WriteAsync(sent.AsMemory(at, 1000));
        }

        for (int at = 0; at < sent.Length; at += 1000)
        {
            (byte[] buffer, Task<int> task) = reads[at / 1000];
            Assert.Equal(1000, await task);
            Assert.Equal(sent.AsSpan(at, 1000).ToArray(), buffer);
        }
    }

    // Moves all that can be moved.
    private static void Collect()
    {
        byte[][] garbage = new byte[20][];
        for (int i = 0; i < garbage.Length; i++)
        {
            garbage[i] = new byte[Random.Shared.Next(1, 5000)];
        }

        GC.KeepAlive(garbage);
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
    }

    [Fact]
    public void HandlesAreGivenBack()
    {
        Pair.Bytes().Dispose();
        int before = Do.OpenDescriptors();
        for (int round = 0; round < 200; round++)
        {
            using Pair pair = Pair.Bytes();
            _ = pair.Client.ReadAsync(new byte[1].AsMemory());
        }

        Do.Until(() => Do.OpenDescriptors() <= before + Do.DescriptorsOfTheRuntime);
    }
}
