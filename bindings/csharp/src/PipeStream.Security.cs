// Who may do what to the pipe, asked and changed through an end of it.
using System;
using Pipes.Interop;

namespace Pipes;

public abstract unsafe partial class PipeStream
{
    /// <summary>Who may do what to the pipe.</summary>
    /// <returns>A copy: changing it changes nothing until <see cref="SetAccessControl"/>.</returns>
    /// <exception cref="UnauthorizedAccessException">This end was opened without the right to read it.</exception>
    public PipeSecurity GetAccessControl()
    {
        CheckPipePropertyOperations();
        void* descriptor;
        uint size;
        using SafePipeHandle.Use use = Handle.Enter();
        Errors.ThrowIfFailed(Native.pipes_get_security(use.Value, PipeSecurity.Readable, &descriptor, &size));
        try
        {
            return PipeSecurity.Of(new ReadOnlySpan<byte>(descriptor, (int)size));
        }
        finally
        {
            Native.pipes_sd_free(descriptor);
        }
    }

    /// <summary>Changes who may do what to the pipe, for whoever opens it from now on.</summary>
    /// <param name="pipeSecurity">What was changed in it since it was made or asked for counts.</param>
    /// <exception cref="UnauthorizedAccessException">
    /// This end was made without the right: see the constructors with additional or desired rights.
    /// </exception>
    public void SetAccessControl(PipeSecurity pipeSecurity)
    {
        Arguments.NotNull(pipeSecurity, nameof(pipeSecurity));
        CheckPipePropertyOperations();
        uint changed = pipeSecurity.Changed;
        if (changed == 0)
        {
            return;
        }

        byte[] bytes = pipeSecurity.GetSecurityDescriptorBinaryForm();
        using SafePipeHandle.Use use = Handle.Enter();
        fixed (byte* descriptor = bytes)
        {
            Errors.ThrowIfFailed(Native.pipes_set_security(use.Value, changed, descriptor, (uint)bytes.Length));
        }

        pipeSecurity.Changed = 0;
    }
}
