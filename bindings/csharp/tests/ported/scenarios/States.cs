// Every call that does not wait, on every kind of end in every state.
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Pipes;

namespace Ported.ToPipes;

public static class States
{
    private static readonly byte[] s_one = new byte[1];

    private static readonly (string Name, Func<PipeStream, object?> Call)[] s_questions =
    [
        ("CanRead", end => end.CanRead),
        ("CanWrite", end => end.CanWrite),
        ("CanSeek", end => end.CanSeek),
        ("IsConnected", end => end.IsConnected),
        ("IsAsync", end => end.IsAsync),
        ("CanTimeout", end => end.CanTimeout),
        ("ReadTimeout", end => end.ReadTimeout),
        ("WriteTimeout", end => end.WriteTimeout),
        ("ReadTimeout = 5", end => end.ReadTimeout = 5),
        ("WriteTimeout = 5", end => end.WriteTimeout = 5),
        ("Length", end => end.Length),
        ("Position", end => end.Position),
        ("Position = 1", end => end.Position = 1),
        ("Seek", end => end.Seek(0, SeekOrigin.Begin)),
        ("SetLength", end => Done(() => end.SetLength(1))),
        ("TransmissionMode", end => end.TransmissionMode),
        ("ReadMode", end => end.ReadMode),
        ("ReadMode = Byte", end => end.ReadMode = PipeTransmissionMode.Byte),
        ("ReadMode = Message", end => end.ReadMode = PipeTransmissionMode.Message),
        ("ReadMode = 7", end => end.ReadMode = (PipeTransmissionMode)7),
        ("IsMessageComplete", end => end.IsMessageComplete),
        ("InBufferSize", end => end.InBufferSize),
        ("OutBufferSize", end => end.OutBufferSize),
        ("Flush", end => Done(end.Flush)),
        ("FlushAsync", end => end.FlushAsync()),
        ("FlushAsync, cancelled", end => end.FlushAsync(new CancellationToken(canceled: true))),
    ];

    private static readonly (string Name, Func<PipeStream, object?> Call)[] s_mistakes =
    [
        ("Read(null)", end => end.Read(null!, 0, 0)),
        ("Read, offset -1", end => end.Read(s_one, -1, 1)),
        ("Read, count -1", end => end.Read(s_one, 0, -1)),
        ("Read, count 2", end => end.Read(s_one, 0, 2)),
        ("Read, offset 2", end => end.Read(s_one, 2, 0)),
        ("Write(null)", end => Done(() => end.Write(null!, 0, 0))),
        ("Write, offset -1", end => Done(() => end.Write(s_one, -1, 1))),
        ("Write, count -1", end => Done(() => end.Write(s_one, 0, -1))),
        ("Write, count 2", end => Done(() => end.Write(s_one, 0, 2))),
        ("Write, offset 2", end => Done(() => end.Write(s_one, 2, 0))),
        ("ReadAsync(null)", end => end.ReadAsync(null!, 0, 0)),
        ("ReadAsync, offset -1", end => end.ReadAsync(s_one, -1, 1)),
        ("ReadAsync, count 2", end => end.ReadAsync(s_one, 0, 2)),
        ("WriteAsync(null)", end => end.WriteAsync(null!, 0, 0)),
        ("WriteAsync, count -1", end => end.WriteAsync(s_one, 0, -1)),
        ("WriteAsync, count 2", end => end.WriteAsync(s_one, 0, 2)),
        ("BeginRead(null)", end => end.BeginRead(null!, 0, 0, null, null)),
        ("BeginRead, count 2", end => end.BeginRead(s_one, 0, 2, null, null)),
        ("BeginWrite(null)", end => end.BeginWrite(null!, 0, 0, null, null)),
        ("BeginWrite, offset -1", end => end.BeginWrite(s_one, -1, 1, null, null)),
        ("EndRead(null)", end => end.EndRead(null!)),
        ("EndRead(what is not its own)", end => end.EndRead(Task.CompletedTask)),
        ("EndWrite(null)", end => Done(() => end.EndWrite(null!))),
        ("EndWrite(what is not its own)", end => Done(() => end.EndWrite(new NotItsOwn()))),
        ("CopyTo(null)", end => Done(() => end.CopyTo(null!))),
        ("CopyTo, buffer 0", end => Done(() => end.CopyTo(new MemoryStream(), 0))),
        ("CopyTo what cannot be written", end => Done(() => end.CopyTo(new MemoryStream([], writable: false)))),
        ("CopyTo what is closed", end => Done(() => end.CopyTo(Closed()))),
        ("CopyToAsync(null)", end => end.CopyToAsync(null!)),
        ("CopyToAsync, buffer -1", end => end.CopyToAsync(new MemoryStream(), -1)),
        ("CopyToAsync what cannot be written", end => end.CopyToAsync(new MemoryStream([], writable: false))),
        ("CopyToAsync what is closed", end => end.CopyToAsync(Closed())),
        ("ReadExactly(null)", end => Done(() => end.ReadExactly(null!, 0, 0))),
        ("ReadAtLeast, too many", end => end.ReadAtLeast(s_one, 2)),
    ];

    private static readonly (string Name, Func<PipeStream, object?> Call)[] s_transfers =
    [
        ("Write", end => Done(() => end.Write(s_one, 0, 1))),
        ("Write(span)", end => Done(() => end.Write(s_one.AsSpan()))),
        ("WriteByte", end => Done(() => end.WriteByte(7))),
        ("WriteAsync", end => end.WriteAsync(s_one, 0, 1)),
        ("WriteAsync(memory)", end => end.WriteAsync(s_one.AsMemory()).AsTask()),
        ("WriteAsync, cancelled", end => end.WriteAsync(s_one, 0, 1, new CancellationToken(canceled: true))),
        ("WriteAsync(memory), cancelled",
            end => end.WriteAsync(s_one.AsMemory(), new CancellationToken(canceled: true)).AsTask()),
        ("BeginWrite and EndWrite", end => Done(() => end.EndWrite(end.BeginWrite(s_one, 0, 1, null, null)))),
        ("IsConnected after writing", end => end.IsConnected),
        ("Read", end => end.Read(new byte[1], 0, 1)),
        ("Read(span)", end => end.Read(new byte[1].AsSpan())),
        ("ReadByte", end => end.ReadByte()),
        ("ReadAsync", end => end.ReadAsync(new byte[1], 0, 1)),
        ("ReadAsync(memory)", end => end.ReadAsync(new byte[1].AsMemory()).AsTask()),
        ("ReadAsync, cancelled", end => end.ReadAsync(new byte[1], 0, 1, new CancellationToken(canceled: true))),
        ("ReadAsync(memory), cancelled",
            end => end.ReadAsync(new byte[1].AsMemory(), new CancellationToken(canceled: true)).AsTask()),
        ("CopyToAsync, cancelled",
            end => end.CopyToAsync(new MemoryStream(), 16, new CancellationToken(canceled: true))),
        ("BeginRead and EndRead", end => end.EndRead(end.BeginRead(new byte[1], 0, 1, null, null))),
        ("ReadExactly", end => Done(() => end.ReadExactly(new byte[2]))),
        ("ReadAtLeast", end => end.ReadAtLeast(new byte[2], 1, throwOnEndOfStream: false)),
        ("IsConnected after reading", end => end.IsConnected),
        ("IsMessageComplete after reading", end => end.IsMessageComplete),
    ];

    private static readonly (string Name, Func<PipeStream, object?> Call)[] s_nothing =
    [
        ("Write, nothing", end => Done(() => end.Write([], 0, 0))),
        ("Write(span), nothing", end => Done(() => end.Write(default(ReadOnlySpan<byte>)))),
        ("WriteAsync, nothing", end => end.WriteAsync([], 0, 0)),
        ("WriteAsync(memory), nothing", end => end.WriteAsync(default(ReadOnlyMemory<byte>)).AsTask()),
        ("Read, nothing", end => end.Read([], 0, 0)),
        ("Read(span), nothing", end => end.Read(default(Span<byte>))),
        ("ReadAsync, nothing", end => end.ReadAsync([], 0, 0)),
        ("ReadAsync(memory), nothing", end => end.ReadAsync(default(Memory<byte>)).AsTask()),
    ];

    private static readonly (string Name, Func<PipeStream, object?> Call)[] s_handles =
    [
        ("SafePipeHandle.IsInvalid", end => end.SafePipeHandle.IsInvalid),
        ("SafePipeHandle.IsClosed", end => end.SafePipeHandle.IsClosed),
        ("SafePipeHandle is one", end => ReferenceEquals(end.SafePipeHandle, end.SafePipeHandle)),
        ("IsConnected after SafePipeHandle", end => end.IsConnected),
    ];

    public static Task Fresh(Outcomes outcomes) => All(outcomes, "fresh");

    public static Task ClosedBeforeItWasConnected(Outcomes outcomes) => All(outcomes, "closed before it was connected");

    public static Task Connected(Outcomes outcomes) => All(outcomes, "connected");

    public static Task Left(Outcomes outcomes) => All(outcomes, "left");

    public static Task LeftWithSomethingUnread(Outcomes outcomes) => All(outcomes, "left with something unread");

    public static Task LeftAndKnownToBe(Outcomes outcomes) => All(outcomes, "left and known to be");

    public static Task LeftByDisconnect(Outcomes outcomes) => All(outcomes, "left by Disconnect");

    public static Task Disconnected(Outcomes outcomes) => All(outcomes, "disconnected");

    public static Task ClosedAfterwards(Outcomes outcomes) => All(outcomes, "closed");

    private static async Task All(Outcomes outcomes, string state)
    {
        foreach ((string kind, Func<Ends?> make) in Ends.In(state))
        {
            foreach ((string Name, Func<PipeStream, object?> Call)[] calls in
                     new[] { s_questions, s_mistakes, s_transfers, s_nothing, s_handles })
            {
                using Ends? ends = make();
                if (ends is null)
                {
                    break;
                }

                foreach ((string name, Func<PipeStream, object?> call) in calls)
                {
                    await outcomes.Of($"{kind}: {name}", () => call(ends.End));
                }
            }
        }
    }

    private static string Done(Action call)
    {
        call();
        return "done";
    }

    private static MemoryStream Closed()
    {
        MemoryStream stream = new();
        stream.Dispose();
        return stream;
    }

    private sealed class NotItsOwn : IAsyncResult
    {
        public object? AsyncState => null;

        public WaitHandle AsyncWaitHandle => throw new NotSupportedException();

        public bool CompletedSynchronously => false;

        public bool IsCompleted => false;
    }
}
