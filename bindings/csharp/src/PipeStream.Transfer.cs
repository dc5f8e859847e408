// Reading, writing, peeking and transacting: how a span or a memory becomes a call of the library.
using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Pipes.Interop;

namespace Pipes;

public abstract unsafe partial class PipeStream
{
    // --------------------------------------------------------------------------------------------------- synchronously

    /// <summary>Reads what is there, and waits if there is nothing.</summary>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="offset">Where in it.</param>
    /// <param name="count">How many at most.</param>
    /// <returns>
    /// How many; 0 at the end, when <see cref="IsConnected"/> is false, and for an empty message, when it is true; 0 at
    /// once for no bytes of a pipe of bytes.
    /// </returns>
    /// <exception cref="TimeoutException"><see cref="ReadTimeout"/> is over.</exception>
    public override int Read(byte[] buffer, int offset, int count)
    {
        Arguments.Range(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc cref="Read(byte[], int, int)"/>
#if MODERN
    public override int Read(Span<byte> buffer)
#else
    public int Read(Span<byte> buffer)
#endif
    {
        CheckReading();
        return Read(buffer, unchecked((uint)_readTimeout), CancellationToken.None);
    }

    /// <summary>Reads what is there, and waits if there is nothing.</summary>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="timeout">How long it waits.</param>
    /// <param name="cancellationToken">Ends the waiting. No byte is lost then.</param>
    /// <returns>As <see cref="Read(byte[], int, int)"/>.</returns>
    /// <exception cref="TimeoutException">The time is over.</exception>
    public int Read(Span<byte> buffer, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        CheckReading();
        cancellationToken.ThrowIfCancellationRequested();
        return Read(buffer, milliseconds, cancellationToken);
    }

    /// <summary>Reads one byte.</summary>
    /// <returns>The byte, or -1 at the end and for an empty message.</returns>
    public override int ReadByte()
    {
        byte value;
        return Read(new Span<byte>(&value, 1)) == 0 ? -1 : value;
    }

    /// <summary>Writes all bytes; to a pipe of messages as one message, which may be empty.</summary>
    /// <param name="buffer">Holds the bytes.</param>
    /// <param name="offset">Where in it.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="IOException">The other end has closed.</exception>
    /// <exception cref="TimeoutException"><see cref="WriteTimeout"/> is over.</exception>
    public override void Write(byte[] buffer, int offset, int count)
    {
        Arguments.Range(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc cref="Write(byte[], int, int)"/>
#if MODERN
    public override void Write(ReadOnlySpan<byte> buffer)
#else
    public void Write(ReadOnlySpan<byte> buffer)
#endif
    {
        CheckWriting();
        Write(buffer, unchecked((uint)_writeTimeout), CancellationToken.None);
    }

    /// <summary>Writes all bytes; to a pipe of messages as one message, which may be empty.</summary>
    /// <param name="buffer">Holds the bytes.</param>
    /// <param name="timeout">How long it waits for room.</param>
    /// <param name="cancellationToken">Ends the waiting. What was not read by then is taken back.</param>
    /// <exception cref="TimeoutException">The time is over.</exception>
    public void Write(ReadOnlySpan<byte> buffer, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        CheckWriting();
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer, milliseconds, cancellationToken);
    }

    /// <summary>Writes one byte; to a pipe of messages as a message.</summary>
    /// <param name="value">The byte.</param>
    public override void WriteByte(byte value) => Write(new ReadOnlySpan<byte>(&value, 1));

    // -------------------------------------------------------------------------------------------------- asynchronously

    /// <summary>Reads what is there, or ends when something comes.</summary>
    /// <param name="buffer">Receives the bytes. It is pinned until then.</param>
    /// <param name="cancellationToken">Ends it. No byte is lost then.</param>
    /// <returns>As <see cref="Read(byte[], int, int)"/>.</returns>
#if MODERN
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
#else
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
#endif
    {
        if (!CanRead)
        {
            throw Errors.NotReadable();
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return new ValueTask<int>(Task.FromCanceled<int>(cancellationToken));
        }

        CheckReadOperations();
        if (IsNothing(buffer.Span, _readMode))
        {
            return default;
        }

        if (!_overlapped)
        {
            return new ValueTask<int>(BlockingAsync(
                OperationKind.Read, (Start: buffer, Second: default), NoTimeout, cancellationToken));
        }

        SafePipeHandle handle = Handle;
        using SafePipeHandle.Use use = handle.Enter();
        PipeOperation operation = PipeOperation.Rent(OperationKind.Read, State, use.Value);
        uint status;
        uint transferred;
        short version = operation.Version;
        fixed (byte* start = &MemoryMarshal.GetReference(buffer.Span))
        {
            status = Native.pipes_read(use.Value, start, (uint)buffer.Length, &transferred, operation.Overlapped);
            if (CompletionPort.Tells(status))
            {
                operation.Pending(buffer.Pin(), default, cancellationToken);
                return new ValueTask<int>(operation, version);
            }
        }

        operation.Return();
        return AtOnce(OperationKind.Read, status, transferred, cancellationToken);
    }

    /// <summary>Writes all bytes; to a pipe of messages as one message, which may be empty.</summary>
    /// <param name="buffer">Holds the bytes. It is pinned until they are in the pipe.</param>
    /// <param name="cancellationToken">Ends it. What was not read by then is taken back.</param>
    /// <returns>A task that ends when they are.</returns>
#if MODERN
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
#else
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
#endif
    {
        if (!CanWrite)
        {
            throw Errors.NotWritable();
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return new ValueTask(Task.FromCanceled(cancellationToken));
        }

        CheckWriteOperations();
        if (IsNothing(buffer.Span, _transmissionMode))
        {
            return default;
        }

        if (!_overlapped)
        {
            return new ValueTask(WithoutResult(BlockingAsync(
                OperationKind.Write, (MemoryMarshal.AsMemory(buffer), default), NoTimeout, cancellationToken)));
        }

        SafePipeHandle handle = Handle;
        using SafePipeHandle.Use use = handle.Enter();
        PipeOperation operation = PipeOperation.Rent(OperationKind.Write, State, use.Value);
        uint status;
        uint transferred = 0;
        short version = operation.Version;
        fixed (byte* start = &MemoryMarshal.GetReference(buffer.Span))
        {
            if (State.TryBegin())
            {
                status = Native.pipes_write(use.Value, start, (uint)buffer.Length, &transferred, operation.Overlapped);
                State.Begun();
            }
            else
            {
                status = Native.PIPES_ERROR_INVALID_HANDLE;
            }

            if (CompletionPort.Tells(status))
            {
                operation.Pending(buffer.Pin(), default, cancellationToken);
                return new ValueTask(operation, version);
            }
        }

        operation.Return();
        if (status == Native.PIPES_OK)
        {
            return default;
        }

        ValueTask<int> failed = AtOnce(OperationKind.Write, status, transferred, cancellationToken);
        return new ValueTask(failed.AsTask());
    }

    // --------------------------------------------------------------------------------------- what other streams cannot

    /// <summary>Copies what could be read, and takes nothing.</summary>
    /// <param name="buffer">Receives the bytes; of a pipe of messages those of the first message only. May be empty.</param>
    /// <returns>What is there. Never waits.</returns>
    /// <exception cref="IOException">The other end has closed, and everything was read.</exception>
    public PipePeek Peek(Span<byte> buffer)
    {
        CheckReading();
        uint copied;
        uint available;
        uint left;
        using SafePipeHandle.Use use = Handle.Enter();
        fixed (byte* start = &MemoryMarshal.GetReference(buffer))
        {
            uint status = Native.pipes_peek(use.Value, start, (uint)buffer.Length, &copied, &available, &left);
            if (status is Native.PIPES_ERROR_BROKEN_PIPE or Native.PIPES_ERROR_PIPE_NOT_CONNECTED)
            {
                State.Break();
                throw Errors.Broken(status);
            }

            Errors.ThrowIfFailed(status);
        }

        return new PipePeek((int)copied, (int)available, (int)left);
    }

    /// <summary>What could be read, without a copy of it.</summary>
    /// <returns>What is there. Never waits.</returns>
    public PipePeek Peek() => Peek([]);

    /// <summary>Writes a message and reads the answer, as one operation. A pipe of messages, read as such.</summary>
    /// <param name="request">The message.</param>
    /// <param name="reply">Receives the answer; if it is longer, <see cref="IsMessageComplete"/> is false.</param>
    /// <returns>How many bytes of the answer.</returns>
    /// <exception cref="IOException">Something is unread, or the other end has closed.</exception>
    public int Transact(ReadOnlySpan<byte> request, Span<byte> reply) =>
        Transact(request, reply, Timeout.InfiniteTimeSpan, CancellationToken.None);

    /// <summary>Writes a message and reads the answer, as one operation. A pipe of messages, read as such.</summary>
    /// <param name="request">The message.</param>
    /// <param name="reply">Receives the answer; if it is longer, <see cref="IsMessageComplete"/> is false.</param>
    /// <param name="timeout">How long it waits.</param>
    /// <param name="cancellationToken">Ends the waiting. A request that was sent is not taken back.</param>
    /// <returns>How many bytes of the answer.</returns>
    /// <exception cref="TimeoutException">The time is over.</exception>
    public int Transact(
        ReadOnlySpan<byte> request, Span<byte> reply, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        CheckReading();
        CheckWriting();
        cancellationToken.ThrowIfCancellationRequested();
        fixed (byte* sent = &MemoryMarshal.GetReference(request))
        {
            fixed (byte* received = &MemoryMarshal.GetReference(reply))
            {
                uint status = Block(
                    OperationKind.Transact, sent, request.Length, received, reply.Length, milliseconds, cancellationToken,
                    out uint transferred);
                return Result(OperationKind.Transact, status, transferred, cancellationToken);
            }
        }
    }

    /// <summary>Writes a message and reads the answer, as one operation. A pipe of messages, read as such.</summary>
    /// <param name="request">The message. It is pinned until the answer comes.</param>
    /// <param name="reply">Receives the answer; if it is longer, <see cref="IsMessageComplete"/> is false.</param>
    /// <param name="cancellationToken">Ends it. A request that was sent is not taken back.</param>
    /// <returns>How many bytes of the answer.</returns>
    public ValueTask<int> TransactAsync(
        ReadOnlyMemory<byte> request, Memory<byte> reply, CancellationToken cancellationToken = default)
    {
        CheckReading();
        CheckWriting();
        if (cancellationToken.IsCancellationRequested)
        {
            return new ValueTask<int>(Task.FromCanceled<int>(cancellationToken));
        }

        if (!_overlapped)
        {
            return new ValueTask<int>(BlockingAsync(
                OperationKind.Transact, (MemoryMarshal.AsMemory(request), reply), NoTimeout, cancellationToken));
        }

        SafePipeHandle handle = Handle;
        using SafePipeHandle.Use use = handle.Enter();
        PipeOperation operation = PipeOperation.Rent(OperationKind.Transact, State, use.Value);
        uint status;
        uint transferred;
        short version = operation.Version;
        fixed (byte* sent = &MemoryMarshal.GetReference(request.Span))
        {
            fixed (byte* received = &MemoryMarshal.GetReference(reply.Span))
            {
                status = Native.pipes_transact(
                    use.Value, sent, (uint)request.Length, received, (uint)reply.Length, &transferred,
                    operation.Overlapped);
                if (CompletionPort.Tells(status))
                {
                    operation.Pending(request.Pin(), reply.Pin(), cancellationToken);
                    return new ValueTask<int>(operation, version);
                }
            }
        }

        operation.Return();
        return AtOnce(OperationKind.Transact, status, transferred, cancellationToken);
    }

    // -------------------------------------------------------------------------------------------------------- connects

    /// <summary>Waits for a client, on this thread.</summary>
    internal void WaitForClient(uint timeout, CancellationToken token)
    {
        uint status = Block(OperationKind.Connect, null, 0, null, 0, timeout, token, out _);
        _ = Result(OperationKind.Connect, status, 0, token);
    }

    /// <summary>Begins to wait for a client.</summary>
    internal ValueTask WaitForClientAsync(CancellationToken token)
    {
        if (!_overlapped)
        {
            return new ValueTask(BlockingAsync(OperationKind.Connect, default, NoTimeout, token));
        }

        SafePipeHandle handle = Handle;
        using SafePipeHandle.Use use = handle.Enter();
        PipeOperation operation = PipeOperation.Rent(OperationKind.Connect, State, use.Value);
        short version = operation.Version;
        uint status = Native.pipes_connect(use.Value, operation.Overlapped);
        if (CompletionPort.Tells(status))
        {
            operation.Pending(default, default, token);
            return new ValueTask(operation, version);
        }

        operation.Return();
        ValueTask<int> ended = AtOnce(OperationKind.Connect, status, 0, token);
        return ended.IsCompletedSuccessfully ? default : new ValueTask(ended.AsTask());
    }

    // ----------------------------------------------------------------------------------------------------------- inside

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CheckReading()
    {
        if (!CanRead)
        {
            throw Errors.NotReadable();
        }

        CheckReadOperations();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CheckWriting()
    {
        if (!CanWrite)
        {
            throw Errors.NotWritable();
        }

        CheckWriteOperations();
    }

    // No bytes may be a message, but of a stream of bytes they are no part: nothing is to be done, nor waited for.
    private bool IsNothing(ReadOnlySpan<byte> buffer, PipeTransmissionMode mode) =>
        buffer.Length == 0 && mode == PipeTransmissionMode.Byte && (!_fromHandle || IsAlwaysOfBytes);

    private int Read(Span<byte> buffer, uint timeout, CancellationToken token)
    {
        if (IsNothing(buffer, _readMode))
        {
            return 0;
        }

        fixed (byte* start = &MemoryMarshal.GetReference(buffer))
        {
            uint status = Block(OperationKind.Read, start, buffer.Length, null, 0, timeout, token, out uint transferred);
            if (status == Native.PIPES_OK)
            {
                State.IsMessageComplete = true;
                return (int)transferred;
            }

            return Result(OperationKind.Read, status, transferred, token);
        }
    }

    private void Write(ReadOnlySpan<byte> buffer, uint timeout, CancellationToken token)
    {
        if (IsNothing(buffer, _transmissionMode))
        {
            return;
        }

        fixed (byte* start = &MemoryMarshal.GetReference(buffer))
        {
            uint status = Block(OperationKind.Write, start, buffer.Length, null, 0, timeout, token, out uint transferred);
            if (status != Native.PIPES_OK)
            {
                _ = Result(OperationKind.Write, status, transferred, token);
            }
        }
    }

    /// <summary>Does one operation on this thread.</summary>
    private uint Block(
        OperationKind kind,
        byte* buffer,
        int size,
        byte* second,
        int secondSize,
        uint timeout,
        CancellationToken token,
        out uint transferred)
    {
        using SafePipeHandle.Use use = Handle.Enter();
        Call call = new(kind, use.Value, buffer, (uint)size, second, (uint)secondSize);
        bool endless = timeout == NoTimeout && !token.CanBeCanceled;
        uint count = 0;
        uint status;
        if (endless && !(Native.IsWindows && _overlapped))
        {
            status = call.Begin(&count, null);
        }
        else if (_overlapped)
        {
            status = BlockingOperation.Run(State, call, timeout, token, out count);
        }
        else
        {
            status = InterruptibleCall(call, &count, timeout, token);
        }

        transferred = count;
        return status;
    }

    // By itself, so that only whoever comes here pays for the closure.
    private static uint InterruptibleCall(Call call, uint* transferred, uint timeout, CancellationToken token) =>
        BlockingCall.Run(() => call.Begin(transferred, null), timeout, token);

    // For an end that has no overlapped operations: on a thread of the pool, with the buffers pinned meanwhile.
    private uint BlockPinned(
        OperationKind kind, (Memory<byte> Start, Memory<byte> Second) buffers, uint timeout, CancellationToken token,
        out uint transferred)
    {
        using System.Buffers.MemoryHandle start = buffers.Start.Pin();
        using System.Buffers.MemoryHandle second = buffers.Second.Pin();
        return Block(
            kind, (byte*)start.Pointer, buffers.Start.Length, (byte*)second.Pointer, buffers.Second.Length, timeout, token,
            out transferred);
    }

    private int Result(OperationKind kind, uint status, uint transferred, CancellationToken token)
    {
        int result = State.ResultOf(kind, status, transferred, token, out Exception? error);
        return error is null ? result : throw error;
    }

    private ValueTask<int> AtOnce(OperationKind kind, uint status, uint transferred, CancellationToken token)
    {
        int result = State.ResultOf(kind, status, transferred, token, out Exception? error);
        return error is null ? new ValueTask<int>(result) : new ValueTask<int>(Task.FromException<int>(error));
    }
}
