// A program of which one instance runs for each user: the first owns the pipe; each later one hands over its arguments
// and ends. The name is the lock: it is gone when its process is, however that ended.
using System;
using System.Text;
using System.Threading.Tasks;

namespace Pipes.Examples;

internal static class SingleInstance
{
    public static async Task<int> Run(string name, string[] arguments)
    {
        NamedPipeServerStream? first = TryBeFirst(name);
        if (first is null)
        {
            await using NamedPipeClientStream other = new(
                ".", name, PipeDirection.Out, PipeOptions.CurrentUserOnly);
            await other.ConnectAsync(5000);
            await other.WriteAsync(Encoding.UTF8.GetBytes(string.Join(' ', arguments)));
            // What was written outlives this end: the first reads it when it comes to it.
            Console.WriteLine("handed over to the first");
            return 0;
        }

        await using (first)
        {
            Console.WriteLine($"the first, started with: {string.Join(' ', arguments)}");
            while (true)
            {
                await first.WaitForConnectionAsync();
                string told = Encoding.UTF8.GetString(await first.ReadMessageAsync() ?? []);
                Console.WriteLine($"process {first.ClientProcessId} was started with: {told}");
                first.Disconnect();
                if (told == "quit")
                {
                    return 0;
                }
            }
        }
    }

    private static NamedPipeServerStream? TryBeFirst(string name)
    {
        try
        {
            return new NamedPipeServerStream(
                name, PipeDirection.In, 1, PipeTransmissionMode.Message,
                PipeOptions.FirstPipeInstance | PipeOptions.CurrentUserOnly, 4096, 0);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or System.IO.IOException)
        {
            return null; // somebody was before us
        }
    }
}
