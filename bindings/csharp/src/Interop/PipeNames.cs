// Names of pipes and handles from elsewhere, as the constructors take them.
using System;
using System.IO;

namespace Pipes.Interop;

internal static class PipeNames
{
    private const string Prefix = @"\\.\pipe\";

    /// <summary>The name of a pipe of this computer in full; what is a full name already is taken as it is.</summary>
    public static string Local(string pipeName) => IsFull(pipeName) ? pipeName : Prefix + pipeName;

    public static string Of(string serverName, string pipeName) =>
        serverName is "." || string.Equals(serverName, "localhost", StringComparison.OrdinalIgnoreCase)
            ? Local(pipeName)
            : $@"\\{serverName}\pipe\{pipeName}";

    private static bool IsFull(string pipeName) =>
        pipeName.StartsWith(@"\\", StringComparison.Ordinal) || pipeName.StartsWith("//", StringComparison.Ordinal);

    public static void Check(SafePipeHandle? handle, string name)
    {
        Arguments.NotNull(handle, name);
        if (handle!.IsInvalid)
        {
            throw new ArgumentException("Invalid handle.", name);
        }
    }
}
