// Ownership of a handle of the library.
using System;
using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Win32.SafeHandles;
using Pipes.Interop;

namespace Pipes;

/// <summary>Owns the handle of an end of a pipe. The counterpart of Microsoft.Win32.SafeHandles.SafePipeHandle.</summary>
public sealed class SafePipeHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private int _uses;

    /// <summary>Makes one without a handle.</summary>
    public SafePipeHandle()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Makes one for a handle of the library that exists.</summary>
    /// <param name="preexistingHandle">A handle, as <see cref="SafeHandle.DangerousGetHandle"/> of another gives it.</param>
    /// <param name="ownsHandle">Whether it is closed with this object.</param>
    public SafePipeHandle(IntPtr preexistingHandle, bool ownsHandle)
        : base(ownsHandle) => SetHandle(preexistingHandle);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Native.pipes_close(handle) == Native.PIPES_OK;

    /// <summary>Holds the handle for one call.</summary>
    internal Use Enter() => new(this);

    /// <summary>Closes the handle, and ends the calls and operations that wait with it.</summary>
    internal void CloseNow()
    {
        if (IsClosed || IsInvalid)
        {
            return;
        }

        // Overlapped writes would stay until they are read (CLOSE-5), out of reach of their tokens.
        _ = CancelAll(handle);

        // On Linux a closed handle's value never names another one: closing is safe while others use it, and ends their
        // calls. On Windows a value is used again, so the calls are ended first.
        if (Native.IsWindows)
        {
            bool held = false;
            try
            {
                DangerousAddRef(ref held);
                Dispose();
                SpinWait wait = default;
                while (Volatile.Read(ref _uses) != 0)
                {
                    _ = CancelAll(handle);
                    wait.SpinOnce();
                }
            }
            catch (ObjectDisposedException)
            {
                // Another thread closes it.
            }
            finally
            {
                if (held)
                {
                    DangerousRelease();
                }
            }

            return;
        }

        Dispose();
    }

    private static unsafe uint CancelAll(nint handle) => Native.pipes_cancel_ex(handle, null);

    /// <summary>A handle that stays what it is until this is disposed of.</summary>
    internal readonly ref struct Use
    {
        private readonly SafePipeHandle _handle;

        public Use(SafePipeHandle handle)
        {
            _handle = handle;
            if (Native.IsWindows)
            {
                bool held = false;
                handle.DangerousAddRef(ref held);
                Interlocked.Increment(ref handle._uses);
            }

            Value = handle.DangerousGetHandle();
        }

        public nint Value { get; }

        public void Dispose()
        {
            if (Native.IsWindows)
            {
                Interlocked.Decrement(ref _handle._uses);
                _handle.DangerousRelease();
            }
            else
            {
                GC.KeepAlive(_handle);
            }
        }
    }
}
