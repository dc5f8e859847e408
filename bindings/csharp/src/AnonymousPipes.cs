// The two ends of an anonymous pipe, and how a child process comes by one.
using System;
using System.Globalization;
using System.IO;
using Pipes.Interop;

namespace Pipes;

/// <summary>
/// The end of an anonymous pipe that made it. The counterpart of System.IO.Pipes.AnonymousPipeServerStream.
/// </summary>
public sealed class AnonymousPipeServerStream : PipeStream
{
    private readonly SafePipeHandle _clientHandle;
    private bool _clientHandleExposed;
    private string? _clientHandleText;

    /// <summary>Makes a pipe to write to.</summary>
    public AnonymousPipeServerStream()
        : this(PipeDirection.Out, HandleInheritability.None, 0)
    {
    }

    /// <summary>Makes a pipe.</summary>
    /// <param name="direction"><see cref="PipeDirection.In"/> or <see cref="PipeDirection.Out"/>.</param>
    public AnonymousPipeServerStream(PipeDirection direction)
        : this(direction, HandleInheritability.None, 0)
    {
    }

    /// <summary>Makes a pipe.</summary>
    /// <param name="direction"><see cref="PipeDirection.In"/> or <see cref="PipeDirection.Out"/>.</param>
    /// <param name="inheritability">Whether child processes inherit the client's end.</param>
    public AnonymousPipeServerStream(PipeDirection direction, HandleInheritability inheritability)
        : this(direction, inheritability, 0)
    {
    }

    /// <summary>Makes a pipe.</summary>
    /// <param name="direction"><see cref="PipeDirection.In"/> or <see cref="PipeDirection.Out"/>.</param>
    /// <param name="inheritability">Whether child processes inherit the client's end.</param>
    /// <param name="bufferSize">How many bytes may be unread before a write waits; 0: the system decides.</param>
    public AnonymousPipeServerStream(PipeDirection direction, HandleInheritability inheritability, int bufferSize)
        : this(direction, inheritability, bufferSize, null)
    {
    }

    internal AnonymousPipeServerStream(
        PipeDirection direction, HandleInheritability inheritability, int bufferSize, byte[]? descriptor)
        : base(direction, bufferSize)
    {
        AnonymousPipes.Check(direction);
        Arguments.Check(inheritability);
        (SafePipeHandle read, SafePipeHandle write) = AnonymousPipes.Create((uint)bufferSize, descriptor);
        bool reads = direction == PipeDirection.In;
        _clientHandle = reads ? write : read;
        InitializeHandle(reads ? read : write, isExposed: false, isAsync: false);
        if (inheritability == HandleInheritability.Inheritable)
        {
            using SafePipeHandle.Use use = _clientHandle.Enter();
            Errors.ThrowIfFailed(Native.pipes_set_inheritable(use.Value, 1));
        }

        State.End = EndState.Connected;
    }

    /// <summary>Makes a stream of handles that exist.</summary>
    /// <param name="direction"><see cref="PipeDirection.In"/> or <see cref="PipeDirection.Out"/>.</param>
    /// <param name="serverSafePipeHandle">The handle of this end.</param>
    /// <param name="clientSafePipeHandle">The handle of the other one.</param>
    public AnonymousPipeServerStream(
        PipeDirection direction, SafePipeHandle serverSafePipeHandle, SafePipeHandle clientSafePipeHandle)
        : base(direction, 0)
    {
        AnonymousPipes.Check(direction);
        Arguments.NotNull(serverSafePipeHandle, nameof(serverSafePipeHandle));
        Arguments.NotNull(clientSafePipeHandle, nameof(clientSafePipeHandle));
        PipeNames.Check(serverSafePipeHandle, nameof(serverSafePipeHandle));
        PipeNames.Check(clientSafePipeHandle, nameof(clientSafePipeHandle));
        _clientHandle = clientSafePipeHandle;
        _clientHandleExposed = true;
        InitializeHandle(serverSafePipeHandle, isExposed: true, isAsync: false);
        State.End = EndState.Connected;
    }

    /// <summary>The client's end, which is then known to be in other hands.</summary>
    public SafePipeHandle ClientSafePipeHandle
    {
        get
        {
            _clientHandleExposed = true;
            return _clientHandle;
        }
    }

    /// <inheritdoc/>
    public override PipeTransmissionMode TransmissionMode => PipeTransmissionMode.Byte;

    internal override bool IsAlwaysOfBytes => true;

    /// <summary>Always <see cref="PipeTransmissionMode.Byte"/>.</summary>
    /// <exception cref="NotSupportedException">Anything else is set.</exception>
    public override PipeTransmissionMode ReadMode
    {
        set
        {
            CheckPipePropertyOperations();
            AnonymousPipes.CheckReadMode(value);
        }
    }

    /// <summary>The client's end as text, for a child process that inherits it.</summary>
    /// <returns>What <see cref="AnonymousPipeClientStream(PipeDirection, string)"/> takes there.</returns>
    public string GetClientHandleAsString()
    {
        _clientHandleExposed = true;
        return _clientHandleText ??= TextOf(_clientHandle);
    }

    /// <summary>
    /// Closes this process's handle of the client's end. Due once a child has it: else the end of the other process is
    /// never noticed.
    /// </summary>
    public void DisposeLocalCopyOfClientHandle() => _clientHandle.CloseNow();

    private static unsafe string TextOf(SafePipeHandle handle)
    {
        nint native;
        using SafePipeHandle.Use use = handle.Enter();
        Errors.ThrowIfFailed(Native.pipes_get_native_handle(use.Value, &native));
        return ((long)native).ToString(CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // A client end that nobody has asked for is nobody's else to close.
        if (disposing && !_clientHandleExposed)
        {
            _clientHandle?.CloseNow();
        }

        base.Dispose(disposing);
    }
}

/// <summary>
/// The end of an anonymous pipe that was handed over. The counterpart of System.IO.Pipes.AnonymousPipeClientStream.
/// </summary>
public sealed class AnonymousPipeClientStream : PipeStream
{
    /// <summary>Takes an end to read from.</summary>
    /// <param name="pipeHandleAsString">What <see cref="AnonymousPipeServerStream.GetClientHandleAsString"/> told.</param>
    public AnonymousPipeClientStream(string pipeHandleAsString)
        : this(PipeDirection.In, pipeHandleAsString)
    {
    }

    /// <summary>Takes an end.</summary>
    /// <param name="direction"><see cref="PipeDirection.In"/> or <see cref="PipeDirection.Out"/>.</param>
    /// <param name="pipeHandleAsString">What <see cref="AnonymousPipeServerStream.GetClientHandleAsString"/> told.</param>
    /// <exception cref="ArgumentException">It is no number.</exception>
    /// <exception cref="IOException">It is no pipe that goes this way.</exception>
    public AnonymousPipeClientStream(PipeDirection direction, string pipeHandleAsString)
        : base(direction, 0)
    {
        AnonymousPipes.Check(direction);
        Arguments.NotNull(pipeHandleAsString, nameof(pipeHandleAsString));
        if (!long.TryParse(pipeHandleAsString, NumberStyles.Integer, CultureInfo.InvariantCulture, out long native) ||
            native <= 0)
        {
            throw new ArgumentException("Invalid handle.", nameof(pipeHandleAsString));
        }

        Take(AnonymousPipes.Adopt((nint)native), isExposed: false);
    }

    /// <summary>Makes a stream of a handle that exists.</summary>
    /// <param name="direction"><see cref="PipeDirection.In"/> or <see cref="PipeDirection.Out"/>.</param>
    /// <param name="safePipeHandle">The handle, which this stream closes.</param>
    public AnonymousPipeClientStream(PipeDirection direction, SafePipeHandle safePipeHandle)
        : base(direction, 0)
    {
        AnonymousPipes.Check(direction);
        PipeNames.Check(safePipeHandle, nameof(safePipeHandle));
        Take(safePipeHandle, isExposed: true);
    }

    /// <inheritdoc/>
    public override PipeTransmissionMode TransmissionMode => PipeTransmissionMode.Byte;

    internal override bool IsAlwaysOfBytes => true;

    /// <summary>Always <see cref="PipeTransmissionMode.Byte"/>.</summary>
    /// <exception cref="NotSupportedException">Anything else is set.</exception>
    public override PipeTransmissionMode ReadMode
    {
        set
        {
            CheckPipePropertyOperations();
            AnonymousPipes.CheckReadMode(value);
        }
    }

    private void Take(SafePipeHandle handle, bool isExposed)
    {
        InitializeHandle(handle, isExposed, isAsync: false);
        State.End = EndState.Connected;
    }
}

/// <summary>What both ends check, and the calls that make them.</summary>
internal static unsafe class AnonymousPipes
{
    public static void Check(PipeDirection direction)
    {
        if (direction == PipeDirection.InOut)
        {
            throw new NotSupportedException("Anonymous pipes can only be in one direction.");
        }
    }

    public static void CheckReadMode(PipeTransmissionMode value)
    {
        Arguments.Check(value, nameof(value));
        if (value == PipeTransmissionMode.Message)
        {
            throw new NotSupportedException("Anonymous pipes do not support PipeTransmissionMode.Message ReadMode.");
        }
    }

    public static (SafePipeHandle Read, SafePipeHandle Write) Create(uint size, byte[]? descriptor)
    {
        nint read;
        nint write;
        fixed (byte* security = descriptor)
        {
            SecurityAttributes attributes = new()
            {
                Size = (uint)sizeof(SecurityAttributes),
                SecurityDescriptor = security,
                DescriptorSize = (uint)(descriptor?.Length ?? 0),
            };
            Errors.ThrowIfFailed(Native.pipes_create_anonymous(&read, &write, &attributes, size));
        }

        return (new SafePipeHandle(read, ownsHandle: true), new SafePipeHandle(write, ownsHandle: true));
    }

    public static SafePipeHandle Adopt(nint native)
    {
        nint handle;
        uint status = Native.pipes_adopt_native_handle(native, &handle);
        if (status == Native.PIPES_ERROR_INVALID_HANDLE)
        {
            throw new IOException("Invalid handle.", unchecked((int)(0x80070000 | status)));
        }

        Errors.ThrowIfFailed(status);
        return new SafePipeHandle(handle, ownsHandle: true);
    }
}
