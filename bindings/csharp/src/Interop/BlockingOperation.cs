// An overlapped operation that the calling thread waits for itself, because it may give up: at a time-out, or when a
// token is cancelled. It has an event of its own, whose lowest bit keeps it away from the completion port.
using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Pipes.Interop;

/// <summary>One call of the library: what is to be done with which memory.</summary>
internal readonly unsafe struct Call(
    OperationKind kind, nint handle, void* buffer, uint size, void* second, uint secondSize)
{
    public nint Handle => handle;

    public uint Begin(uint* transferred, Overlapped* overlapped) => kind switch
    {
        OperationKind.Read => Native.pipes_read(handle, buffer, size, transferred, overlapped),
        OperationKind.Write => Native.pipes_write(handle, buffer, size, transferred, overlapped),
        OperationKind.Transact =>
            Native.pipes_transact(handle, buffer, size, second, secondSize, transferred, overlapped),
        _ => Native.pipes_connect(handle, overlapped),
    };
}

internal sealed unsafe class BlockingOperation
{
    [ThreadStatic]
    private static BlockingOperation? t_spare;

    private readonly Overlapped* _overlapped;
    private readonly nint _event;
    private nint _handle;

    private BlockingOperation()
    {
        nint made;
        Errors.ThrowIfFailed(Native.pipes_event_create(1, 0, &made));
        _event = made;
        _overlapped = (Overlapped*)Marshal.AllocHGlobal(sizeof(Overlapped));
    }

    ~BlockingOperation()
    {
        if (_event != 0)
        {
            _ = Native.pipes_close(_event);
            Marshal.FreeHGlobal((nint)_overlapped);
        }
    }

    /// <summary>
    /// Does one operation. <see cref="Native.PIPES_ERROR_WAIT_TIMEOUT"/>: it was given up when the time was over;
    /// <see cref="Native.PIPES_ERROR_OPERATION_ABORTED"/>: the token, or whoever closed the handle, ended it.
    /// </summary>
    public static uint Run(
        PipeState state, in Call call, uint timeout, CancellationToken token, out uint transferred)
    {
        BlockingOperation operation = t_spare ?? new BlockingOperation();
        t_spare = null;
        try
        {
            return operation.Do(state, call, timeout, token, out transferred);
        }
        finally
        {
            t_spare = operation;
        }
    }

    private uint Do(PipeState state, in Call call, uint timeout, CancellationToken token, out uint transferred)
    {
        uint count = 0;
        *_overlapped = default;
        _overlapped->Event = _event | 1;
        _handle = call.Handle;
        uint status = Native.PIPES_ERROR_INVALID_HANDLE;
        if (state.TryBegin())
        {
            status = call.Begin(&count, _overlapped);
            state.Begun();
        }

        if (status == Native.PIPES_ERROR_MORE_DATA)
        {
            status = Native.pipes_get_overlapped_result(_handle, _overlapped, &count, 0, 0);
        }
        else if (status == Native.PIPES_ERROR_IO_PENDING)
        {
            status = Wait(timeout, token, &count);
        }

        transferred = count;
        GC.KeepAlive(this);
        return status;
    }

    private uint Wait(uint timeout, CancellationToken token, uint* count)
    {
        uint status;
        bool timedOut = false;
        using (token.Register(static operation => ((BlockingOperation)operation!).Cancel(), this))
        {
            status = Native.pipes_get_overlapped_result(_handle, _overlapped, count, timeout, 0);
            if (status is Native.PIPES_ERROR_WAIT_TIMEOUT or Native.PIPES_ERROR_IO_INCOMPLETE)
            {
                timedOut = true;
                Cancel();
                status = Native.pipes_get_overlapped_result(_handle, _overlapped, count, Native.PIPES_INFINITE, 0);
            }
        }

        return timedOut && status == Native.PIPES_ERROR_OPERATION_ABORTED && !token.IsCancellationRequested
            ? Native.PIPES_ERROR_WAIT_TIMEOUT
            : status;
    }

    private void Cancel() => _ = Native.pipes_cancel_ex(_handle, _overlapped);
}
