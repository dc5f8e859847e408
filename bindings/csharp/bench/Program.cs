// Measures round trips and throughput of Pipes beside System.IO.Pipes, between two processes, in one run.
//
//   Pipes.Bench [ROUNDS [pinned] [ROW...]]     ROUNDS times each, in turns, 3 unless told; the medians are shown. Pinned:
//                                              each process has a processor of its own. ROW: only those, as stream-async
//
// The other process is this program again, told what to be by its arguments: KIND WHAT SIZE COUNT NAME. Both libraries run
// the same code, on streams; blocking and by tasks.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Pipes.Bench;

internal static class Program
{
    private const int Quota = 1 << 20;

    private static bool s_pinned;

    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is ["system" or "pipes", _, _, _, _, _])
        {
            if (arguments[5] == "True")
            {
                Pin(2);
            }

            await Peer(arguments[0], arguments[1], int.Parse(arguments[2]), int.Parse(arguments[3]), arguments[4]);
            return 0;
        }

        int rounds = arguments.Length >= 1 ? int.Parse(arguments[0]) : 3;
        s_pinned = arguments is [_, "pinned", ..] && Environment.ProcessorCount > 1;
        if (s_pinned)
        {
            Pin(1);
        }

        (string What, int Size, int Count)[] rows =
        [
            ("roundtrip", 64, 100_000), ("roundtrip", 4096, 100_000), ("stream", 65536, 20_000),
            ("roundtrip-async", 64, 100_000), ("roundtrip-async", 4096, 100_000), ("stream-async", 65536, 20_000),
        ];
        string[] only = [.. arguments.Skip(s_pinned ? 2 : 1)];
        Console.WriteLine($"{RuntimeName()}, {Environment.ProcessorCount} processors, two processes{(s_pinned ? ", pinned" : "")}, medians of {rounds}");
        Console.WriteLine($"{"",-18}{"bytes",8}{"System.IO.Pipes",20}{"Pipes",20}{"times",8}");
        foreach ((string what, int size, int count) in rows.Where(row => only.Length == 0 || only.Contains(row.What)))
        {
            List<double> theirs = [];
            List<double> ours = [];
            for (int round = 0; round < rounds; round++)
            {
                theirs.Add(await Measure("system", what, size, count));
                ours.Add(await Measure("pipes", what, size, count));
            }

            double their = Median(theirs);
            double our = Median(ours);
            bool streams = what.StartsWith("stream", StringComparison.Ordinal);
            string Show(double seconds) => streams
                ? $"{size / seconds / 1e9:F2} GB/s"
                : $"{seconds * 1e6:F2} us";
            Console.WriteLine($"{what,-18}{size,8}{Show(their),20}{Show(our),20}{their / our,8:F1}");
        }

        return 0;
    }

    private static void Pin(nint processors)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            Process.GetCurrentProcess().ProcessorAffinity = processors;
        }
    }

    private static string RuntimeName() => System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription;

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    /// <summary>Seconds for one round trip, or for one buffer.</summary>
    private static async Task<double> Measure(string kind, string what, int size, int count)
    {
        string name = $"bench-{Environment.ProcessId}-{Guid.NewGuid():N}";
        (Stream server, Action wait) = Server(kind, name, what.EndsWith("-async", StringComparison.Ordinal));
        using (server)
        {
            using Process peer = Process.Start(
                new ProcessStartInfo(
                    Environment.ProcessPath!,
                    string.Join(' ', PeerArguments().Concat([kind, what, $"{size}", $"{count}", name, $"{s_pinned}"]))))!;
            wait();
            double seconds = what switch
            {
                "roundtrip" => Ask(server, size, count),
                "roundtrip-async" => await AskAsync(server, size, count),
                "stream" => Drink(server, size, count),
                _ => await DrinkAsync(server, size, count),
            };
            peer.WaitForExit();
            return seconds;
        }
    }

    // Started as `dotnet Pipes.Bench.dll`, or as itself.
    private static IEnumerable<string> PeerArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];

    private static (Stream, Action) Server(string kind, string name, bool asynchronous)
    {
        if (kind == "system")
        {
            System.IO.Pipes.NamedPipeServerStream server = new(
                name, System.IO.Pipes.PipeDirection.InOut, 1, System.IO.Pipes.PipeTransmissionMode.Byte,
                asynchronous ? System.IO.Pipes.PipeOptions.Asynchronous : System.IO.Pipes.PipeOptions.None, Quota, Quota);
            return (server, server.WaitForConnection);
        }

        NamedPipeServerStream ours = new(
            name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte,
            asynchronous ? PipeOptions.Asynchronous : PipeOptions.None, Quota, Quota);
        return (ours, ours.WaitForConnection);
    }

    private static async Task Peer(string kind, string what, int size, int count, string name)
    {
        bool asynchronous = what.EndsWith("-async", StringComparison.Ordinal);
        Stream client;
        if (kind == "system")
        {
            System.IO.Pipes.NamedPipeClientStream theirs = new(
                ".", name, System.IO.Pipes.PipeDirection.InOut,
                asynchronous ? System.IO.Pipes.PipeOptions.Asynchronous : System.IO.Pipes.PipeOptions.None);
            theirs.Connect();
            client = theirs;
        }
        else
        {
            NamedPipeClientStream ours = new(
                ".", name, PipeDirection.InOut, asynchronous ? PipeOptions.Asynchronous : PipeOptions.None);
            ours.Connect();
            client = ours;
        }

        using (client)
        {
            byte[] buffer = new byte[size];
            switch (what)
            {
                case "roundtrip":
                    while (Fill(client, buffer))
                    {
                        client.Write(buffer);
                    }

                    break;
                case "roundtrip-async":
                    while (await FillAsync(client, buffer))
                    {
                        await client.WriteAsync(buffer);
                    }

                    break;
                case "stream":
                    for (int round = 0; round < count; round++)
                    {
                        client.Write(buffer);
                    }

                    Fill(client, new byte[1]);
                    break;
                default:
                    for (int round = 0; round < count; round++)
                    {
                        await client.WriteAsync(buffer);
                    }

                    await FillAsync(client, new byte[1]);
                    break;
            }
        }
    }

    private static bool Fill(Stream stream, byte[] buffer)
    {
        for (int at = 0; at < buffer.Length;)
        {
            int count = stream.Read(buffer.AsSpan(at));
            if (count == 0)
            {
                return false;
            }

            at += count;
        }

        return true;
    }

    private static async ValueTask<bool> FillAsync(Stream stream, byte[] buffer)
    {
        for (int at = 0; at < buffer.Length;)
        {
            int count = await stream.ReadAsync(buffer.AsMemory(at));
            if (count == 0)
            {
                return false;
            }

            at += count;
        }

        return true;
    }

    private static double Ask(Stream stream, int size, int count)
    {
        byte[] buffer = new byte[size];
        Stopwatch watch = new();
        for (int round = -count; round < count; round++)
        {
            if (round == 0)
            {
                watch.Start();
            }

            stream.Write(buffer);
            Fill(stream, buffer);
        }

        double seconds = watch.Elapsed.TotalSeconds / count;
        stream.Dispose();
        return seconds;
    }

    private static async Task<double> AskAsync(Stream stream, int size, int count)
    {
        byte[] buffer = new byte[size];
        Stopwatch watch = new();
        for (int round = -count; round < count; round++)
        {
            if (round == 0)
            {
                watch.Start();
            }

            await stream.WriteAsync(buffer);
            await FillAsync(stream, buffer);
        }

        double seconds = watch.Elapsed.TotalSeconds / count;
        stream.Dispose();
        return seconds;
    }

    private static double Drink(Stream stream, int size, int count)
    {
        byte[] buffer = new byte[size];
        Stopwatch watch = new();
        for (int round = 0; round < count; round++)
        {
            if (round == count / 4)
            {
                watch.Start();
            }

            Fill(stream, buffer);
        }

        double seconds = watch.Elapsed.TotalSeconds / (count - count / 4);
        stream.Write(new byte[1]);
        return seconds;
    }

    private static async Task<double> DrinkAsync(Stream stream, int size, int count)
    {
        byte[] buffer = new byte[size];
        Stopwatch watch = new();
        for (int round = 0; round < count; round++)
        {
            if (round == count / 4)
            {
                watch.Start();
            }

            await FillAsync(stream, buffer);
        }

        double seconds = watch.Elapsed.TotalSeconds / (count - count / 4);
        await stream.WriteAsync(new byte[1]);
        return seconds;
    }
}
