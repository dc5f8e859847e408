// A program that has nothing but the package: a server and a client exchange messages, empty ones too.
using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Pipes;

string name = $"proof-{Environment.ProcessId}";
await using NamedPipeServerStream server = new(
    name, PipeDirection.InOut, 1, PipeTransmissionMode.Message, PipeOptions.Asynchronous, 4096, 4096);
await using NamedPipeClientStream client = new(".", name, PipeDirection.InOut, PipeOptions.Asynchronous);
await Task.WhenAll(server.WaitForConnectionAsync(), client.ConnectAsync(5000));
client.ReadMode = PipeTransmissionMode.Message;

Task serving = Task.Run(async () =>
{
    while (await server.ReadMessageAsync() is { } message)
    {
        await server.WriteAsync(message.Reverse().ToArray());
    }
});
foreach (string text in new[] { "hello", "", new string('x', 100_000) + "y" })
{
    await client.WriteAsync(Encoding.UTF8.GetBytes(text));
    byte[]? answer = await client.ReadMessageAsync();
    if (answer is null || !answer.Reverse().SequenceEqual(Encoding.UTF8.GetBytes(text)))
    {
        Console.Error.WriteLine($"a wrong answer to {text.Length} bytes");
        return 1;
    }
}

await client.DisposeAsync();
await serving;
bool ownCopy = Directory.EnumerateFiles(AppContext.BaseDirectory, "*pipes*", SearchOption.AllDirectories)
    .Any(file => file.EndsWith("libpipes.so", StringComparison.Ordinal) || file.EndsWith("libpipes.dll", StringComparison.Ordinal));
Console.WriteLine($"messages went there and back; the library is the package's: {ownCopy}");
return ownCopy ? 0 : 1;
