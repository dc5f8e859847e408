// A privileged service and clients without privileges: anyone may ask, and what the service does for somebody it does with
// that user's rights, on that thread alone.
using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;

namespace Pipes.Examples;

internal static class Service
{
    public static async Task<int> Serve(string name)
    {
        // Everyone may read and write, but not make instances; the system and the administrators may do everything.
        PipeSecurity security = new("D:(A;;FA;;;SY)(A;;FA;;;BA)");
        security.AddAccessRule(PipeAccessRule.Allow("Everyone", PipeAccessRights.ReadWrite));
        await using NamedPipeServerStream pipe = new(
            name, PipeDirection.InOut, 1, PipeTransmissionMode.Message, PipeOptions.FirstPipeInstance, 4096, 65536, security);
        Console.WriteLine($"{name} answers; {pipe.GetAccessControl().GetSecurityDescriptorSddlForm()}");
        while (true)
        {
            await pipe.WaitForConnectionAsync();
            string path = Encoding.UTF8.GetString(await pipe.ReadMessageAsync(TimeSpan.FromSeconds(10)) ?? []);
            string answer = "";
            if (path.Length != 0)
            {
                PipeIdentity who = pipe.GetClientIdentity();
                pipe.RunAsClient(() => answer = Read(path));
                Console.WriteLine($"{who.UserName} (process {who.ProcessId}) asked for {path}: {answer.Split('\n')[0]}");
                await pipe.WriteAsync(Encoding.UTF8.GetBytes(answer));
                await pipe.WaitForPipeDrainAsync(TimeSpan.FromSeconds(10));
            }

            pipe.Disconnect();
            if (path == "quit")
            {
                return 0;
            }
        }
    }

    public static int Ask(string name, string path)
    {
        using NamedPipeClientStream pipe = new(name);
        pipe.Connect(5000);
        pipe.ReadMode = PipeTransmissionMode.Message;
        pipe.Write(Encoding.UTF8.GetBytes(path));
        Console.WriteLine(Encoding.UTF8.GetString(pipe.ReadMessage() ?? []));
        return 0;
    }

    // Runs as the client.
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"refused: {error.GetType().Name}";
        }
    }
}
