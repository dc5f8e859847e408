// What is built of the operations of PipeStream.Transfer.cs: time-outs, and the older asynchronous patterns.
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Pipes.Interop;

namespace Pipes;

public abstract partial class PipeStream : IAsyncDisposable
{
    // ---------------------------------------------------------------------------------------------------- with time-out

    /// <summary>Reads what is there, or ends when something comes.</summary>
    /// <param name="buffer">Receives the bytes. It is pinned until then.</param>
    /// <param name="timeout">How long it waits.</param>
    /// <param name="cancellationToken">Ends it. No byte is lost then.</param>
    /// <returns>As <see cref="Read(byte[], int, int)"/>; a <see cref="TimeoutException"/> when the time is over.</returns>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Deadline.Run(
            timeout, cancellationToken, (Stream: this, buffer),
            static (what, token) => what.Stream.ReadAsync(what.buffer, token));

    /// <summary>Writes all bytes; to a pipe of messages as one message, which may be empty.</summary>
    /// <param name="buffer">Holds the bytes. It is pinned until they are in the pipe.</param>
    /// <param name="timeout">How long it waits for room.</param>
    /// <param name="cancellationToken">Ends it. What was not read by then is taken back.</param>
    /// <returns>A task that ends when they are, with a <see cref="TimeoutException"/> when the time is over.</returns>
    public ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Deadline.Run(
            timeout, cancellationToken, (Stream: this, buffer),
            static (what, token) => what.Stream.WriteAsync(what.buffer, token));

    /// <summary>Writes a message and reads the answer, as one operation. A pipe of messages, read as such.</summary>
    /// <param name="request">The message. It is pinned until the answer comes.</param>
    /// <param name="reply">Receives the answer; if it is longer, <see cref="IsMessageComplete"/> is false.</param>
    /// <param name="timeout">How long it waits.</param>
    /// <param name="cancellationToken">Ends it. A request that was sent is not taken back.</param>
    /// <returns>How many bytes of the answer; a <see cref="TimeoutException"/> when the time is over.</returns>
    public ValueTask<int> TransactAsync(
        ReadOnlyMemory<byte> request, Memory<byte> reply, TimeSpan timeout,
        CancellationToken cancellationToken = default) =>
        Deadline.Run(
            timeout, cancellationToken, (Stream: this, request, reply),
            static (what, token) => what.Stream.TransactAsync(what.request, what.reply, token));

    // -------------------------------------------------------------------------------------------------- older patterns

    /// <summary>Reads what is there, or ends when something comes.</summary>
    /// <param name="buffer">Receives the bytes. It is pinned until then.</param>
    /// <param name="offset">Where in it.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="cancellationToken">Ends it. No byte is lost then.</param>
    /// <returns>As <see cref="Read(byte[], int, int)"/>.</returns>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Arguments.Range(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>Writes all bytes; to a pipe of messages as one message, which may be empty.</summary>
    /// <param name="buffer">Holds the bytes. It is pinned until they are in the pipe.</param>
    /// <param name="offset">Where in it.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Ends it. What was not read by then is taken back.</param>
    /// <returns>A task that ends when they are.</returns>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Arguments.Range(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <summary>Begins to read.</summary>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="offset">Where in it.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="callback">Is called at the end; may be null.</param>
    /// <param name="state">Is passed on.</param>
    /// <returns>For <see cref="EndRead"/>.</returns>
    public override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        AsyncPattern.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <summary>Ends what <see cref="BeginRead"/> began.</summary>
    /// <param name="asyncResult">What it returned.</param>
    /// <returns>As <see cref="Read(byte[], int, int)"/>.</returns>
    public override int EndRead(IAsyncResult asyncResult) => AsyncPattern.End<int>(asyncResult);

    /// <summary>Begins to write.</summary>
    /// <param name="buffer">Holds the bytes.</param>
    /// <param name="offset">Where in it.</param>
    /// <param name="count">How many.</param>
    /// <param name="callback">Is called at the end; may be null.</param>
    /// <param name="state">Is passed on.</param>
    /// <returns>For <see cref="EndWrite"/>.</returns>
    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        AsyncPattern.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <summary>Ends what <see cref="BeginWrite"/> began.</summary>
    /// <param name="asyncResult">What it returned.</param>
    public override void EndWrite(IAsyncResult asyncResult) => AsyncPattern.End(asyncResult);

#if !MODERN
#pragma warning disable CA1816 // it is the framework's DisposeAsync, where that has none
    /// <summary>Closes this end at once, as <see cref="Stream.Dispose()"/> does.</summary>
    /// <returns>A task that has ended.</returns>
    public ValueTask DisposeAsync()
    {
        Dispose();
        GC.SuppressFinalize(this);
        return default;
    }
#pragma warning restore CA1816
#endif

    private async Task DrainAsync(uint timeout, CancellationToken token) =>
        Drained(await BlockingCall.RunAsync(Drain, timeout, token).ConfigureAwait(false), token);

    private static async Task WithoutResult(Task<int> task) => _ = await task.ConfigureAwait(false);

    private async Task<int> BlockingAsync(
        OperationKind kind, (Memory<byte> Start, Memory<byte> Second) buffers, uint timeout, CancellationToken token)
    {
        uint transferred = 0;
        uint status = await Task.Run(() => BlockPinned(kind, buffers, timeout, token, out transferred), token)
            .ConfigureAwait(false);
        return Result(kind, status, transferred, token);
    }
}
