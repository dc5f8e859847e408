// An echo server for many clients at once, and its client. Bytes; no thread waits for any of them.
using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;

namespace Pipes.Examples;

internal static class Echo
{
    public static async Task<int> Serve(string name)
    {
        Console.WriteLine($"{name} answers");
        while (true)
        {
            NamedPipeServerStream instance = new(
                name, PipeDirection.InOut, NamedPipeServerStream.MaxAllowedServerInstances, PipeTransmissionMode.Byte,
                PipeOptions.Asynchronous, 4096, 4096);
            await instance.WaitForConnectionAsync();
            _ = Answer(instance); // and the next client gets the next instance
        }
    }

    public static async Task<int> Ask(string name, string[] texts)
    {
        await using NamedPipeClientStream pipe = new(name);
        await pipe.ConnectAsync(5000);
        foreach (string text in texts)
        {
            byte[] sent = Encoding.UTF8.GetBytes(text);
            await pipe.WriteAsync(sent);
            byte[] answer = new byte[sent.Length];
            await pipe.ReadExactlyAsync(answer);
            Console.WriteLine(Encoding.UTF8.GetString(answer));
        }

        return 0;
    }

    private static async Task Answer(NamedPipeServerStream instance)
    {
        await using (instance)
        {
            try
            {
                byte[] buffer = new byte[4096];
                for (int count; (count = await instance.ReadAsync(buffer)) != 0;)
                {
                    await instance.WriteAsync(buffer.AsMemory(0, count));
                }
            }
            catch (IOException error)
            {
                Console.Error.WriteLine(error.Message); // a client that went amid an answer
            }
        }
    }
}
