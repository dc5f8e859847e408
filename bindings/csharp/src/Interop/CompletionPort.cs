// One completion port for all pipes of the process, and the threads that take from it.
using System.Runtime.InteropServices;
using System.Threading;

namespace Pipes.Interop;

internal static unsafe class CompletionPort
{
    private static readonly object s_lock = new();
    private static nint s_port;

    /// <summary>
    /// Has the end of <paramref name="handle"/> tell of its operations here. False: it was made without
    /// PIPES_FLAG_OVERLAPPED, and has none.
    /// </summary>
    public static bool Bind(nint handle)
    {
        // An operation that ends at once is told by the call itself.
        uint status = Native.pipes_set_notification_modes(
            handle, Native.PIPES_SKIP_COMPLETION_PORT_ON_SUCCESS | Native.PIPES_SKIP_SET_EVENT_ON_HANDLE);
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

                // Nothing of the caller's runs on this thread, so one is enough: it only passes on what has ended.
                Thread thread = new(Run, 256 * 1024) { IsBackground = true, Name = "Pipes completions" };
                Volatile.Write(ref s_port, port);
                thread.Start();
            }

            return s_port;
        }
    }

    private static void Run()
    {
        nint port = Volatile.Read(ref s_port);
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

            ((PipeOperation)GCHandle.FromIntPtr(overlapped->Operation).Target!).End(status, transferred);
        }
    }
}
