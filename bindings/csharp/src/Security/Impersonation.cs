// Acting as the client of a pipe, on one thread.
using System;
using Pipes.Interop;

namespace Pipes;

internal static class Impersonation
{
    /// <summary>Runs <paramref name="worker"/> as the client of <paramref name="handle"/>.</summary>
    public static void Run(SafePipeHandle handle, PipeStreamImpersonationWorker worker)
    {
        uint status;
        using (SafePipeHandle.Use use = handle.Enter())
        {
            status = Native.pipes_impersonate_client(use.Value);
        }

        Errors.ThrowIfFailed(status);
        try
        {
            worker();
        }
        finally
        {
            // IMP-15: whoever cannot go back must not go on.
            if (Native.pipes_revert_to_self() != Native.PIPES_OK)
            {
                Environment.FailFast("This thread could not return from acting as the client of a pipe.");
            }
        }
    }
}
