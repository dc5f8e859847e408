// How .NET, as opposed to .NET Framework, makes a pipe with a security descriptor.
using System.IO;

namespace Pipes;

/// <summary>The counterpart of System.IO.Pipes.NamedPipeServerStreamAcl.</summary>
public static class NamedPipeServerStreamAcl
{
    /// <summary>Makes an instance of a pipe, as the constructor of <see cref="NamedPipeServerStream"/> does.</summary>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="maxNumberOfServerInstances">How many instances there may be, in all processes.</param>
    /// <param name="transmissionMode">How data is written to it, and how this end reads.</param>
    /// <param name="options">How this end is made.</param>
    /// <param name="inBufferSize">How many bytes from the client may be unread before it waits.</param>
    /// <param name="outBufferSize">How many bytes to the client may be unread before this end waits.</param>
    /// <param name="pipeSecurity">Who may use the pipe, or null for the default.</param>
    /// <param name="inheritability">Whether child processes inherit the handle.</param>
    /// <param name="additionalAccessRights">Rights that the handle is to have besides.</param>
    /// <returns>The server's end.</returns>
    public static NamedPipeServerStream Create(
        string pipeName, PipeDirection direction, int maxNumberOfServerInstances, PipeTransmissionMode transmissionMode,
        PipeOptions options, int inBufferSize, int outBufferSize, PipeSecurity? pipeSecurity,
        HandleInheritability inheritability = HandleInheritability.None, PipeAccessRights additionalAccessRights = 0) =>
        new(pipeName, direction, maxNumberOfServerInstances, transmissionMode, options, inBufferSize, outBufferSize,
            pipeSecurity, inheritability, additionalAccessRights);
}
