// What Pipes does otherwise than System.IO.Pipes, and why. README.md tells those who port of it.
//
// System.IO.Pipes is compared as it is on Linux, where it stands on sockets, and as it is on Windows, where it is that of
// the documentation. So what differs on Linux alone is as on Windows here.
using System;
using System.Collections.Generic;
using System.Linq;

namespace Pipes.Tests;

internal static class PortingReasons
{
    private const string OfAnyValue = "*";

    private const string NoSuchPart = "System.IO.Pipes has it on Windows alone";

    private const string KnowsTheEnd =
        "a stream that has seen the end is broken: IsConnected is false, and it refuses what a broken pipe refuses";

    private const string NotTheSystem = "the sizes are those that were asked for, not those of a socket";

    private const string AsDocumented = "ObjectDisposedException, as is documented, and as on Linux";

    private static readonly Reason[] s_everywhere =
    [
        new("States.*Timeout*", OfAnyValue, OfAnyValue, "time-outs work"),
        new("Waiting.ClosedWhileItWaits: *its own end closed", OfAnyValue, "task: ObjectDisposedException",
            "closing ends what waits in one way everywhere"),
        new("Waiting.LeftWhileItWaits: *IsConnected*", "True", "False", KnowsTheEnd),
        new("Waiting.LeftWhileItWaits: WriteAsync then", "task: IOException", "throws IOException", KnowsTheEnd),
        new("Constructors.*: name with a zero", OfAnyValue, "throws ArgumentException(pipeName)",
            "there are no such names, and none is cut off"),
        new("Constructors.OfClients: server empty", "throws ArgumentException()", "throws ArgumentException(serverName)",
            "it tells of which parameter"),
        new("Handles.TakenOverUnconnected: Connect", OfAnyValue, "throws InvalidOperationException",
            "an end of a handle has no name to connect to"),
        new("States.*: ReadMode = Message", OfAnyValue, "throws NotSupportedException",
            "a pipe of bytes does not support the value, for which this exception is documented"),
    ];

    private static readonly Reason[] s_onLinux =
    [
        new("States.LeftAndKnownToBe: *: *IsConnected*", "True", "False", KnowsTheEnd),
        new("States.Left*: *: IsConnected after reading", "True", "False", KnowsTheEnd),
        new("States.Left*: *: Flush", "done", "throws IOException", KnowsTheEnd),
        new("States.Left*: *: FlushAsync*", "task: done", "task: IOException", KnowsTheEnd),
        new("States.LeftAndKnownToBe: *: Write*, nothing", OfAnyValue, "throws IOException", KnowsTheEnd),
        new("States.Left*: client *: TransmissionMode", "Byte", "throws IOException", KnowsTheEnd),
        new("States.Left*: client *: ReadMode*", OfAnyValue, "throws IOException", KnowsTheEnd),
        new("States.Left*: client *: ??*BufferSize", OfAnyValue, "throws IOException", KnowsTheEnd),
        new("Conversations.Copying: IsConnected", "True", "False", KnowsTheEnd),
        new("Conversations.Disconnecting: IsConnected, client that read", "True", "False", KnowsTheEnd),
        new("Conversations.ServingOneAfterTheOther: ?: connected then", "True", "False", KnowsTheEnd),
        new("Conversations.ServingOneAfterTheOther: ?: WaitForConnection*", "throws InvalidOperationException",
            "throws IOException", KnowsTheEnd),
        new("Conversations.TextOverAPipe: Dispose of a writer after the end", "done", "throws IOException", KnowsTheEnd),
        new("Conversations.ConnectingTwice: it is known to have, *", "*InvalidOperationException", "*TimeoutException",
            "a client whose server has left may connect again"),
        new("Conversations.ConnectingAgain: 1: *", OfAnyValue, OfAnyValue,
            "a client whose server has left may connect again"),
        new("Handles.Anonymous: nobody can write: IsConnected", "True", "False", KnowsTheEnd),

        new("States.*: ReadMode = Message", "throws PlatformNotSupportedException", OfAnyValue, NoSuchPart),
        new("States.*: * In*: ReadMode = Byte", "Byte", "throws UnauthorizedAccessException",
            "an end that only reads has no right to set anything"),
        new("Constructors.OfServers: mode Message", "throws PlatformNotSupportedException", "makes it", NoSuchPart),
        new("Constructors.OfClientsWithRights: *", "throws PlatformNotSupportedException", OfAnyValue, NoSuchPart),
        new("Conversations.Draining: *", "*PlatformNotSupportedException", OfAnyValue, NoSuchPart),
        new("Conversations.Messages: *", "throws PlatformNotSupportedException", "is made", NoSuchPart),
        new("Conversations.Messages: *", "(not done)", OfAnyValue, NoSuchPart),

        new("States.*: *BufferSize", "212992", OfAnyValue, NotTheSystem),
        new("States.*: server *: *BufferSize", "8192", "4096", NotTheSystem),
        new("States.*: anonymous *: *BufferSize", "65536", OfAnyValue, NotTheSystem),

        new("States.*: server *: IsAsync", "False", "True", "a server has its handle from the first"),
        new("States.*: server *: SafePipeHandle*", "throws InvalidOperationException", OfAnyValue,
            "a server has its handle from the first"),
        new("Conversations.ClosingTwice: after `await using`", "throws InvalidOperationException",
            "throws ObjectDisposedException", "a server has its handle from the first"),
        new("Constructors.OfWhatDerives: *", OfAnyValue, "throws InvalidOperationException",
            "an end without a handle does nothing"),
        new("Handles.OfClosedHandles: *of it", "throws ArgumentException(safePipeHandle)", "throws ObjectDisposedException",
            "a closed handle is one that was valid"),
        new("Constructors.OfAnonymousPipes: client of '1073741823'", "throws UnauthorizedAccessException",
            "throws IOException", "what is not open is no pipe"),
        new("Waiting.CancelledConnects: *: WaitForConnectionAsync", "task: OperationCanceledException()",
            "task: OperationCanceledException(the token)", "the exception tells the token"),
        new("Conversations.*WaitForConnectionAsync, cancelled", OfAnyValue, "task: OperationCanceledException()",
            "a cancelled token is seen first"),
    ];

    private static readonly Reason[] s_onWindows =
    [
        new("States.ClosedBeforeItWasConnected: client *", "*InvalidOperationException", "*ObjectDisposedException",
            AsDocumented),
        new("Constructors.OfWhatDerives: closed, *", "throws InvalidOperationException", "throws ObjectDisposedException",
            AsDocumented),
        new("States.*: End*(what is not its own)", "throws ArgumentException()", "throws ArgumentException(asyncResult)",
            "it tells of which parameter"),
        new("Handles.TakenOver: *", "throws ArgumentException(handle)", OfAnyValue,
            "two streams of one handle work asynchronously"),
        new("Conversations.ConnectingTwice: *WaitForConnection*", OfAnyValue, "throws InvalidOperationException",
            "what is wrong from the first is thrown at once, as on Linux"),
        new("Conversations.Messages: client, TransmissionMode", "Byte", "Message", "it is that of the pipe, as is documented"),
    ];

    public static IEnumerable<Reason> Here { get; } =
        [.. s_everywhere, .. OperatingSystem.IsWindows() ? s_onWindows : s_onLinux];

    /// <summary>Justifies a difference between what becomes of a call. `*` stands for anything.</summary>
    internal sealed record Reason(string Call, string Theirs, string Ours, string Why);
}
