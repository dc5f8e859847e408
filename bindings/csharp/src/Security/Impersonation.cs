// Acting as the client of a pipe, on one thread.
using System;
using Pipes.Interop;

namespace Pipes;

internal static class Impersonation
{
    public static void Run(SafePipeHandle handle, PipeStreamImpersonationWorker worker) => throw new PlatformNotSupportedException();
}
