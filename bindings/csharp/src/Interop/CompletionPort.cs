// One completion port for all pipes of the process, and the thread that takes from it.
//
// What awaits an operation goes on on that thread, the leader, itself: handing it to the pool costs more than the whole
// way of a message. And since the leader then comes back for the next packet, it finds that by looking, and neither end
// needs the system (docs/adr/0007). Code that blocks there must hold up nobody else: a second thread sees after a moment
// that the leader has not come back, and puts another in its place; for a while then everything goes to the pool. That
// second thread sleeps unless something has been done in the last moment.
using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Pipes.Interop;

internal static unsafe class CompletionPort
{
    // An operation that succeeds at once is told by the call itself. Not on Windows, where nobody says what becomes of the
    // packet of a read that ends at once with a part of its message: without the mode it always comes.
    private static readonly uint s_modes = Native.PIPES_SKIP_SET_EVENT_ON_HANDLE
        | (Native.IsWindows ? 0 : Native.PIPES_SKIP_COMPLETION_PORT_ON_SUCCESS);

    private const int MomentMs = 10;
    private const int PenaltyMaxMs = 60_000;

    private static readonly object s_lock = new();
    private static readonly ManualResetEventSlim s_busy = new();
    private static nint s_port;

    // Odd while the leader runs what awaited. Written by the leader alone.
    private static int s_turns;
    private static bool s_watched;
    private static int s_leader;
    private static long s_inlineAgain;
    private static int s_penaltyMs = 500;

    [ThreadStatic]
    private static bool t_mayInline;

    /// <summary>Whether what awaits goes on on this thread: it is the leader, and nothing has blocked it lately.</summary>
    public static bool MayInline => t_mayInline;

    /// <summary>
    /// Has the end of <paramref name="handle"/> tell of its operations here. False: it was made without
    /// PIPES_FLAG_OVERLAPPED, and has none.
    /// </summary>
    public static bool Bind(nint handle)
    {
        uint status = Native.pipes_set_notification_modes(handle, s_modes);
        if (status is Native.PIPES_ERROR_INVALID_PARAMETER or Native.PIPES_ERROR_NOT_SUPPORTED)
        {
            return false;
        }

        Errors.ThrowIfFailed(status);
        status = Native.pipes_port_associate(Port(), handle, 0);
        if (status != Native.PIPES_ERROR_INVALID_PARAMETER)
        {
            Errors.ThrowIfFailed(status); // else another stream of this process has bound the end already
        }

        return true;
    }

    /// <summary>Whether the port tells of an operation at a bound end whose call returned <paramref name="status"/>.</summary>
    public static bool Tells(uint status) =>
        status is Native.PIPES_ERROR_IO_PENDING or Native.PIPES_ERROR_MORE_DATA
        || (status == Native.PIPES_OK && Native.IsWindows);

    private static nint Port()
    {
        nint port = Volatile.Read(ref s_port);
        return port != 0 ? port : Create();
    }

    private static nint Create()
    {
        lock (s_lock)
        {
            if (s_port == 0)
            {
                nint port;
                Errors.ThrowIfFailed(Native.pipes_port_create(0, &port));
                Volatile.Write(ref s_port, port);
                Start(Lead, "Pipes completions");
                Start(Watch, "Pipes watchdog");
            }

            return s_port;
        }
    }

    private static void Start(ThreadStart run, string name)
    {
        Thread thread = new(run) { IsBackground = true, Name = name };
        using (ExecutionContext.SuppressFlow())
        {
            thread.Start();
        }
    }

    private static void Lead()
    {
        nint port = Volatile.Read(ref s_port);
        int own = Volatile.Read(ref s_leader);
        int turns = Volatile.Read(ref s_turns);
        while (true)
        {
            uint transferred;
            ulong key;
            Overlapped* overlapped;
            uint status = Native.pipes_port_get(port, &transferred, &key, &overlapped, Native.PIPES_INFINITE);
            if (overlapped == null)
            {
                return; // the port is gone: the process ends
            }

            PipeOperation operation = (PipeOperation)GCHandle.FromIntPtr(overlapped->Operation).Target!;
            if (Volatile.Read(ref s_inlineAgain) != 0 && !IsForgiven())
            {
                operation.End(status, transferred);
                continue;
            }

            Volatile.Write(ref s_turns, ++turns);
            if (!Volatile.Read(ref s_watched))
            {
                Volatile.Write(ref s_watched, true);
                s_busy.Set();
            }

            t_mayInline = true;
            operation.End(status, transferred);
            t_mayInline = false;
            if (Volatile.Read(ref s_leader) != own)
            {
                return; // it took too long, and another leads
            }

            Volatile.Write(ref s_turns, ++turns);
        }
    }

    private static bool IsForgiven()
    {
        if (Now() < Volatile.Read(ref s_inlineAgain))
        {
            return false;
        }

        Volatile.Write(ref s_inlineAgain, 0);
        return true;
    }

    private static void Watch()
    {
        while (true)
        {
            s_busy.Wait();
            s_busy.Reset();
            int before = Volatile.Read(ref s_turns);
            while (true)
            {
                Thread.Sleep(MomentMs);
                int now = Volatile.Read(ref s_turns);
                if (now != before)
                {
                    before = now;
                    continue;
                }

                if ((now & 1) != 0)
                {
                    Replace();
                    before = Volatile.Read(ref s_turns);
                    continue;
                }

                // Whoever begins after this finds that nobody watches; whoever began before it has moved on.
                Volatile.Write(ref s_watched, false);
                Interlocked.MemoryBarrier();
                if (Volatile.Read(ref s_turns) == before)
                {
                    break;
                }

                Volatile.Write(ref s_watched, true);
            }
        }
    }

    private static void Replace()
    {
        Volatile.Write(ref s_inlineAgain, Now() + s_penaltyMs);
        s_penaltyMs = Math.Min(PenaltyMaxMs, s_penaltyMs * 2);

        // A leader that comes back in this very moment goes away all the same: it looks before it goes on.
        Interlocked.Increment(ref s_leader);
        Interlocked.Increment(ref s_turns);
        Start(Lead, "Pipes completions");
    }

    private static long Now() => System.Diagnostics.Stopwatch.GetTimestamp() * 1000 / System.Diagnostics.Stopwatch.Frequency;
}
