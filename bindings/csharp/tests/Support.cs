// Words that the tests have in common.
using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

// Tests count the handles of the process and force collections: one after another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Pipes.Tests;

/// <summary>Both ends of a named pipe, connected, with quotas that no small write exceeds.</summary>
internal sealed class Pair : IDisposable
{
    private static int s_count;

    private Pair(string name, NamedPipeServerStream server, NamedPipeClientStream client) =>
        (Name, Server, Client) = (name, server, client);

    public string Name { get; }

    public NamedPipeServerStream Server { get; }

    public NamedPipeClientStream Client { get; }

    public static string NewName() => $"csharp-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";

    public static NamedPipeServerStream NewServer(
        string name,
        PipeTransmissionMode mode = PipeTransmissionMode.Byte,
        int quota = 65536,
        int instances = 1,
        PipeDirection direction = PipeDirection.InOut,
        PipeOptions options = PipeOptions.Asynchronous) =>
        new(name, direction, instances, mode, options, quota, quota);

    public static Pair Bytes(int quota = 65536) => Of(PipeTransmissionMode.Byte, quota);

    public static Pair Messages(int quota = 65536)
    {
        Pair pair = Of(PipeTransmissionMode.Message, quota);
        pair.Client.ReadMode = PipeTransmissionMode.Message;
        return pair;
    }

    public static Pair Of(PipeTransmissionMode mode, int quota)
    {
        string name = NewName();
        NamedPipeServerStream server = NewServer(name, mode, quota);
        NamedPipeClientStream client = new(".", name, PipeDirection.InOut, PipeOptions.Asynchronous);
        client.Connect(10_000);
        server.WaitForConnection();
        return new Pair(name, server, client);
    }

    public void Dispose()
    {
        Client.Dispose();
        Server.Dispose();
    }
}

/// <summary>How a test reads and writes: blocking, or by tasks. What is shown must hold for both.</summary>
internal static class Do
{
    public static async Task<(int Count, byte[] Bytes)> Read(this PipeStream stream, bool asynchronous, int size)
    {
        byte[] buffer = new byte[size];
        int count = asynchronous ? await stream.ReadAsync(buffer.AsMemory()) : stream.Read(buffer.AsSpan());
        return (count, buffer[..count]);
    }

    public static async Task<string> ReadText(this PipeStream stream, bool asynchronous, int size) =>
        Encoding.UTF8.GetString((await stream.Read(asynchronous, size)).Bytes);

    public static async Task Write(this PipeStream stream, bool asynchronous, byte[] bytes)
    {
        if (asynchronous)
        {
            await stream.WriteAsync(bytes.AsMemory());
        }
        else
        {
            stream.Write(bytes.AsSpan());
        }
    }

    public static Task WriteText(this PipeStream stream, bool asynchronous, string text) =>
        stream.Write(asynchronous, Encoding.UTF8.GetBytes(text));

    public static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);

    public static byte[] Pattern(int size, int seed = 1)
    {
        byte[] bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Waits until something is so; nothing is told about when.</summary>
    public static void Until(Func<bool> so)
    {
        SpinWait wait = default;
        while (!so())
        {
            wait.SpinOnce();
        }
    }

    /// <summary>How many descriptors this process has open; on Windows, handles.</summary>
    public static int OpenDescriptors()
    {
        if (!OperatingSystem.IsWindows())
        {
            return Directory.GetFiles("/proc/self/fd").Length;
        }

        using System.Diagnostics.Process self = System.Diagnostics.Process.GetCurrentProcess();
        return self.HandleCount;
    }

    /// <summary>How many of them the runtime may take for itself meanwhile. On Windows each thread of the pool has some.</summary>
    public static int DescriptorsOfTheRuntime => OperatingSystem.IsWindows() ? 50 : 4;

    public static int StatusOf(Exception error) => error.HResult & 0xFFFF;
}

/// <summary>A fact that takes what there is on Linux alone.</summary>
internal sealed class FactOfLinuxAttribute : FactAttribute
{
    public FactOfLinuxAttribute()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "of Linux alone";
        }
    }
}

/// <summary>A fact that only root can show, since only root can have a client of another user.</summary>
internal sealed class FactForRootAttribute : FactAttribute
{
    public FactForRootAttribute()
    {
        if (OperatingSystem.IsWindows() || Environment.UserName != "root")
        {
            Skip = "not as root: it acts as another user";
        }
    }
}
