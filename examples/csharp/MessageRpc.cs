// Remote calls: a message is a request, a message is its answer. Message mode keeps them apart, whatever their length.
using System;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Pipes.Examples;

internal static class MessageRpc
{
    public static async Task<int> Serve(string name)
    {
        using CancellationTokenSource stop = new();
        await using NamedPipeServerStream pipe = new(
            name, PipeDirection.InOut, 1, PipeTransmissionMode.Message, PipeOptions.Asynchronous, 4096, 4096);
        Console.WriteLine($"{name} answers");
        try
        {
            while (true)
            {
                await pipe.WaitForConnectionAsync(stop.Token);
                while (await pipe.ReadMessageAsync(stop.Token) is { } request)
                {
                    string answer = Answer(Encoding.UTF8.GetString(request), stop);
                    await pipe.WriteAsync(Encoding.UTF8.GetBytes(answer));
                }

                pipe.Disconnect(); // the client has gone; the next may come
            }
        }
        catch (OperationCanceledException)
        {
            // The last answer is still read: what was written outlives this end.
            return 0;
        }
    }

    // One request in one call. Whoever has several opens the pipe once, sets ReadMode, and calls Transact for each.
    public static int Call(string name, string request)
    {
        byte[] answer = new byte[65536];
        int length = NamedPipeClientStream.Call(
            ".", name, Encoding.UTF8.GetBytes(request), answer, TimeSpan.FromSeconds(5));
        Console.WriteLine(Encoding.UTF8.GetString(answer, 0, length));
        return 0;
    }

    private static string Answer(string request, CancellationTokenSource stop)
    {
        string[] words = request.Split(' ');
        switch (words)
        {
            case ["add", var a, var b] when long.TryParse(a, out long left) && long.TryParse(b, out long right):
                return $"{left + right}";
            case ["upper", ..]:
                return string.Join(' ', words.Skip(1)).ToUpperInvariant();
            case ["pid"]:
                return $"{Environment.ProcessId}";
            case ["stop"]:
                stop.CancelAfter(TimeSpan.FromMilliseconds(50));
                return "stopping";
            default:
                return "? add A B, upper TEXT, pid, stop";
        }
    }
}
