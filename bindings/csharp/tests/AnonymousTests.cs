// Anonymous pipes, in one process and into a child.
using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Pipes.Tests;

public sealed class AnonymousTests
{
    private static (AnonymousPipeServerStream Server, AnonymousPipeClientStream Client) NewPair(PipeDirection direction)
    {
        AnonymousPipeServerStream server = new(direction);
        AnonymousPipeClientStream client = new(
            direction == PipeDirection.In ? PipeDirection.Out : PipeDirection.In, server.ClientSafePipeHandle);
        return (server, client);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ANON_1_OneWayFromWriterToReader(bool asynchronous)
    {
        (AnonymousPipeServerStream server, AnonymousPipeClientStream client) = NewPair(PipeDirection.Out);
        using (client)
        {
            await server.WriteText(asynchronous, "hello");
            Assert.Equal("hello", await client.ReadText(asynchronous, 100));
            server.Dispose();
            Assert.Equal(0, (await client.Read(asynchronous, 100)).Count);
        }
    }

    [Fact]
    public async Task ANON_3_TheBufferSizeHoldsWhatIsUnread()
    {
        using AnonymousPipeServerStream server = new(PipeDirection.In, HandleInheritability.None, 8192);
        using AnonymousPipeClientStream client = new(PipeDirection.Out, server.ClientSafePipeHandle);
        Assert.True(server.InBufferSize >= 8192);
        await client.WriteAsync(new byte[8192]);
        Assert.Equal(8192, server.Peek().BytesAvailable);
    }

    [Fact]
    public void ANON_8_WritingToAClosedReaderIsAnIOException()
    {
        (AnonymousPipeServerStream server, AnonymousPipeClientStream client) = NewPair(PipeDirection.Out);
        client.Dispose();
        Assert.Throws<IOException>(() => server.Write("x"u8));
        server.Dispose();
        Assert.Throws<ObjectDisposedException>(() => server.Write("x"u8));
    }

    [Fact]
    public void ANON_9_EachEndGoesOneWay()
    {
        (AnonymousPipeServerStream server, AnonymousPipeClientStream client) = NewPair(PipeDirection.In);
        using (server)
        using (client)
        {
            Assert.Throws<NotSupportedException>(() => server.Write("x"u8));
            Assert.Throws<NotSupportedException>(() => client.ReadByte());
            Assert.Throws<NotSupportedException>(() => new AnonymousPipeServerStream(PipeDirection.InOut));
            Assert.Throws<NotSupportedException>(() => new AnonymousPipeClientStream(PipeDirection.InOut, "3"));
            Assert.Equal(PipeTransmissionMode.Byte, server.TransmissionMode);
            server.ReadMode = PipeTransmissionMode.Byte;
            Assert.Throws<NotSupportedException>(() => server.ReadMode = PipeTransmissionMode.Message);
            Assert.Throws<NotSupportedException>(() => client.ReadMode = PipeTransmissionMode.Message);
            Assert.Throws<ArgumentOutOfRangeException>(() => client.ReadMode = (PipeTransmissionMode)9);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CANCEL_11_ReadingCanBeGivenUp(bool asynchronous)
    {
        (AnonymousPipeServerStream server, AnonymousPipeClientStream client) = NewPair(PipeDirection.In);
        using (server)
        using (client)
        {
            using CancellationTokenSource source = new();
            byte[] buffer = new byte[8];
            Task reading = asynchronous
                ? server.ReadAsync(buffer.AsMemory(), source.Token).AsTask()
                : Task.Run(() => server.Read(buffer, Timeout.InfiniteTimeSpan, source.Token));
            source.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
            Assert.Throws<TimeoutException>(() => server.Read(buffer, TimeSpan.FromMilliseconds(2)));
            client.Write("kept"u8);
            Assert.Equal(4, server.Read(buffer));
        }
    }

    [Fact]
    public async Task CLOSE_11_ClosingEndsWhatWaits()
    {
        (AnonymousPipeServerStream server, AnonymousPipeClientStream client) = NewPair(PipeDirection.In);
        using (client)
        {
            Task reading = server.ReadAsync(new byte[1].AsMemory()).AsTask();
            Task blocking = Task.Run(() => server.Read(new byte[1], 0, 1));
            server.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => reading);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => blocking);
        }
    }

    [FactOfLinux]
    public void ANON_10_AChildWritesThroughAnInheritedEnd()
    {
        using AnonymousPipeServerStream server = new(PipeDirection.In, HandleInheritability.Inheritable);
        string handle = server.GetClientHandleAsString();
        ProcessStartInfo start = new("/bin/sh", ["-c", $"echo from the child >/proc/self/fd/{handle}"]) { UseShellExecute = false };
        using Process child = Process.Start(start)!;
        server.DisposeLocalCopyOfClientHandle();
        using StreamReader reader = new(server);
        Assert.Equal("from the child\n", reader.ReadToEnd());
        child.WaitForExit();
        Assert.Equal(0, child.ExitCode);
    }

    [Fact]
    public void ANON_12_AnEndIsAdoptedByItsNumber()
    {
        using AnonymousPipeServerStream server = new(PipeDirection.Out);

        // As a child would: a descriptor, or a handle, of its own, by its number.
        nint copy = CopyOf(nint.Parse(server.GetClientHandleAsString()));
        using AnonymousPipeClientStream client = new($"{copy}");
        server.DisposeLocalCopyOfClientHandle();
        server.Write("adopted"u8);
        server.Dispose();
        using StreamReader reader = new(client);
        Assert.Equal("adopted", reader.ReadToEnd());

        Assert.Throws<ArgumentNullException>(() => new AnonymousPipeClientStream(PipeDirection.In, (string)null!));
        Assert.Throws<ArgumentException>(() => new AnonymousPipeClientStream("no number"));
        Assert.Throws<ArgumentException>(() => new AnonymousPipeClientStream("-1"));
        Assert.Throws<IOException>(() => new AnonymousPipeClientStream("1000000"));
    }

    private static nint CopyOf(nint number)
    {
        const uint SameAccess = 2;
        if (!OperatingSystem.IsWindows())
        {
            return dup((int)number);
        }

        nint self = GetCurrentProcess();
        Assert.True(DuplicateHandle(self, number, self, out nint copy, 0, 0, SameAccess));
        return copy;
    }

    [DllImport("libc")]
    private static extern int dup(int descriptor);

    [DllImport("kernel32")]
    private static extern nint GetCurrentProcess();

    [DllImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool DuplicateHandle(
        nint fromProcess, nint from, nint toProcess, out nint copy, uint access, int inherit, uint options);
}
