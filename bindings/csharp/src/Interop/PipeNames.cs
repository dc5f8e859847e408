// Names of pipes and handles from elsewhere, as the constructors take them.
using System;
using System.IO;

namespace Pipes.Interop;

internal static class PipeNames
{
    private const string Prefix = @"\\.\pipe\";

    public static string Local(string pipeName) => Prefix + pipeName;

    public static string Of(string serverName, string pipeName) =>
        serverName is "." || string.Equals(serverName, "localhost", StringComparison.OrdinalIgnoreCase)
            ? Local(pipeName)
            : $@"\\{serverName}\pipe\{pipeName}";

    public static void Check(SafePipeHandle? safePipeHandle)
    {
        Arguments.NotNull(safePipeHandle, nameof(safePipeHandle));
        if (safePipeHandle!.IsInvalid)
        {
            throw new ArgumentException("Invalid handle.", nameof(safePipeHandle));
        }
    }
}
