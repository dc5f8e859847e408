// The ends of pipes that the scenarios talk about, and the states that they can be in.
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Pipes;

namespace Ported.ToPipes;

/// <summary>An end, and the other one.</summary>
internal sealed class Ends(PipeStream end, PipeStream other) : IDisposable
{
    public const int Quota = 4096;

    public PipeStream End => end;

    public PipeStream Other => other;

    /// <summary>A pipe that both ends read and write, connected.</summary>
    public static (NamedPipeServerStream Server, NamedPipeClientStream Client) Pair(
        PipeOptions options = PipeOptions.Asynchronous, PipeDirection direction = PipeDirection.InOut)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) = Unconnected(options, direction);
        Connect(server, client);
        return (server, client);
    }

    /// <summary>Both ends of a pipe before they are connected.</summary>
    public static (NamedPipeServerStream Server, NamedPipeClientStream Client) Unconnected(
        PipeOptions options = PipeOptions.Asynchronous, PipeDirection direction = PipeDirection.InOut)
    {
        string name = Outcomes.NewName();
        return (
            new NamedPipeServerStream(name, direction, 2, PipeTransmissionMode.Byte, options, Quota, Quota),
            new NamedPipeClientStream(".", name, Opposite(direction), options));
    }

    public static void Connect(NamedPipeServerStream server, NamedPipeClientStream client)
    {
        Task waiting = Task.Run(server.WaitForConnection);
        client.Connect(10_000);
        waiting.Wait(10_000);
    }

    /// <summary>Both ends of an anonymous pipe.</summary>
    public static (AnonymousPipeServerStream Server, AnonymousPipeClientStream Client) Anonymous(PipeDirection direction)
    {
        AnonymousPipeServerStream server = new(direction);
        return (server, new AnonymousPipeClientStream(Opposite(direction), server.ClientSafePipeHandle));
    }

    public static PipeDirection Opposite(PipeDirection direction) => direction switch
    {
        PipeDirection.In => PipeDirection.Out,
        PipeDirection.Out => PipeDirection.In,
        _ => direction,
    };

    /// <summary>Every kind of end, in the state of that name, or null where it has no such state.</summary>
    public static IEnumerable<(string Kind, Func<Ends?> Make)> In(string state)
    {
        foreach (PipeDirection direction in new[] { PipeDirection.In, PipeDirection.Out, PipeDirection.InOut })
        {
            // Enough, since each takes its time.
            PipeOptions[] all = direction == PipeDirection.InOut ? [PipeOptions.None, PipeOptions.Asynchronous] : [PipeOptions.None];
            foreach (PipeOptions options in all)
            {
                string way = $"{direction}{(options == PipeOptions.None ? "" : ", asynchronous")}";
                yield return ($"server {way}", () => Named(state, direction, options, isServer: true));
                yield return ($"client {way}", () => Named(state, direction, options, isServer: false));
            }

            if (direction != PipeDirection.InOut)
            {
                yield return ($"anonymous server {direction}", () => Anonymous(state, direction, isServer: true));
                yield return ($"anonymous client {direction}", () => Anonymous(state, direction, isServer: false));
            }
        }
    }

    public void Dispose()
    {
        end.Dispose();
        other.Dispose();
    }

    private static Ends? Named(string state, PipeDirection direction, PipeOptions options, bool isServer)
    {
        (NamedPipeServerStream server, NamedPipeClientStream client) =
            Unconnected(options, isServer ? direction : Opposite(direction));
        Ends ends = isServer ? new Ends(server, client) : new Ends(client, server);
        switch (state)
        {
            case "fresh":
                return ends;
            case "closed before it was connected":
                ends.End.Dispose();
                return ends;
        }

        Connect(server, client);
        switch (state)
        {
            case "disconnected" when isServer:
                server.Disconnect();
                return ends;
            case "left by Disconnect" when !isServer:
                server.Disconnect();
                return ends;
            case "disconnected" or "left by Disconnect":
                ends.Dispose();
                return null;
            default:
                return Connected(ends, state);
        }
    }

    private static Ends? Anonymous(string state, PipeDirection direction, bool isServer)
    {
        (AnonymousPipeServerStream server, AnonymousPipeClientStream client) =
            Anonymous(isServer ? direction : Opposite(direction));
        Ends ends = isServer ? new Ends(server, client) : new Ends(client, server);
        if (state is "connected" or "left" or "left with something unread" or "left and known to be" or "closed")
        {
            return Connected(ends, state);
        }

        ends.Dispose();
        return null;
    }

    private static Ends Connected(Ends ends, string state)
    {
        switch (state)
        {
            case "connected" or "left with something unread" when ends.Other.CanWrite:
                ends.Other.Write(new byte[64], 0, 64);
                break;
        }

        switch (state)
        {
            case "left" or "left with something unread":
                ends.Other.Dispose();
                break;
            case "left and known to be":
                ends.Other.Dispose();
                Notice(ends.End);
                break;
            case "closed":
                ends.End.Dispose();
                break;
        }

        return ends;
    }

    private static void Notice(PipeStream end)
    {
        try
        {
            if (end.CanRead)
            {
                _ = end.Read(new byte[1], 0, 1);
            }
            else
            {
                end.Write(new byte[1], 0, 1);
            }
        }
        catch (IOException)
        {
            // Now it knows.
        }
    }
}
