// What the ends of all pipes have in common: reading, writing and what can be asked of an end.
using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Pipes.Interop;

namespace Pipes;

/// <summary>
/// An end of a pipe, as a stream. The counterpart of System.IO.Pipes.PipeStream, and beyond it messages on every system,
/// empty ones too, time-outs and cancellation for every call, peeking, transactions and draining.
/// </summary>
/// <remarks>
/// Any thread may read while another writes. Asynchronous operations of a named pipe are overlapped operations of the
/// library: no thread waits for them, and their buffers are pinned, not copied. Asynchronous operations of an anonymous
/// pipe take a thread of the pool while they wait, as do draining and waiting for an instance, which no system can do
/// otherwise.
/// </remarks>
public abstract unsafe partial class PipeStream : Stream
{
    internal const uint NoTimeout = Native.PIPES_INFINITE;

    private readonly PipeDirection _direction;
    private PipeTransmissionMode _transmissionMode;
    private PipeTransmissionMode _readMode;
    private readonly int _outBufferSize;
    private int _readTimeout = Timeout.Infinite;
    private int _writeTimeout = Timeout.Infinite;
    private SafePipeHandle? _handle;
    private bool _overlapped;
    private bool _fromHandle;

    /// <summary>Makes an end without a handle.</summary>
    /// <param name="direction">Which way it goes.</param>
    /// <param name="bufferSize">How many bytes may be unread before a write waits.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument has no meaning.</exception>
    protected PipeStream(PipeDirection direction, int bufferSize)
        : this(direction, PipeTransmissionMode.Byte, bufferSize, nameof(bufferSize))
    {
    }

    /// <summary>Makes an end without a handle.</summary>
    /// <param name="direction">Which way it goes.</param>
    /// <param name="transmissionMode">The type of the pipe.</param>
    /// <param name="outBufferSize">How many bytes may be unread before a write waits.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument has no meaning.</exception>
    protected PipeStream(PipeDirection direction, PipeTransmissionMode transmissionMode, int outBufferSize)
        : this(direction, transmissionMode, outBufferSize, nameof(outBufferSize))
    {
    }

    private PipeStream(PipeDirection direction, PipeTransmissionMode transmissionMode, int outBufferSize, string sizeName)
    {
        Arguments.Check(direction);
        Arguments.Check(transmissionMode, nameof(transmissionMode));
        Arguments.NotNegative(outBufferSize, sizeName);
        Native.Require();
        _direction = direction;
        _transmissionMode = transmissionMode;
        _readMode = transmissionMode;
        _outBufferSize = outBufferSize;
    }

    internal PipeState State { get; } = new();

    // ----------------------------------------------------------------------------------------------------- properties

    /// <inheritdoc/>
    public override bool CanRead => (_direction & PipeDirection.In) != 0;

    /// <inheritdoc/>
    public override bool CanWrite => (_direction & PipeDirection.Out) != 0;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanTimeout => true;

    /// <summary>Not supported: a pipe has no length.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Length => throw Errors.NotSeekable();

    /// <summary>Not supported: a pipe has no position.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Position
    {
        get => throw Errors.NotSeekable();
        set => throw Errors.NotSeekable();
    }

    /// <summary>How long the synchronous reads wait, in milliseconds.</summary>
    public override int ReadTimeout
    {
        get => _readTimeout;
        set => _readTimeout = Arguments.Milliseconds(value, nameof(value));
    }

    /// <summary>How long the synchronous writes wait, in milliseconds.</summary>
    public override int WriteTimeout
    {
        get => _writeTimeout;
        set => _writeTimeout = Arguments.Milliseconds(value, nameof(value));
    }

    /// <summary>Whether this end was made with <see cref="PipeOptions.Asynchronous"/>.</summary>
    public bool IsAsync { get; private set; }

    /// <summary>
    /// Whether this end is connected, as far as it has noticed: that the other end has gone shows at the next use.
    /// </summary>
    public bool IsConnected
    {
        get => State.End == EndState.Connected;
        protected set => State.End = value ? EndState.Connected : EndState.Disconnected;
    }

    /// <summary>Whether the handle was handed out, or came from elsewhere.</summary>
    protected bool IsHandleExposed { get; private set; }

    /// <summary>Whether the last read reached the end of its message.</summary>
    /// <exception cref="InvalidOperationException">Not connected, or not in message read mode.</exception>
    public bool IsMessageComplete
    {
        get
        {
            switch (State.End)
            {
                case EndState.WaitingToConnect:
                    throw Errors.NotConnectedYet();
                case EndState.Disconnected:
                    throw Errors.Disconnected();
            }

            CheckHandle();
            if (_readMode != PipeTransmissionMode.Message)
            {
                throw new InvalidOperationException("ReadMode is not of PipeTransmissionMode.Message.");
            }

            return State.IsMessageComplete;
        }
    }

    /// <summary>The type of the pipe: how data is written to it.</summary>
    public virtual PipeTransmissionMode TransmissionMode
    {
        get
        {
            CheckPipePropertyOperations();
            if (_fromHandle)
            {
                uint flags;
                using SafePipeHandle.Use use = Handle.Enter();
                ThrowIfFailed(Native.pipes_get_info(use.Value, &flags, null, null, null));
                return (flags & Native.PIPES_TYPE_MESSAGE) != 0 ? PipeTransmissionMode.Message : PipeTransmissionMode.Byte;
            }

            return _transmissionMode;
        }
    }

    /// <summary>How this end reads.</summary>
    /// <exception cref="NotSupportedException">Messages are asked for on a pipe of bytes.</exception>
    /// <exception cref="UnauthorizedAccessException">This end was opened without the right.</exception>
    public virtual PipeTransmissionMode ReadMode
    {
        get
        {
            CheckPipePropertyOperations();
            if ((_fromHandle || IsHandleExposed) && !IsAlwaysOfBytes)
            {
                FindReadMode();
            }

            return _readMode;
        }

        set
        {
            CheckPipePropertyOperations();
            Arguments.Check(value, nameof(value));
            SetReadMode(value);
        }
    }

    /// <summary>How many bytes that this end can read may be unread before a write at the other one waits.</summary>
    /// <exception cref="NotSupportedException">This end does not read.</exception>
    public virtual int InBufferSize
    {
        get
        {
            CheckPipePropertyOperations();
            return CanRead ? BufferSize(inbound: true) : throw Errors.NotReadable();
        }
    }

    /// <summary>How many bytes that this end wrote may be unread before a write waits.</summary>
    /// <exception cref="NotSupportedException">This end does not write.</exception>
    public virtual int OutBufferSize
    {
        get
        {
            CheckPipePropertyOperations();
            if (!CanWrite)
            {
                throw Errors.NotWritable();
            }

            // A server end that only writes may not ask (OPEN-26), but knows.
            return _outBufferSize > 0 || !CanRead ? _outBufferSize : BufferSize(inbound: false);
        }
    }

    /// <summary>The handle, which is then known to be in other hands as well.</summary>
    public SafePipeHandle SafePipeHandle
    {
        get
        {
            if (_handle is null)
            {
                throw Errors.NoHandle();
            }

            if (_handle.IsClosed)
            {
                throw Errors.PipeClosed();
            }

            IsHandleExposed = true;
            return _handle;
        }
    }

    /// <summary>The process at the client's end.</summary>
    /// <exception cref="InvalidOperationException">There is no client.</exception>
    public int ClientProcessId => (int)Ask(&Native.pipes_get_client_process_id);

    /// <summary>The log-in session of the client's process; 0 if it is not known.</summary>
    /// <exception cref="InvalidOperationException">There is no client.</exception>
    public int ClientSessionId => (int)Ask(&Native.pipes_get_client_session_id);

    /// <summary>The process that made the server's end.</summary>
    public int ServerProcessId => (int)Ask(&Native.pipes_get_server_process_id);

    /// <summary>The log-in session of the server's process; 0 if it is not known.</summary>
    public int ServerSessionId => (int)Ask(&Native.pipes_get_server_session_id);

    /// <summary>Whether a pipe of this kind can have no messages.</summary>
    internal virtual bool IsAlwaysOfBytes => false;

    internal SafePipeHandle Handle => _handle ?? throw Errors.NotConnectedYet();

    internal bool HasHandle => _handle is { IsClosed: false };

    /// <summary>Whether operations can be pending; else each takes a thread.</summary>
    internal bool IsOverlapped => _overlapped;

    // -------------------------------------------------------------------------------------------------------- draining

    /// <summary>Waits until the other end has read everything that was written so far.</summary>
    /// <exception cref="IOException">The other end has closed.</exception>
    public void WaitForPipeDrain() => WaitForPipeDrain(Timeout.InfiniteTimeSpan, CancellationToken.None);

    /// <summary>Waits until the other end has read everything that was written so far.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TimeoutException">The time is over.</exception>
    public void WaitForPipeDrain(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        CheckDrain();
        cancellationToken.ThrowIfCancellationRequested();
        Drained(BlockingCall.Run(Drain, milliseconds, cancellationToken), cancellationToken);
    }

    /// <summary>Waits until the other end has read everything that was written so far.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends then.</returns>
    public Task WaitForPipeDrainAsync(CancellationToken cancellationToken = default) =>
        WaitForPipeDrainAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Waits until the other end has read everything that was written so far.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends then.</returns>
    public Task WaitForPipeDrainAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        CheckDrain();
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        return NothingUnread() ? Task.CompletedTask : DrainAsync(milliseconds, cancellationToken);
    }

    /// <summary>Does nothing: what is written is on its way at once. Nor does it mind an end that only reads.</summary>
    /// <exception cref="IOException">The other end has closed, and this one knows.</exception>
    public override void Flush() => CheckWriteOperations();

    /// <summary>Does nothing, as <see cref="Flush"/>.</summary>
    /// <param name="cancellationToken">Is not looked at: there is nothing to end.</param>
    /// <returns>A task that has ended.</returns>
    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            CheckWriteOperations();
        }
        catch (Exception error) when (error is InvalidOperationException or IOException)
        {
            return Task.FromException(error);
        }

        return Task.CompletedTask;
    }

    /// <summary>Not supported.</summary>
    /// <param name="offset">Not looked at.</param>
    /// <param name="origin">Not looked at.</param>
    /// <returns>Nothing.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Seek(long offset, SeekOrigin origin) => throw Errors.NotSeekable();

    /// <summary>Not supported.</summary>
    /// <param name="value">Not looked at.</param>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw Errors.NotSeekable();

    // --------------------------------------------------------------------------------------------------------- closing

    /// <summary>
    /// Closes this end at once. What waits ends, with <see cref="ObjectDisposedException"/>; what was written before stays
    /// readable for the other end.
    /// </summary>
    /// <param name="disposing">False when the collector found it.</param>
    protected override void Dispose(bool disposing)
    {
        try
        {
            // The handle has a finalizer of its own.
            if (disposing && State.Close())
            {
                _handle?.CloseNow();
            }
        }
        finally
        {
            base.Dispose(disposing);
        }
    }

    // ------------------------------------------------------------------------------------------------ for what derives

    /// <summary>Gives this end its handle.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="isExposed">Whether others have it as well.</param>
    /// <param name="isAsync">What <see cref="IsAsync"/> tells.</param>
    /// <exception cref="ArgumentException">It should be asynchronous and was made otherwise.</exception>
    protected void InitializeHandle(SafePipeHandle? handle, bool isExposed, bool isAsync)
    {
        if (handle is not null)
        {
            using SafePipeHandle.Use use = handle.Enter();
            _overlapped = CompletionPort.Bind(use.Value);
            if (isAsync && isExposed && !_overlapped)
            {
                throw new ArgumentException("Handle was not opened for asynchronous use.", nameof(handle));
            }
        }

        _handle = handle;
        _fromHandle = isExposed;
        IsHandleExposed = isExposed;
        IsAsync = isAsync;
    }

    /// <summary>Throws unless the properties of the end can be asked for.</summary>
    protected internal virtual void CheckPipePropertyOperations()
    {
        if (State.End == EndState.WaitingToConnect && _handle is null)
        {
            throw Errors.NotConnectedYet();
        }

        CheckHandle();
    }

    /// <summary>Throws unless this end is in a state to be read from. Whether it reads at all is not asked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected internal void CheckReadOperations()
    {
        // What is broken can be read to its end.
        if (State.End is not (EndState.Connected or EndState.Broken) || !HasHandle)
        {
            throw NotUsable();
        }
    }

    /// <summary>Throws unless this end is in a state to be written to. Whether it writes at all is not asked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected internal void CheckWriteOperations()
    {
        if (State.End != EndState.Connected || !HasHandle)
        {
            throw NotUsable();
        }
    }

    /// <summary>Takes over how the pipe is, when it has been found out.</summary>
    internal void Learn(PipeTransmissionMode transmissionMode, PipeTransmissionMode readMode)
    {
        _transmissionMode = transmissionMode;
        _readMode = readMode;
    }

    /// <summary>Makes the call that asks this end for a number.</summary>
    internal uint Ask(delegate*<nint, uint*, uint> call)
    {
        CheckPipePropertyOperations();
        uint answer;
        using SafePipeHandle.Use use = Handle.Enter();
        uint status = call(use.Value, &answer);
        if (status == Native.PIPES_ERROR_NOT_FOUND)
        {
            throw Errors.NotConnectedYet();
        }

        ThrowIfFailed(status);
        return answer;
    }

    /// <summary>Throws unless what was asked of this end succeeded. That the other end has gone may show here.</summary>
    internal void ThrowIfFailed(uint status)
    {
        if (status is Native.PIPES_ERROR_BROKEN_PIPE or Native.PIPES_ERROR_NO_DATA or Native.PIPES_ERROR_PIPE_NOT_CONNECTED)
        {
            State.Break();
            throw Errors.Broken(status);
        }

        Errors.ThrowIfFailed(status);
    }

    private void CheckHandle()
    {
        if (State.End == EndState.Closed || _handle is { IsClosed: true })
        {
            throw Errors.PipeClosed();
        }

        if (_handle is null)
        {
            throw Errors.NoHandle();
        }
    }

    private void CheckDrain()
    {
        CheckWriteOperations();
        if (!CanWrite)
        {
            throw Errors.NotWritable();
        }
    }

    private Exception NotUsable() => State.End switch
    {
        EndState.Closed => Errors.PipeClosed(),
        EndState.WaitingToConnect => Errors.NotConnectedYet(),
        EndState.Disconnected => Errors.Disconnected(),
        _ when _handle is null => Errors.NoHandle(),
        _ when _handle.IsClosed => Errors.PipeClosed(),
        _ => Errors.Broken(Native.PIPES_ERROR_NO_DATA),
    };

    // Whoever else has the handle may have changed it. An end that only writes may not ask, nor does it matter there.
    private void FindReadMode()
    {
        uint mode;
        using SafePipeHandle.Use use = Handle.Enter();
        if (Native.pipes_get_state(use.Value, &mode, null, null, null, null, 0) == Native.PIPES_OK)
        {
            _readMode = (mode & Native.PIPES_READMODE_MESSAGE) != 0 ? PipeTransmissionMode.Message : PipeTransmissionMode.Byte;
        }
    }

    private void SetReadMode(PipeTransmissionMode value)
    {
        uint mode = value == PipeTransmissionMode.Message ? Native.PIPES_READMODE_MESSAGE : Native.PIPES_READMODE_BYTE;
        using SafePipeHandle.Use use = Handle.Enter();
        uint status = Native.pipes_set_state(use.Value, &mode, null, null);
        if (status == Native.PIPES_ERROR_INVALID_PARAMETER)
        {
            throw new NotSupportedException("A pipe of bytes has no messages to read.");
        }

        ThrowIfFailed(status);
        _readMode = value;
    }

    private int BufferSize(bool inbound)
    {
        // The quotas are named as the server sees them, on both ends (INFO-2).
        uint flags;
        uint outbound;
        uint into;
        using SafePipeHandle.Use use = Handle.Enter();
        ThrowIfFailed(Native.pipes_get_info(use.Value, &flags, &outbound, &into, null));
        bool server = (flags & Native.PIPES_SERVER_END) != 0;
        return (int)(inbound == server ? into : outbound);
    }

    private uint Drain()
    {
        using SafePipeHandle.Use use = Handle.Enter();
        return Native.pipes_flush(use.Value);
    }

    // No thread is needed to wait for what has happened already.
    private bool NothingUnread()
    {
        LocalInfo info = default;
        info.Size = (uint)sizeof(LocalInfo);
        using SafePipeHandle.Use use = Handle.Enter();
        return Native.pipes_get_local_info(use.Value, &info) == Native.PIPES_OK &&
               info.State == Native.PIPES_STATE_CONNECTED &&
               (info.End == Native.PIPES_SERVER_END ? info.OutboundQuota : info.InboundQuota) is var quota && quota != 0 &&
               info.WriteQuotaAvailable == quota;
    }

    private void Drained(uint status, CancellationToken token)
    {
        if (status != Native.PIPES_OK)
        {
            _ = State.ResultOf(OperationKind.Write, status, 0, token, out Exception? error);
            throw error!;
        }
    }
}
