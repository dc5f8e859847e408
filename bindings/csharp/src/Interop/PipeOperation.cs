// An overlapped operation: the memory that the library writes to, what is pinned for it, and the task that it completes.
//
// An operation is used again once its result was taken. While it is pending the library alone keeps it alive, through a
// GCHandle; it knows the state of its stream but not the stream, so that a stream which everybody has forgotten is
// finalized, and thereby closed, which ends the operation.
//
// Two race to complete one: the thread that began it, which still has to pin the buffer and to register with the token,
// and the thread of the port, which may have its packet already. Whoever comes second does it (`_stage`).
using System;
using System.Buffers;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace Pipes.Interop;

internal enum OperationKind
{
    Read,
    Write,
    Connect,
    Transact,
}

internal sealed unsafe class PipeOperation : IValueTaskSource<int>, IValueTaskSource
{
    private const int Beginning = 0;
    private const int Begun = 1;
    private const int Ended = 2;
    private const int PooledMax = 256;

    private static readonly PipeOperation?[] s_pool = new PipeOperation?[PooledMax];
    private static readonly object s_poolLock = new();
    private static int s_pooled;

    [ThreadStatic]
    private static PipeOperation? t_spare;

    private readonly Overlapped* _overlapped;
    private GCHandle _self;
    private ManualResetValueTaskSourceCore<int> _core;
    private MemoryHandle _buffer;
    private MemoryHandle _secondBuffer;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;
    private PipeState _state = PipeState.None;
    private OperationKind _kind;
    private nint _handle;
    private int _stage;
    private uint _status;
    private uint _transferred;

    private PipeOperation()
    {
        _overlapped = (Overlapped*)Marshal.AllocHGlobal(sizeof(Overlapped));
        *_overlapped = default;
        _self = GCHandle.Alloc(null);
        _overlapped->Operation = GCHandle.ToIntPtr(_self);
    }

    /// <summary>Runs only when no operation is pending, for a pending one is reachable.</summary>
    ~PipeOperation()
    {
        if (_self.IsAllocated)
        {
            _self.Free();
        }

        Marshal.FreeHGlobal((nint)_overlapped);
    }

    /// <summary>What the library is given.</summary>
    public Overlapped* Overlapped => _overlapped;

    public short Version => _core.Version;

    /// <summary>An operation ready to begin.</summary>
    public static PipeOperation Rent(OperationKind kind, PipeState state, nint handle)
    {
        PipeOperation? operation = t_spare;
        if (operation is not null)
        {
            t_spare = null;
        }
        else
        {
            operation = TakePooled() ?? new PipeOperation();
        }

        operation._kind = kind;
        operation._state = state;
        operation._handle = handle;
        operation._stage = Beginning;
        operation._self.Target = operation;
        return operation;
    }

    /// <summary>The call ended at once, and no packet will come.</summary>
    public void Return()
    {
        _self.Target = null;
        _state = PipeState.None;
        Keep();
    }

    /// <summary>The call is pending. From here on the operation may end on another thread.</summary>
    public void Pending(MemoryHandle buffer, MemoryHandle secondBuffer, CancellationToken token)
    {
        _buffer = buffer;
        _secondBuffer = secondBuffer;
        _token = token;
        if (token.CanBeCanceled)
        {
#if MODERN
            _registration = token.UnsafeRegister(static operation => ((PipeOperation)operation!).Cancel(), this);
#else
            _registration = token.Register(
                static operation => ((PipeOperation)operation!).Cancel(), this, useSynchronizationContext: false);
#endif
        }

        if (Interlocked.Exchange(ref _stage, Begun) == Ended)
        {
            Complete();
        }
    }

    /// <summary>The library is done with it.</summary>
    public void End(uint status, uint transferred)
    {
        _status = status;
        _transferred = transferred;
        if (Interlocked.Exchange(ref _stage, Ended) == Begun)
        {
            Complete();
        }
    }

    int IValueTaskSource<int>.GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Recycle();
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        try
        {
            _ = _core.GetResult(token);
        }
        finally
        {
            Recycle();
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private static PipeOperation? TakePooled()
    {
        if (Volatile.Read(ref s_pooled) == 0)
        {
            return null;
        }

        lock (s_poolLock)
        {
            if (s_pooled == 0)
            {
                return null;
            }

            PipeOperation? operation = s_pool[--s_pooled];
            s_pool[s_pooled] = null;
            return operation;
        }
    }

    // By value: were the handle closed and its value another's by now, that one knows no such operation.
    private void Cancel() => _ = Native.pipes_cancel_ex(_handle, _overlapped);

    private void Complete()
    {
        // Waits for a cancellation that is under way, so that none can aim at the operation's next life.
        _registration.Dispose();
        _registration = default;
        _buffer.Dispose();
        _buffer = default;
        _secondBuffer.Dispose();
        _secondBuffer = default;
        PipeState state = _state;
        CancellationToken token = _token;
        _state = PipeState.None;
        _token = default;
        _self.Target = null;

        // Only where that holds up nobody; see CompletionPort.
        _core.RunContinuationsAsynchronously = !CompletionPort.MayInline;
        int result = state.ResultOf(_kind, _status, _transferred, token, out Exception? error);
        if (error is null)
        {
            _core.SetResult(result);
        }
        else
        {
            _core.SetException(error);
        }
    }

    private void Recycle()
    {
        _core.Reset();
        Keep();
    }

    private void Keep()
    {
        if (t_spare is null)
        {
            t_spare = this;
            return;
        }

        if (Volatile.Read(ref s_pooled) == PooledMax)
        {
            return; // the collector takes it
        }

        lock (s_poolLock)
        {
            if (s_pooled < PooledMax)
            {
                s_pool[s_pooled++] = this;
            }
        }
    }
}
