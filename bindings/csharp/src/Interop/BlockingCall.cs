// Calls that have no overlapped form on either system: waiting until the other end has read everything, waiting for an
// instance, and whatever is done to an end that was made without PIPES_FLAG_OVERLAPPED, as anonymous ones are. They block
// a thread, and are ended by cancelling what that thread does.
using System;
using System.Threading;
using System.Threading.Tasks;

namespace Pipes.Interop;

internal sealed class BlockingCall
{
    private readonly object _gate = new();
    private ulong _thread;
    private bool _ended;
    private bool _timedOut;

    /// <summary>Makes <paramref name="call"/> on this thread, for <paramref name="timeout"/> ms at most.</summary>
    /// <returns>Its status, or <see cref="Native.PIPES_ERROR_WAIT_TIMEOUT"/>.</returns>
    public static uint Run(Func<uint> call, uint timeout, CancellationToken token)
    {
        if (timeout == Native.PIPES_INFINITE && !token.CanBeCanceled)
        {
            return call();
        }

        return new BlockingCall().Do(call, timeout, token);
    }

    /// <summary>Makes <paramref name="call"/> on a thread of the pool.</summary>
    public static Task<uint> RunAsync(Func<uint> call, uint timeout, CancellationToken token) =>
        Task.Run(() => Run(call, timeout, token), token);

    private uint Do(Func<uint> call, uint timeout, CancellationToken token)
    {
        if (token.IsCancellationRequested)
        {
            return Native.PIPES_ERROR_OPERATION_ABORTED;
        }

        _thread = Native.pipes_current_thread();
        uint status;
        using (Timer? timer = timeout == Native.PIPES_INFINITE
            ? null
            : new Timer(static made => ((BlockingCall)made!).TimeOut(), this, timeout, Timeout.Infinite))
        using (token.Register(static made => ((BlockingCall)made!).Cancel(), this))
        {
            try
            {
                status = call();
            }
            finally
            {
                lock (_gate)
                {
                    _ended = true;
                }
            }
        }

        return _timedOut && status == Native.PIPES_ERROR_OPERATION_ABORTED && !token.IsCancellationRequested
            ? Native.PIPES_ERROR_WAIT_TIMEOUT
            : status;
    }

    private void TimeOut()
    {
        _timedOut = true;
        Cancel();
    }

    // The thread may not have begun to block yet, so it is asked until its call has ended. Under the gate, so that no
    // later call of the same thread is meant.
    private void Cancel()
    {
        SpinWait wait = default;
        while (true)
        {
            lock (_gate)
            {
                if (_ended)
                {
                    return;
                }

                _ = Native.pipes_cancel_synchronous(_thread);
            }

            wait.SpinOnce();
        }
    }
}
