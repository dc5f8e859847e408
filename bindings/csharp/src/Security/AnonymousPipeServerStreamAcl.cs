// How .NET makes an anonymous pipe with a security descriptor.
using System.IO;

namespace Pipes;

/// <summary>The counterpart of System.IO.Pipes.AnonymousPipeServerStreamAcl.</summary>
public static class AnonymousPipeServerStreamAcl
{
    /// <summary>Makes a pipe, as the constructor of <see cref="AnonymousPipeServerStream"/> does.</summary>
    /// <param name="direction"><see cref="PipeDirection.In"/> or <see cref="PipeDirection.Out"/>.</param>
    /// <param name="inheritability">Whether child processes inherit the client's end.</param>
    /// <param name="bufferSize">How many bytes may be unread before a write waits; 0: the system decides.</param>
    /// <param name="pipeSecurity">Who may use the pipe, or null for the default.</param>
    /// <returns>The end that made it.</returns>
    public static AnonymousPipeServerStream Create(
        PipeDirection direction, HandleInheritability inheritability, int bufferSize, PipeSecurity? pipeSecurity) =>
        new(direction, inheritability, bufferSize, pipeSecurity?.GetSecurityDescriptorBinaryForm());
}
