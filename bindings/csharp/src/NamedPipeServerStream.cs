// The server's end of a named pipe.
using System;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Pipes.Interop;

namespace Pipes;

/// <summary>What <see cref="NamedPipeServerStream.RunAsClient"/> does as the client.</summary>
#pragma warning disable CA1711 // the name is that of System.IO.Pipes
public delegate void PipeStreamImpersonationWorker();
#pragma warning restore CA1711

/// <summary>The server's end of an instance of a named pipe. The counterpart of System.IO.Pipes.NamedPipeServerStream.</summary>
public sealed class NamedPipeServerStream : PipeStream
{
    /// <summary>As many instances as the system's resources allow.</summary>
    public const int MaxAllowedServerInstances = -1;

    /// <summary>Makes an instance of a pipe for both directions, of bytes, with this instance alone.</summary>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    public NamedPipeServerStream(string pipeName)
        : this(pipeName, PipeDirection.InOut)
    {
    }

    /// <summary>Makes an instance of a pipe of bytes, with this instance alone.</summary>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    public NamedPipeServerStream(string pipeName, PipeDirection direction)
        : this(pipeName, direction, 1)
    {
    }

    /// <summary>Makes an instance of a pipe of bytes.</summary>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="maxNumberOfServerInstances">
    /// How many instances there may be, in all processes: 1 to 254, or <see cref="MaxAllowedServerInstances"/>.
    /// </param>
    public NamedPipeServerStream(string pipeName, PipeDirection direction, int maxNumberOfServerInstances)
        : this(pipeName, direction, maxNumberOfServerInstances, PipeTransmissionMode.Byte)
    {
    }

    /// <summary>Makes an instance of a pipe.</summary>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="maxNumberOfServerInstances">
    /// How many instances there may be, in all processes: 1 to 254, or <see cref="MaxAllowedServerInstances"/>.
    /// </param>
    /// <param name="transmissionMode">How data is written to it, and how this end reads.</param>
    public NamedPipeServerStream(
        string pipeName, PipeDirection direction, int maxNumberOfServerInstances, PipeTransmissionMode transmissionMode)
        : this(pipeName, direction, maxNumberOfServerInstances, transmissionMode, PipeOptions.None)
    {
    }

    /// <summary>Makes an instance of a pipe.</summary>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="maxNumberOfServerInstances">
    /// How many instances there may be, in all processes: 1 to 254, or <see cref="MaxAllowedServerInstances"/>.
    /// </param>
    /// <param name="transmissionMode">How data is written to it, and how this end reads.</param>
    /// <param name="options">How this end is made.</param>
    public NamedPipeServerStream(
        string pipeName, PipeDirection direction, int maxNumberOfServerInstances, PipeTransmissionMode transmissionMode,
        PipeOptions options)
        : this(pipeName, direction, maxNumberOfServerInstances, transmissionMode, options, 0, 0)
    {
    }

    /// <summary>Makes an instance of a pipe.</summary>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="maxNumberOfServerInstances">
    /// How many instances there may be, in all processes: 1 to 254, or <see cref="MaxAllowedServerInstances"/>.
    /// </param>
    /// <param name="transmissionMode">How data is written to it, and how this end reads.</param>
    /// <param name="options">How this end is made.</param>
    /// <param name="inBufferSize">How many bytes from the client may be unread before it waits; 0: none.</param>
    /// <param name="outBufferSize">How many bytes to the client may be unread before this end waits; 0: none.</param>
    public NamedPipeServerStream(
        string pipeName, PipeDirection direction, int maxNumberOfServerInstances, PipeTransmissionMode transmissionMode,
        PipeOptions options, int inBufferSize, int outBufferSize)
        : this(pipeName, direction, maxNumberOfServerInstances, transmissionMode, options, inBufferSize, outBufferSize, null)
    {
    }

    /// <summary>Makes an instance of a pipe.</summary>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="maxNumberOfServerInstances">
    /// How many instances there may be, in all processes: 1 to 254, or <see cref="MaxAllowedServerInstances"/>.
    /// </param>
    /// <param name="transmissionMode">How data is written to it, and how this end reads.</param>
    /// <param name="options">How this end is made.</param>
    /// <param name="inBufferSize">How many bytes from the client may be unread before it waits; 0: none.</param>
    /// <param name="outBufferSize">How many bytes to the client may be unread before this end waits; 0: none.</param>
    /// <param name="pipeSecurity">Who may use the pipe, or null for the default. Counts for the first instance.</param>
    /// <param name="inheritability">Whether child processes inherit the handle.</param>
    /// <param name="additionalAccessRights">
    /// Rights that the handle is to have besides: <see cref="PipeAccessRights.ChangePermissions"/>,
    /// <see cref="PipeAccessRights.TakeOwnership"/>, <see cref="PipeAccessRights.AccessSystemSecurity"/>.
    /// </param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An argument has no meaning, or the name is "anonymous".</exception>
    /// <exception cref="UnauthorizedAccessException">
    /// The pipe exists, and may not be added to, has another direction, or was to be new.
    /// </exception>
    /// <exception cref="IOException">There are as many instances as there may be.</exception>
    public NamedPipeServerStream(
        string pipeName, PipeDirection direction, int maxNumberOfServerInstances, PipeTransmissionMode transmissionMode,
        PipeOptions options, int inBufferSize, int outBufferSize, PipeSecurity? pipeSecurity,
        HandleInheritability inheritability = HandleInheritability.None, PipeAccessRights additionalAccessRights = 0)
        : base(direction, transmissionMode, outBufferSize)
    {
        Arguments.IsName(pipeName, nameof(pipeName));
        Arguments.Check(options);
        Arguments.NotNegative(inBufferSize, nameof(inBufferSize));
        if (maxNumberOfServerInstances != MaxAllowedServerInstances && maxNumberOfServerInstances is < 1 or > 254)
        {
            throw new ArgumentOutOfRangeException(
                nameof(maxNumberOfServerInstances),
                "maxNumberOfServerInstances must either be a value between 1 and 254, or NamedPipeServerStream.MaxAllowedServerInstances.");
        }

        Arguments.Check(inheritability);
        const PipeAccessRights Additional = PipeAccessRights.ChangePermissions | PipeAccessRights.TakeOwnership |
                                            PipeAccessRights.AccessSystemSecurity;
        if ((additionalAccessRights & ~Additional) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(additionalAccessRights));
        }

        if (string.Equals(pipeName, "anonymous", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentOutOfRangeException(nameof(pipeName), "The pipeName \"anonymous\" is reserved.");
        }

        byte[]? descriptor = pipeSecurity?.GetSecurityDescriptorBinaryForm();
        if ((options & PipeOptions.CurrentUserOnly) != 0)
        {
            if (descriptor is not null)
            {
                throw new ArgumentException(
                    "PipeOptions.CurrentUserOnly and a PipeSecurity exclude each other.", nameof(pipeSecurity));
            }

            descriptor = PipeSecurity.ForCurrentUser().GetSecurityDescriptorBinaryForm();
        }

        uint openMode = (uint)direction | Native.PIPES_FLAG_OVERLAPPED | (uint)additionalAccessRights |
                        (uint)(options & (PipeOptions.WriteThrough | PipeOptions.FirstPipeInstance));
        uint pipeMode = transmissionMode == PipeTransmissionMode.Message
            ? Native.PIPES_TYPE_MESSAGE | Native.PIPES_READMODE_MESSAGE
            : Native.PIPES_TYPE_BYTE;
        uint instances = maxNumberOfServerInstances == MaxAllowedServerInstances
            ? Native.PIPES_UNLIMITED_INSTANCES
            : (uint)maxNumberOfServerInstances;
        SafePipeHandle handle = Create(
            PipeNames.Local(pipeName), openMode, pipeMode, instances, (uint)outBufferSize, (uint)inBufferSize, descriptor,
            inheritability);
        try
        {
            InitializeHandle(handle, isExposed: false, (options & PipeOptions.Asynchronous) != 0);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Makes a stream of a handle that exists.</summary>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="isAsync">Whether it was made with PIPES_FLAG_OVERLAPPED.</param>
    /// <param name="isConnected">Whether it is connected.</param>
    /// <param name="safePipeHandle">The handle, which this stream closes.</param>
    public NamedPipeServerStream(PipeDirection direction, bool isAsync, bool isConnected, SafePipeHandle safePipeHandle)
        : base(direction, PipeTransmissionMode.Byte, 0)
    {
        PipeNames.Check(safePipeHandle, nameof(safePipeHandle));
        InitializeHandle(safePipeHandle, isExposed: true, isAsync);
        State.End = isConnected ? EndState.Connected : EndState.WaitingToConnect;
    }

    /// <summary>The name of the client's computer, or null where the client is on this one.</summary>
    public unsafe string? ClientComputerName
    {
        get
        {
            CheckPipePropertyOperations();
            byte* name = stackalloc byte[1024];
            using SafePipeHandle.Use use = Handle.Enter();
            uint status = Native.pipes_get_client_computer_name(use.Value, name, 1024);
            if (status == Native.PIPES_ERROR_NOT_FOUND)
            {
                throw Errors.NotConnectedYet();
            }

            if (status == Native.PIPES_ERROR_PIPE_LOCAL)
            {
                return null;
            }

            Errors.ThrowIfFailed(status);
            return Native.TextOf(name);
        }
    }

    // --------------------------------------------------------------------------------------------------------- clients

    /// <summary>Waits for a client.</summary>
    /// <exception cref="InvalidOperationException">A client is connected.</exception>
    /// <exception cref="IOException">The last client has gone, and <see cref="Disconnect"/> is due.</exception>
    public void WaitForConnection() => WaitForConnection(Timeout.InfiniteTimeSpan, CancellationToken.None);

    /// <summary>Waits for a client.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="cancellationToken">Ends the waiting; a client may still come.</param>
    /// <exception cref="TimeoutException">The time is over; a client may still come.</exception>
    public void WaitForConnection(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        CheckConnectOperations();
        cancellationToken.ThrowIfCancellationRequested();
        bool again = IsConnected;
        WaitForClient(milliseconds, cancellationToken);
        CheckFirst(again);
    }

    /// <summary>Waits for a client.</summary>
    /// <returns>A task that ends when one has come.</returns>
    public Task WaitForConnectionAsync() => WaitForConnectionAsync(CancellationToken.None);

    /// <summary>Waits for a client.</summary>
    /// <param name="cancellationToken">Ends the waiting; a client may still come.</param>
    /// <returns>A task that ends when one has come.</returns>
    public Task WaitForConnectionAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        CheckConnectOperations();
        bool again = IsConnected;
        Task waiting = WaitForClientAsync(cancellationToken).AsTask();
        CheckFirst(again && waiting.Status == TaskStatus.RanToCompletion);
        return waiting;
    }

    /// <summary>Waits for a client.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="cancellationToken">Ends the waiting; a client may still come.</param>
    /// <returns>A task that ends when one has come, with a <see cref="TimeoutException"/> when the time is over.</returns>
    public Task WaitForConnectionAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        CheckConnectOperations();
        bool again = IsConnected;
        Task waiting = Deadline.Run(
            timeout, cancellationToken, this, static (stream, token) => stream.WaitForClientAsync(token)).AsTask();
        CheckFirst(again && waiting.Status == TaskStatus.RanToCompletion);
        return waiting;
    }

    /// <summary>Begins to wait for a client.</summary>
    /// <param name="callback">Is called at the end; may be null.</param>
    /// <param name="state">Is passed on.</param>
    /// <returns>For <see cref="EndWaitForConnection"/>.</returns>
    public IAsyncResult BeginWaitForConnection(AsyncCallback? callback, object? state) =>
        AsyncPattern.Begin(WaitForConnectionAsync(), callback, state);

    /// <summary>Ends what <see cref="BeginWaitForConnection"/> began.</summary>
    /// <param name="asyncResult">What it returned.</param>
#pragma warning disable CA1822 // the framework's is not static either
    public void EndWaitForConnection(IAsyncResult asyncResult) => AsyncPattern.End(asyncResult);
#pragma warning restore CA1822

    /// <summary>Ends the conversation at once; what is unread is lost. Then the next client can be waited for.</summary>
    /// <exception cref="InvalidOperationException">There is no conversation.</exception>
    public void Disconnect()
    {
        switch (State.End)
        {
            case EndState.WaitingToConnect:
                throw Errors.NotConnectedYet();
            case EndState.Disconnected:
                throw new InvalidOperationException("Already in a disconnected state.");
            case EndState.Closed:
                throw Errors.PipeClosed();
        }

        using SafePipeHandle.Use use = Handle.Enter();
        Errors.ThrowIfFailed(Native.pipes_disconnect(use.Value));
        State.End = EndState.Disconnected;
        State.IsMessageComplete = true;
    }

    // -------------------------------------------------------------------------------------------------------- identity

    /// <summary>The name of the user at the client's end. Something must have been read from it.</summary>
    /// <returns>The name.</returns>
    /// <exception cref="IOException">Nothing was read yet, or the client does not let itself be known.</exception>
    public unsafe string GetImpersonationUserName()
    {
        CheckConversation();
        const int Size = 4 * 1024;
        byte* name = stackalloc byte[Size];
        using SafePipeHandle.Use use = Handle.Enter();
        Errors.ThrowIfFailed(Native.pipes_get_state(use.Value, null, null, null, null, name, Size));
        return Native.TextOf(name);
    }

    /// <summary>Runs <paramref name="impersonationWorker"/> with this thread acting as the client.</summary>
    /// <remarks>
    /// Of this thread alone: what the worker hands to threads that exist is done as the process's own user. A thread that
    /// is started meanwhile keeps the client's rights for good on Linux, and the thread pool may start one: so begin no
    /// task in the worker.
    /// </remarks>
    /// <param name="impersonationWorker">What is to be done.</param>
    /// <exception cref="IOException">Nothing was read yet, or the client does not let itself be impersonated.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not act as the client.</exception>
    public void RunAsClient(PipeStreamImpersonationWorker impersonationWorker)
    {
        CheckConversation();
        Arguments.NotNull(impersonationWorker, nameof(impersonationWorker));
        Impersonation.Run(Handle, impersonationWorker);
    }

    /// <summary>Who the client is, without acting as it.</summary>
    /// <returns>Who opened the pipe, or wrote what was read last, as the client lets it be known.</returns>
    public PipeIdentity GetClientIdentity()
    {
        CheckConversation();
        return PipeIdentity.Of(Handle);
    }

    private static unsafe SafePipeHandle Create(
        string name, uint openMode, uint pipeMode, uint instances, uint outBuffer, uint inBuffer, byte[]? descriptor,
        HandleInheritability inheritability)
    {
        nint handle;
        uint status;
        fixed (byte* path = Native.ZeroTerminated(name))
        {
            fixed (byte* security = descriptor)
            {
                SecurityAttributes attributes = new()
                {
                    Size = (uint)sizeof(SecurityAttributes),
                    InheritHandle = inheritability == HandleInheritability.Inheritable ? 1u : 0u,
                    SecurityDescriptor = security,
                    DescriptorSize = (uint)(descriptor?.Length ?? 0),
                };
                status = Native.pipes_create_named(
                    path, openMode, pipeMode, instances, outBuffer, inBuffer, 0, &attributes, &handle, null);
            }
        }

        if (status == Native.PIPES_ERROR_PIPE_BUSY)
        {
            throw new IOException("All pipe instances are busy.", unchecked((int)(0x80070000 | status)));
        }

        Errors.ThrowIfFailed(status, name);
        return new SafePipeHandle(handle, ownsHandle: true);
    }

    private void CheckConnectOperations()
    {
        switch (State.End)
        {
            case EndState.Broken:
                throw Errors.Broken(Native.PIPES_ERROR_NO_DATA);
            case EndState.Closed:
                throw Errors.PipeClosed();
        }
    }

    // Whoever is connected still asks: the client may have left unnoticed, which is an error of its own. None of it waits.
    private static void CheckFirst(bool again)
    {
        if (again)
        {
            throw Errors.AlreadyConnected();
        }
    }

    private void CheckConversation()
    {
        switch (State.End)
        {
            case EndState.WaitingToConnect:
                throw Errors.NotConnectedYet();
            case EndState.Disconnected:
                throw Errors.Disconnected();
            case EndState.Closed:
                throw Errors.PipeClosed();
        }
    }
}
