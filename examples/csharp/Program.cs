// Which example runs. Each is a file of its own, and begins with what it shows.
using System;
using System.Threading.Tasks;
using Pipes.Examples;

switch (args)
{
    case ["echo-server", var name]:
        return await Echo.Serve(name);
    case ["echo-client", var name, .. var texts]:
        return await Echo.Ask(name, texts);
    case ["rpc-server", var name]:
        return await MessageRpc.Serve(name);
    case ["rpc-call", var name, .. var request]:
        return MessageRpc.Call(name, string.Join(' ', request));
    case ["single-instance", var name, .. var arguments]:
        return await SingleInstance.Run(name, arguments);
    case ["service", var name]:
        return await Service.Serve(name);
    case ["service-client", var name, var path]:
        return Service.Ask(name, path);
    default:
        Console.Error.WriteLine(
            """
            echo-server NAME                  answers what it is sent, to any number of clients
            echo-client NAME TEXT...          sends the texts and shows the answers
            rpc-server NAME                   answers requests: add A B, upper TEXT, pid, stop
            rpc-call NAME REQUEST...          makes one request
            single-instance NAME ARGUMENT...  the first shows what the others, which end at once, were told
            service NAME                      a service that reads files with the rights of whoever asks
            service-client NAME PATH          asks it for a file
            """);
        return 2;
}
