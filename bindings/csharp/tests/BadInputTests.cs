// What is wrong with arguments, with the state of a stream, or with the library, is an exception of the language's own.
using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Security.Principal;
using System.Threading;
using Overlapped = Pipes.Interop.Overlapped;
using System.Threading.Tasks;
using Pipes.Interop;
using Xunit;

namespace Pipes.Tests;

public sealed class BadInputTests
{
    private const PipeTransmissionMode Bytes = PipeTransmissionMode.Byte;

    [Fact]
    public void NAME_9_NamesThatAreNoneAreRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new NamedPipeServerStream(null!));
        Assert.Throws<ArgumentException>(() => new NamedPipeServerStream(""));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NamedPipeServerStream("anonymous"));
        Assert.Throws<ArgumentNullException>(() => new NamedPipeClientStream(null!));
        Assert.Throws<ArgumentException>(() => new NamedPipeClientStream(""));
        Assert.Throws<ArgumentNullException>(() => new NamedPipeClientStream(null!, "x"));
        Assert.Throws<ArgumentException>(() => new NamedPipeClientStream("", "x"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NamedPipeClientStream("Anonymous"));
        Assert.Throws<ArgumentNullException>(() => NamedPipeClientStream.Call(".", null!, default, default, TimeSpan.Zero));
    }

    [Fact]
    public void OPEN_18_NumbersOfInstancesAreChecked()
    {
        foreach (int instances in new[] { 0, -2, 255, int.MaxValue })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new NamedPipeServerStream("x", PipeDirection.InOut, instances));
        }
    }

    [Fact]
    public void OPEN_3_WhatHasNoMeaningIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new NamedPipeServerStream("x", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NamedPipeServerStream("x", (PipeDirection)4));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new NamedPipeServerStream("x", PipeDirection.InOut, 1, (PipeTransmissionMode)2));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new NamedPipeServerStream("x", PipeDirection.InOut, 1, Bytes, (PipeOptions)1));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new NamedPipeServerStream("x", PipeDirection.InOut, 1, Bytes, PipeOptions.None, -1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new NamedPipeServerStream("x", PipeDirection.InOut, 1, Bytes, PipeOptions.None, 0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new NamedPipeServerStream(
                "x", PipeDirection.InOut, 1, Bytes, PipeOptions.None, 0, 0, null, (HandleInheritability)2));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new NamedPipeServerStream(
                "x", PipeDirection.InOut, 1, Bytes, PipeOptions.None, 0, 0, null, HandleInheritability.None,
                PipeAccessRights.ReadData));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NamedPipeClientStream(".", "x", (PipeDirection)0));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new NamedPipeClientStream(".", "x", PipeDirection.InOut, (PipeOptions)1));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new NamedPipeClientStream(
                ".", "x", PipeDirection.InOut, PipeOptions.None, (TokenImpersonationLevel)5));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new NamedPipeClientStream(
                ".", "x", PipeDirection.InOut, PipeOptions.None, TokenImpersonationLevel.None, (HandleInheritability)7));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new NamedPipeClientStream(
                ".", "x", PipeAccessRights.ChangePermissions, PipeOptions.None, TokenImpersonationLevel.None,
                HandleInheritability.None));
    }

    [Fact]
    public void HandlesThatAreNoneAreRefused()
    {
        using SafePipeHandle none = new();
        Assert.Throws<ArgumentNullException>(() => new NamedPipeServerStream(PipeDirection.In, true, true, null!));
        Assert.Throws<ArgumentException>(() => new NamedPipeServerStream(PipeDirection.In, true, true, none));
        Assert.Throws<ArgumentNullException>(() => new NamedPipeClientStream(PipeDirection.In, true, true, null!));
        Assert.Throws<ArgumentException>(() => new NamedPipeClientStream(PipeDirection.In, true, true, none));
        Assert.Throws<ArgumentNullException>(() => new AnonymousPipeClientStream(PipeDirection.In, (SafePipeHandle)null!));
        Assert.Throws<ArgumentException>(() => new AnonymousPipeClientStream(PipeDirection.In, none));
        Assert.Throws<ArgumentException>(() => new AnonymousPipeServerStream(PipeDirection.In, none, none));
        using SafePipeHandle wrong = new(12345, ownsHandle: false);
        Assert.Throws<ObjectDisposedException>(() => new NamedPipeServerStream(PipeDirection.In, true, true, wrong));
    }

    [Fact]
    public async Task OffsetsAndCountsAreChecked()
    {
        using Pair pair = Pair.Bytes();
        byte[] buffer = new byte[4];
        foreach (PipeStream end in new PipeStream[] { pair.Server, pair.Client })
        {
            Assert.Throws<ArgumentNullException>(() => end.Read(null!, 0, 0));
            Assert.Throws<ArgumentOutOfRangeException>(() => end.Read(buffer, -1, 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => end.Read(buffer, 0, -1));
            Assert.Throws<ArgumentOutOfRangeException>(() => end.Read(buffer, 3, 2));
            Assert.Throws<ArgumentOutOfRangeException>(() => end.Read(buffer, int.MaxValue, int.MaxValue));
            Assert.Throws<ArgumentNullException>(() => end.Write(null!, 0, 0));
            Assert.Throws<ArgumentOutOfRangeException>(() => end.Write(buffer, -1, 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => end.Write(buffer, 0, -1));
            Assert.Throws<ArgumentOutOfRangeException>(() => end.Write(buffer, 3, 2));
            await Assert.ThrowsAsync<ArgumentNullException>(() => end.ReadAsync(null!, 0, 0, default));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => end.ReadAsync(buffer, 3, 2, default));
            await Assert.ThrowsAsync<ArgumentNullException>(() => end.WriteAsync(null!, 0, 0, default));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => end.WriteAsync(buffer, 3, 2, default));
            Assert.Throws<ArgumentNullException>(() => { _ = end.BeginRead(null!, 0, 0, null, null); });
            Assert.Throws<ArgumentOutOfRangeException>(() => { _ = end.BeginWrite(buffer, 5, 0, null, null); });
        }
    }

    [Fact]
    public async Task TimesAreChecked()
    {
        using Pair pair = Pair.Messages();
        TimeSpan wrong = TimeSpan.FromMilliseconds(-2);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.ReadTimeout = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.WriteTimeout = -2);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.Read(new byte[1], wrong));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.Write(default, TimeSpan.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.Transact(default, default, wrong));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.WaitForPipeDrain(wrong));
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = pair.Client.WaitForPipeDrainAsync(wrong); });
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Server.WaitForConnection(wrong));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await pair.Client.ReadAsync(new byte[1], wrong));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await pair.Client.WriteAsync(new byte[1], wrong));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await pair.Client.ReadMessageAsync(wrong));
        using NamedPipeClientStream client = new("x");
        Assert.Throws<ArgumentOutOfRangeException>(() => client.Connect(-2));
        Assert.Throws<ArgumentOutOfRangeException>(() => client.Connect(wrong));
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = client.ConnectAsync(-2); });
        await Assert.ThrowsAsync<ArgumentNullException>(
            async () => await pair.Client.ReadMessageAsync((System.Buffers.IBufferWriter<byte>)null!));
    }

    [Fact]
    public async Task WRITE_9_BeforeAConnectionNothingWorks()
    {
        using NamedPipeServerStream server = Pair.NewServer(Pair.NewName(), PipeTransmissionMode.Message);
        using NamedPipeClientStream client = new(Pair.NewName());
        foreach (PipeStream end in new PipeStream[] { server, client })
        {
            Assert.False(end.IsConnected);
            Assert.Throws<InvalidOperationException>(() => end.Read(new byte[1], 0, 1));
            Assert.Throws<InvalidOperationException>(() => end.ReadByte());
            Assert.Throws<InvalidOperationException>(() => end.Write(new byte[1], 0, 1));
            Assert.Throws<InvalidOperationException>(() => end.Peek());
            Assert.Throws<InvalidOperationException>(() => end.Flush());
            Assert.Throws<InvalidOperationException>(() => end.WaitForPipeDrain());
            Assert.Throws<InvalidOperationException>(() => end.Transact(default, default));
            Assert.Throws<InvalidOperationException>(() => end.ReadMessage());
            Assert.Throws<InvalidOperationException>(() => end.IsMessageComplete);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await end.ReadAsync(new byte[1]));
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await end.WriteAsync(new byte[1]));
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await end.FlushAsync());
        }

        Assert.Throws<InvalidOperationException>(server.Disconnect);
        Assert.Throws<InvalidOperationException>(() => server.RunAsClient(() => { }));
        Assert.Throws<InvalidOperationException>(() => server.GetImpersonationUserName());
        Assert.Throws<InvalidOperationException>(() => client.ReadMode);
        Assert.Throws<InvalidOperationException>(() => client.TransmissionMode);
        Assert.Throws<InvalidOperationException>(() => client.NumberOfServerInstances);
        Assert.Throws<InvalidOperationException>(() => client.SafePipeHandle);
        Assert.Throws<InvalidOperationException>(() => server.RunAsClient(null!));
        using Pair pair = Pair.Bytes();
        Assert.Throws<ArgumentNullException>(() => pair.Server.RunAsClient(null!));
    }

    [Fact]
    public async Task CLOSE_8_AClosedStreamIsDisposed()
    {
        Pair pair = Pair.Messages();
        SafePipeHandle handle = pair.Server.SafePipeHandle;
        pair.Dispose();
        pair.Dispose();
        Assert.True(handle.IsClosed);
        foreach (PipeStream end in new PipeStream[] { pair.Server, pair.Client })
        {
            Assert.False(end.IsConnected);
            Assert.Throws<ObjectDisposedException>(() => end.Read(new byte[1], 0, 1));
            Assert.Throws<ObjectDisposedException>(() => end.Write(new byte[1], 0, 1));
            Assert.Throws<ObjectDisposedException>(() => end.Peek());
            Assert.Throws<ObjectDisposedException>(() => end.Flush());
            Assert.Throws<ObjectDisposedException>(() => end.WaitForPipeDrain());
            Assert.Throws<ObjectDisposedException>(() => { _ = end.WaitForPipeDrainAsync(); });
            Assert.Throws<ObjectDisposedException>(() => end.Transact(default, default));
            Assert.Throws<ObjectDisposedException>(() => end.IsMessageComplete);
            Assert.Throws<ObjectDisposedException>(() => end.ReadMode);
            Assert.Throws<ObjectDisposedException>(() => end.ReadMode = Bytes);
            Assert.Throws<ObjectDisposedException>(() => end.TransmissionMode);
            Assert.Throws<ObjectDisposedException>(() => end.InBufferSize);
            Assert.Throws<ObjectDisposedException>(() => end.OutBufferSize);
            Assert.Throws<ObjectDisposedException>(() => end.SafePipeHandle);
            Assert.Throws<ObjectDisposedException>(() => end.ClientProcessId);
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await end.ReadAsync(new byte[1]));
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await end.WriteAsync(new byte[1]));
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await end.TransactAsync(default, default));
            await Assert.ThrowsAsync<ObjectDisposedException>(async () => await end.ReadMessageAsync());
        }

        Assert.Throws<ObjectDisposedException>(pair.Server.WaitForConnection);
        Assert.Throws<ObjectDisposedException>(() => { _ = pair.Server.WaitForConnectionAsync(); });
        Assert.Throws<ObjectDisposedException>(pair.Server.Disconnect);
        Assert.Throws<ObjectDisposedException>(() => pair.Client.Connect());
        Assert.Throws<ObjectDisposedException>(() => { _ = pair.Client.ConnectAsync(); });
    }

    [Fact]
    public void ALibraryThatIsMissingIsNamed()
    {
        DllNotFoundException error = Assert.Throws<DllNotFoundException>(() => Native.Load("/nowhere/libpipes.so"));
        Assert.Contains("/nowhere/libpipes.so", error.Message, StringComparison.Ordinal);
        Assert.Contains(Native.PathVariable, error.Message, StringComparison.Ordinal);
        string another = OperatingSystem.IsWindows() ? "kernel32.dll" : "libm.so.6";
        error = Assert.Throws<DllNotFoundException>(() => Native.Load(another));
        Assert.Contains("is not the library of pipes", error.Message, StringComparison.Ordinal);
    }

    [FactOfLinux]
    public void ALibraryOfAnotherVersionIsRefused()
    {
        Assert.True(Native.IsUsable(Native.PIPES_VERSION_MAJOR << 16));
        Assert.True(Native.IsUsable((Native.PIPES_VERSION_MAJOR << 16) | 0xFF00));
        Assert.False(Native.IsUsable((Native.PIPES_VERSION_MAJOR + 1) << 16));
        Assert.False(Native.IsUsable((Native.PIPES_VERSION_MAJOR - 1) << 16));

        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "other.c"), "unsigned pipes_version(void) { return 0x20003; }\n");
            using Process compiler = Process.Start("cc", ["-shared", "-o", $"{folder}/libother.so", $"{folder}/other.c"]);
            compiler.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
            DllNotFoundException error =
                Assert.Throws<DllNotFoundException>(() => Native.Load(Path.Combine(folder, "libother.so")));
            Assert.Contains("version 2.0.3", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public unsafe void StructuresHaveTheLayoutOfTheHeader()
    {
        Assert.Equal(32 + sizeof(nint), sizeof(Overlapped));
        Assert.Equal(24, (int)Marshal.OffsetOf<Overlapped>(nameof(Overlapped.Event)));
        Assert.Equal(32, (int)Marshal.OffsetOf<Overlapped>(nameof(Overlapped.Operation)));
        Assert.Equal(24, sizeof(SecurityAttributes));
        Assert.Equal(44, sizeof(LocalInfo));
    }
}
