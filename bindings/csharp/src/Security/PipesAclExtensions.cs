// Members of PipeStream, as .NET, as opposed to .NET Framework, has them.
using System;
using Pipes.Interop;

namespace Pipes;

/// <summary>The counterpart of System.IO.Pipes.PipesAclExtensions: what it adds is a member of <see cref="PipeStream"/> here.</summary>
public static class PipesAclExtensions
{
    /// <summary>Who may do what to the pipe: <see cref="PipeStream.GetAccessControl"/>.</summary>
    /// <param name="stream">An end of it.</param>
    /// <returns>A copy.</returns>
    public static PipeSecurity GetAccessControl(this PipeStream stream)
    {
        Arguments.NotNull(stream, nameof(stream));
        return stream.GetAccessControl();
    }

    /// <summary>Changes who may do what to the pipe: <see cref="PipeStream.SetAccessControl"/>.</summary>
    /// <param name="stream">An end of it.</param>
    /// <param name="pipeSecurity">What was changed in it counts.</param>
    public static void SetAccessControl(this PipeStream stream, PipeSecurity pipeSecurity)
    {
        Arguments.NotNull(stream, nameof(stream));
        stream.SetAccessControl(pipeSecurity);
    }
}
