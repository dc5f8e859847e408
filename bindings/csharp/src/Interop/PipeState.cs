// What is known of one end, shared by its stream and its pending operations.
using System;
using System.Threading;

namespace Pipes.Interop;

internal enum EndState
{
    WaitingToConnect,
    Connected,
    Broken,
    Disconnected,
    Closed,
}

internal sealed class PipeState
{
    public static readonly PipeState None = new();

    private int _end = (int)EndState.WaitingToConnect;
    private int _beginning;

    /// <summary>Where the end stands. What is closed stays closed.</summary>
    public EndState End
    {
        get => (EndState)Volatile.Read(ref _end);
        set
        {
            int seen = Volatile.Read(ref _end);
            while (seen != (int)EndState.Closed)
            {
                int found = Interlocked.CompareExchange(ref _end, (int)value, seen);
                if (found == seen)
                {
                    return;
                }

                seen = found;
            }
        }
    }

    /// <summary>Whether the last read reached the end of its message.</summary>
    public bool IsMessageComplete { get; set; } = true;

    /// <summary>The other end is gone. Says nothing of a conversation that is over or has not begun.</summary>
    public void Break() => Interlocked.CompareExchange(ref _end, (int)EndState.Broken, (int)EndState.Connected);

    /// <summary>
    /// Announces that an operation begins which closing the handle would not end, so that whoever closes waits until it
    /// can be cancelled. <see cref="Begun"/> is due then. False: it is closed already.
    /// </summary>
    public bool TryBegin()
    {
        Interlocked.Increment(ref _beginning);
        if (End != EndState.Closed)
        {
            return true;
        }

        Begun();
        return false;
    }

    /// <summary>The operation has begun.</summary>
    public void Begun() => Interlocked.Decrement(ref _beginning);

    /// <summary>Closes. Returns whether it was open.</summary>
    public bool Close()
    {
        if (Interlocked.Exchange(ref _end, (int)EndState.Closed) == (int)EndState.Closed)
        {
            return false;
        }

        SpinWait wait = default;
        while (Volatile.Read(ref _beginning) != 0)
        {
            wait.SpinOnce();
        }

        return true;
    }

    /// <summary>What an operation that ended with <paramref name="status"/> comes to: bytes, or an exception.</summary>
    public int ResultOf(
        OperationKind kind, uint status, uint transferred, CancellationToken token, out Exception? error)
    {
        error = null;
        switch (status)
        {
            case Native.PIPES_OK:
                if (kind is OperationKind.Read or OperationKind.Transact)
                {
                    IsMessageComplete = true;
                }
                else if (kind == OperationKind.Connect)
                {
                    End = EndState.Connected;
                }

                return (int)transferred;
            case Native.PIPES_ERROR_MORE_DATA when kind is OperationKind.Read or OperationKind.Transact:
                IsMessageComplete = false;
                return (int)transferred;
            case Native.PIPES_ERROR_PIPE_CONNECTED when kind == OperationKind.Connect:
                End = EndState.Connected;
                return 0;
        }

        error = ErrorOf(kind, status, token);
        return 0;
    }

    private Exception? ErrorOf(OperationKind kind, uint status, CancellationToken token)
    {
        if (End == EndState.Closed)
        {
            return Errors.PipeClosed();
        }

        switch (status)
        {
            case Native.PIPES_ERROR_OPERATION_ABORTED:
                return new OperationCanceledException(Native.MessageOf(status), token);
            case Native.PIPES_ERROR_BROKEN_PIPE or Native.PIPES_ERROR_PIPE_NOT_CONNECTED when kind == OperationKind.Read:
                Break();
                IsMessageComplete = true;
                return null; // the end
            case Native.PIPES_ERROR_BROKEN_PIPE or Native.PIPES_ERROR_NO_DATA or Native.PIPES_ERROR_PIPE_NOT_CONNECTED
                when kind is OperationKind.Write or OperationKind.Transact:
                Break();
                return Errors.Broken(status);
            case Native.PIPES_ERROR_NO_DATA when kind == OperationKind.Connect:
                Break();
                return Errors.Broken(status);
            default:
                return Errors.Of(status);
        }
    }
}
