// What only this program can show: it is its own child.
using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using Xunit;

namespace Pipes.Tests;

public sealed class Child
{
    public static int Write(string handle, string text)
    {
        using AnonymousPipeClientStream client = new(PipeDirection.Out, handle);
        using StreamWriter writer = new(client);
        writer.Write(text);
        return 0;
    }

    // Wine's server refuses a new process now and then, and not the next one.
    private static Process Start(ProcessStartInfo start)
    {
        const int InternalError = 1359;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return Process.Start(start)!;
            }
            catch (Win32Exception error) when (error.NativeErrorCode == InternalError && attempt < 3)
            {
            }
        }
    }

    [Fact]
    public void ANON_10_AChildWritesThroughAnInheritedEnd()
    {
        using AnonymousPipeServerStream server = new(PipeDirection.In, HandleInheritability.Inheritable);
        ProcessStartInfo start = new(Environment.ProcessPath!, ["--write", server.GetClientHandleAsString(), "from the child"])
        {
            UseShellExecute = false,
        };
        using Process child = Start(start);
        server.DisposeLocalCopyOfClientHandle();
        using StreamReader reader = new(server);
        Assert.Equal("from the child", reader.ReadToEnd());
        child.WaitForExit();
        Assert.Equal(0, child.ExitCode);
    }
}
