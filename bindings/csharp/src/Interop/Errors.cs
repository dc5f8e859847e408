// What a status becomes: the exceptions that System.IO.Pipes throws, with the Win32 number in HResult.
using System;
using System.IO;

namespace Pipes.Interop;

internal static class Errors
{
    /// <summary>The exception for a status that no caller of ours treats in a way of its own.</summary>
    public static Exception Of(uint status, string? name = null)
    {
        string message = name is null ? Native.MessageOf(status) : $"{Native.MessageOf(status)} ({name})";
        return status switch
        {
            Native.PIPES_ERROR_FILE_NOT_FOUND => new FileNotFoundException(message, name),
            Native.PIPES_ERROR_PATH_NOT_FOUND => new DirectoryNotFoundException(message),
            Native.PIPES_ERROR_ACCESS_DENIED or Native.PIPES_ERROR_PRIVILEGE_NOT_HELD => new UnauthorizedAccessException(message),
            Native.PIPES_ERROR_INVALID_HANDLE => new ObjectDisposedException(null, "Cannot access a closed pipe."),
            Native.PIPES_ERROR_NOT_ENOUGH_MEMORY => new InsufficientMemoryException(message),
            Native.PIPES_ERROR_NOT_SUPPORTED => new PlatformNotSupportedException(message),
            Native.PIPES_ERROR_FILENAME_EXCED_RANGE => new PathTooLongException(message),
            Native.PIPES_ERROR_SEM_TIMEOUT or Native.PIPES_ERROR_WAIT_TIMEOUT => new TimeoutException(message),
            Native.PIPES_ERROR_OPERATION_ABORTED => new OperationCanceledException(message),
            _ => new IOException(message, unchecked((int)(0x80070000 | status))),
        };
    }

    public static void ThrowIfFailed(uint status, string? name = null)
    {
        if (status != Native.PIPES_OK)
        {
            throw Of(status, name);
        }
    }

    public static ObjectDisposedException PipeClosed() => new(null, "Cannot access a closed pipe.");

    public static InvalidOperationException NotConnectedYet() => new("Pipe hasn't been connected yet.");

    public static InvalidOperationException NoHandle() =>
        new("Pipe handle has not been set.  Did your PipeStream implementation call InitializeHandle?");

    public static InvalidOperationException Disconnected() => new("Pipe is in a disconnected state.");

    public static InvalidOperationException AlreadyConnected() => new("Already in a connected state.");

    public static NotSupportedException NotReadable() => new("Stream does not support reading.");

    public static NotSupportedException NotWritable() => new("Stream does not support writing.");

    public static NotSupportedException NotSeekable() => new("Stream does not support seeking.");

    public static TimeoutException TimedOut() => new("The operation has timed out.");

    public static IOException Broken(uint status) =>
        new("Pipe is broken.", unchecked((int)(0x80070000 | status)));
}
