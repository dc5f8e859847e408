// The client's end of a named pipe.
using System;
using System.Diagnostics;
using System.IO;
using System.Security.Principal;
using System.Threading;
using System.Threading.Tasks;
using Pipes.Interop;

namespace Pipes;

/// <summary>The client's end of an instance of a named pipe. The counterpart of System.IO.Pipes.NamedPipeClientStream.</summary>
public sealed class NamedPipeClientStream : PipeStream
{
    private const int PauseMax = 32;

    private readonly string? _path;
    private readonly uint _access;
    private readonly PipeOptions _options;
    private readonly TokenImpersonationLevel _impersonationLevel;
    private readonly HandleInheritability _inheritability;

    /// <summary>Makes a client for both directions of a pipe of this computer.</summary>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    public NamedPipeClientStream(string pipeName)
        : this(".", pipeName)
    {
    }

    /// <summary>Makes a client for both directions.</summary>
    /// <param name="serverName">The computer; "." is this one.</param>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    public NamedPipeClientStream(string serverName, string pipeName)
        : this(serverName, pipeName, PipeDirection.InOut)
    {
    }

    /// <summary>Makes a client.</summary>
    /// <param name="serverName">The computer; "." is this one.</param>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    public NamedPipeClientStream(string serverName, string pipeName, PipeDirection direction)
        : this(serverName, pipeName, direction, PipeOptions.None)
    {
    }

    /// <summary>Makes a client.</summary>
    /// <param name="serverName">The computer; "." is this one.</param>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="options">How this end is made.</param>
    public NamedPipeClientStream(string serverName, string pipeName, PipeDirection direction, PipeOptions options)
        : this(serverName, pipeName, direction, options, TokenImpersonationLevel.None)
    {
    }

    /// <summary>Makes a client.</summary>
    /// <param name="serverName">The computer; "." is this one.</param>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="options">How this end is made.</param>
    /// <param name="impersonationLevel">How far the server may act as this client.</param>
    public NamedPipeClientStream(
        string serverName, string pipeName, PipeDirection direction, PipeOptions options,
        TokenImpersonationLevel impersonationLevel)
        : this(serverName, pipeName, direction, options, impersonationLevel, HandleInheritability.None)
    {
    }

    /// <summary>Makes a client.</summary>
    /// <param name="serverName">The computer; "." is this one.</param>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="options">How this end is made.</param>
    /// <param name="impersonationLevel">How far the server may act as this client.</param>
    /// <param name="inheritability">Whether child processes inherit the handle.</param>
    public NamedPipeClientStream(
        string serverName, string pipeName, PipeDirection direction, PipeOptions options,
        TokenImpersonationLevel impersonationLevel, HandleInheritability inheritability)
        : this(serverName, pipeName, direction, AccessOf(direction), options, impersonationLevel, inheritability)
    {
    }

    /// <summary>Makes a client with certain rights, such as to change the read mode of a pipe that it only reads.</summary>
    /// <param name="serverName">The computer; "." is this one.</param>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>.</param>
    /// <param name="desiredAccessRights">The rights, of which the direction follows.</param>
    /// <param name="options">How this end is made.</param>
    /// <param name="impersonationLevel">How far the server may act as this client.</param>
    /// <param name="inheritability">Whether child processes inherit the handle.</param>
    public NamedPipeClientStream(
        string serverName, string pipeName, PipeAccessRights desiredAccessRights, PipeOptions options,
        TokenImpersonationLevel impersonationLevel, HandleInheritability inheritability)
        : this(
            serverName, pipeName, DirectionOf(desiredAccessRights), (uint)desiredAccessRights, options, impersonationLevel,
            inheritability)
    {
    }

    /// <summary>Makes a stream of a handle that exists.</summary>
    /// <param name="direction">Which way it goes, as this end sees it.</param>
    /// <param name="isAsync">Whether it was made with PIPES_FLAG_OVERLAPPED.</param>
    /// <param name="isConnected">Whether it is connected, which it is.</param>
    /// <param name="safePipeHandle">The handle, which this stream closes.</param>
    public NamedPipeClientStream(PipeDirection direction, bool isAsync, bool isConnected, SafePipeHandle safePipeHandle)
        : base(direction, PipeTransmissionMode.Byte, 0)
    {
        PipeNames.Check(safePipeHandle, nameof(safePipeHandle));
        InitializeHandle(safePipeHandle, isExposed: true, isAsync);
        State.End = isConnected ? EndState.Connected : EndState.WaitingToConnect;
    }

    private NamedPipeClientStream(
        string serverName, string pipeName, PipeDirection direction, uint access, PipeOptions options,
        TokenImpersonationLevel impersonationLevel, HandleInheritability inheritability)
        : base(direction, PipeTransmissionMode.Byte, 0)
    {
        Arguments.IsName(pipeName, nameof(pipeName));
        Arguments.IsName(serverName, nameof(serverName));
        Arguments.Check(options);
        if ((options & PipeOptions.FirstPipeInstance) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(options), "PipeOptions.FirstPipeInstance is for servers.");
        }

        if (impersonationLevel is < TokenImpersonationLevel.None or > TokenImpersonationLevel.Delegation)
        {
            throw new ArgumentOutOfRangeException(
                nameof(impersonationLevel),
                "TokenImpersonationLevel.None, TokenImpersonationLevel.Anonymous, TokenImpersonationLevel.Identification, TokenImpersonationLevel.Impersonation or TokenImpersonationLevel.Delegation required.");
        }

        Arguments.Check(inheritability);

        if (string.Equals(pipeName, "anonymous", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentOutOfRangeException(nameof(pipeName), "The pipeName \"anonymous\" is reserved.");
        }

        _path = PipeNames.Of(serverName, pipeName);
        _access = access;
        _options = options;
        _impersonationLevel = impersonationLevel;
        _inheritability = inheritability;
    }

    /// <summary>How many instances of the pipe exist, in all processes.</summary>
    public unsafe int NumberOfServerInstances
    {
        get
        {
            CheckPipePropertyOperations();
            uint instances;
            using SafePipeHandle.Use use = Handle.Enter();
            ThrowIfFailed(Native.pipes_get_state(use.Value, null, &instances, null, null, null, 0));
            return (int)instances;
        }
    }

    /// <summary>Opens the pipe, transacts once, and closes it.</summary>
    /// <param name="serverName">The computer; "." is this one.</param>
    /// <param name="pipeName">The name, without <c>\\.\pipe\</c>, of a pipe of messages.</param>
    /// <param name="request">The message.</param>
    /// <param name="reply">Receives the answer.</param>
    /// <param name="timeout">How long it waits for an instance.</param>
    /// <returns>How many bytes of the answer.</returns>
    /// <exception cref="FileNotFoundException">There is no such pipe.</exception>
    /// <exception cref="TimeoutException">No instance was free in time.</exception>
    /// <exception cref="IOException">
    /// The answer is longer than <paramref name="reply"/>, which holds its beginning (ERROR_MORE_DATA, 234); the rest is
    /// lost. Or the pipe is not one of messages, or the server has gone.
    /// </exception>
    public static unsafe int Call(
        string serverName, string pipeName, ReadOnlySpan<byte> request, Span<byte> reply, TimeSpan timeout)
    {
        Arguments.IsName(pipeName, nameof(pipeName));
        Arguments.IsName(serverName, nameof(serverName));
        uint milliseconds = Math.Max(1, Arguments.Milliseconds(timeout, nameof(timeout)));
        Native.Require();
        uint transferred;
        string name = PipeNames.Of(serverName, pipeName);
        fixed (byte* path = Native.ZeroTerminated(name))
        {
            fixed (byte* sent = request)
            {
                fixed (byte* received = reply)
                {
                    uint status = Native.pipes_call(
                        path, sent, (uint)request.Length, received, (uint)reply.Length, &transferred, milliseconds);
                    Errors.ThrowIfFailed(status, name);
                }
            }
        }

        return (int)transferred;
    }

    /// <summary>
    /// Waits for the pipe and for an instance that is free, and connects to it. A client that has seen its server leave may
    /// connect again.
    /// </summary>
    public void Connect() => Connect(Timeout.Infinite);

    /// <summary>Waits for the pipe and for an instance that is free, and connects to it.</summary>
    /// <param name="timeout">How long, in milliseconds.</param>
    /// <exception cref="TimeoutException">The time is over.</exception>
    public void Connect(int timeout)
    {
        CheckConnectOperations();
        Connect(TimeOf(timeout));
    }

    /// <summary>Waits for the pipe and for an instance that is free, and connects to it.</summary>
    /// <param name="timeout">How long.</param>
    /// <exception cref="TimeoutException">The time is over.</exception>
    /// <exception cref="InvalidOperationException">It is connected.</exception>
    /// <exception cref="UnauthorizedAccessException">The pipe does not admit this client, or not these rights.</exception>
    public void Connect(TimeSpan timeout) => Connect(timeout, CancellationToken.None);

    /// <summary>Waits for the pipe and for an instance that is free, and connects to it.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TimeoutException">The time is over.</exception>
    public void Connect(TimeSpan timeout, CancellationToken cancellationToken)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        CheckConnectOperations();
        Stopwatch time = Stopwatch.StartNew();
        int pause = 1;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            uint status = TryConnect();
            if (status == Native.PIPES_OK)
            {
                return;
            }

            uint left = Left(milliseconds, time);
            if (status == Native.PIPES_ERROR_PIPE_BUSY)
            {
                Waited(BlockingCall.Run(() => WaitAvailable(left), Native.PIPES_INFINITE, cancellationToken), cancellationToken);
            }
            else if (cancellationToken.WaitHandle.WaitOne((int)Math.Min(left, (uint)pause)))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            pause = Math.Min(PauseMax, pause * 2);
        }
    }

    /// <summary>Waits for the pipe and for an instance that is free, and connects to it.</summary>
    /// <returns>A task that ends then.</returns>
    public Task ConnectAsync() => ConnectAsync(Timeout.Infinite, CancellationToken.None);

    /// <summary>Waits for the pipe and for an instance that is free, and connects to it.</summary>
    /// <param name="timeout">How long, in milliseconds.</param>
    /// <returns>A task that ends then, with a <see cref="TimeoutException"/> when the time is over.</returns>
    public Task ConnectAsync(int timeout) => ConnectAsync(timeout, CancellationToken.None);

    /// <summary>Waits for the pipe and for an instance that is free, and connects to it.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends then.</returns>
    public Task ConnectAsync(CancellationToken cancellationToken) => ConnectAsync(Timeout.Infinite, cancellationToken);

    /// <summary>Waits for the pipe and for an instance that is free, and connects to it.</summary>
    /// <param name="timeout">How long, in milliseconds.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends then, with a <see cref="TimeoutException"/> when the time is over.</returns>
    public Task ConnectAsync(int timeout, CancellationToken cancellationToken)
    {
        CheckConnectOperations();
        return ConnectAsync(TimeOf(timeout), cancellationToken);
    }

    /// <summary>Waits for the pipe and for an instance that is free, and connects to it.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends then, with a <see cref="TimeoutException"/> when the time is over.</returns>
    public Task ConnectAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        uint milliseconds = Arguments.Milliseconds(timeout, nameof(timeout));
        CheckConnectOperations();
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled(cancellationToken)
            : ConnectAsync(milliseconds, cancellationToken);
    }

    /// <inheritdoc/>
    protected internal override void CheckPipePropertyOperations()
    {
        base.CheckPipePropertyOperations();
        switch (State.End)
        {
            case EndState.WaitingToConnect:
                throw Errors.NotConnectedYet();
            case EndState.Broken:
                throw Errors.Broken(Native.PIPES_ERROR_BROKEN_PIPE);
        }
    }

    private static TimeSpan TimeOf(int timeout) => timeout is >= 0 or Timeout.Infinite
        ? TimeSpan.FromMilliseconds(timeout)
        : throw new ArgumentOutOfRangeException(nameof(timeout), "Timeout must be non-negative or equal to -1 (Timeout.Infinite)");

    private static uint AccessOf(PipeDirection direction)
    {
        Arguments.Check(direction);
        return ((direction & PipeDirection.In) != 0 ? Native.PIPES_GENERIC_READ : 0) |
               ((direction & PipeDirection.Out) != 0 ? Native.PIPES_GENERIC_WRITE : 0);
    }

    private static PipeDirection DirectionOf(PipeAccessRights desiredAccessRights)
    {
        const PipeAccessRights Known = PipeAccessRights.FullControl | PipeAccessRights.AccessSystemSecurity;
        PipeDirection direction = ((desiredAccessRights & PipeAccessRights.ReadData) != 0 ? PipeDirection.In : 0) |
                                  ((desiredAccessRights & PipeAccessRights.WriteData) != 0 ? PipeDirection.Out : 0);
        return (desiredAccessRights & ~Known) == 0 && direction != 0
            ? direction
            : throw new ArgumentOutOfRangeException(nameof(desiredAccessRights), "Rights that read or write are needed.");
    }

    private static uint Left(uint timeout, Stopwatch time)
    {
        if (timeout == Native.PIPES_INFINITE)
        {
            return Native.PIPES_INFINITE;
        }

        long left = timeout - time.ElapsedMilliseconds;
        return left > 0 ? (uint)left : throw Errors.TimedOut();
    }

    private static void Waited(uint status, CancellationToken token)
    {
        // Whoever finds the pipe gone looks again: somebody may be about to make it.
        if (status is not (Native.PIPES_OK or Native.PIPES_ERROR_FILE_NOT_FOUND))
        {
            token.ThrowIfCancellationRequested();
            throw Errors.Of(status);
        }
    }

    private async Task ConnectAsync(uint timeout, CancellationToken token)
    {
        Stopwatch time = Stopwatch.StartNew();
        int pause = 1;
        while (true)
        {
            token.ThrowIfCancellationRequested();
            uint status = TryConnect();
            if (status == Native.PIPES_OK)
            {
                return;
            }

            uint left = Left(timeout, time);
            if (status == Native.PIPES_ERROR_PIPE_BUSY)
            {
                Waited(
                    await BlockingCall.RunAsync(() => WaitAvailable(left), Native.PIPES_INFINITE, token).ConfigureAwait(false),
                    token);
            }
            else
            {
                await Task.Delay((int)Math.Min(left, (uint)pause), token).ConfigureAwait(false);
            }

            pause = Math.Min(PauseMax, pause * 2);
        }
    }

    // 1 is the smallest time: 0 has a meaning of its own.
    private unsafe uint WaitAvailable(uint timeout)
    {
        fixed (byte* path = Native.ZeroTerminated(_path!))
        {
            return Native.pipes_wait_available(path, Math.Max(1, timeout));
        }
    }

    // PIPES_OK; or that there is no pipe, or no instance that is free. Throws what waiting does not help against.
    private unsafe uint TryConnect()
    {
        uint flags = Native.PIPES_FLAG_OVERLAPPED | (uint)(_options & PipeOptions.WriteThrough);
        if (_impersonationLevel != TokenImpersonationLevel.None)
        {
            flags |= Native.PIPES_SECURITY_SQOS_PRESENT | ((uint)(_impersonationLevel - 1) << 16);
        }

        byte[]? owner = null;
        if ((_options & PipeOptions.CurrentUserOnly) != 0)
        {
            owner = Native.ZeroTerminated(PipeSecurity.ForCurrentUser().GetOwner()!);
            if (_impersonationLevel == TokenImpersonationLevel.None)
            {
                // A server that is not meant shall not be able to act as this client.
                flags |= Native.PIPES_SECURITY_SQOS_PRESENT | Native.PIPES_SECURITY_IDENTIFICATION;
            }
        }

        nint opened;
        uint status;
        fixed (byte* path = Native.ZeroTerminated(_path!))
        {
            fixed (byte* serverOwner = owner)
            {
                OpenOptions options = new()
                {
                    Size = (uint)sizeof(OpenOptions),
                    InheritHandle = _inheritability == HandleInheritability.Inheritable ? 1u : 0u,
                    ServerOwner = serverOwner,
                };
                status = Native.pipes_open(path, _access, flags, &options, &opened);
            }
        }

        if (status == Native.PIPES_ERROR_INVALID_OWNER)
        {
            throw new UnauthorizedAccessException(
                "Could not connect to the pipe because it was not owned by the current user.");
        }

        if (status is Native.PIPES_ERROR_FILE_NOT_FOUND or Native.PIPES_ERROR_PIPE_BUSY)
        {
            return status;
        }

        Errors.ThrowIfFailed(status, _path);
        SafePipeHandle handle = new(opened, ownsHandle: true);
        SafePipeHandle? before = HasHandle ? Handle : null;
        try
        {
            uint info;
            Errors.ThrowIfFailed(Native.pipes_get_info(opened, &info, null, null, null));
            Learn(
                (info & Native.PIPES_TYPE_MESSAGE) != 0 ? PipeTransmissionMode.Message : PipeTransmissionMode.Byte,
                PipeTransmissionMode.Byte);
            InitializeHandle(handle, isExposed: false, (_options & PipeOptions.Asynchronous) != 0);
        }
        catch
        {
            handle.Dispose();
            throw;
        }

        before?.CloseNow();
        BeginConversation();
        if (State.End == EndState.Closed)
        {
            handle.CloseNow(); // it was closed meanwhile
            throw Errors.PipeClosed();
        }

        return Native.PIPES_OK;
    }

    private void CheckConnectOperations()
    {
        switch (State.End)
        {
            case EndState.WaitingToConnect or EndState.Broken when _path is not null:
                return; // whoever the server has left may look for another
            case EndState.Closed:
                throw Errors.PipeClosed();
            default:
                throw Errors.AlreadyConnected();
        }
    }
}
