// What constructors refuse, and with which exception, of which parameter; and what a protected part of PipeStream does.
using System;
using System.IO;
using System.Security.Principal;
using System.Threading.Tasks;
using Pipes;
using SafePipeHandle = Pipes.SafePipeHandle;

namespace Ported.ToPipes;

public static class Constructors
{
    private const PipeDirection Both = PipeDirection.InOut;
    private const PipeTransmissionMode Bytes = PipeTransmissionMode.Byte;

    private static readonly string s_zero = $"a{(char)0}b";

    public static async Task OfServers(Outcomes outcomes)
    {
        await Makes(outcomes, "name null", () => new NamedPipeServerStream(null!));
        await Makes(outcomes, "name empty", () => new NamedPipeServerStream(""));
        await Makes(outcomes, "name anonymous", () => new NamedPipeServerStream("anonymous"));
        await Makes(outcomes, "name Anonymous", () => new NamedPipeServerStream("Anonymous", PipeDirection.In));
        await Makes(outcomes, "name with a zero", () => new NamedPipeServerStream(s_zero));
        foreach (int direction in new[] { 0, 4, -1, 99 })
        {
            await Makes(outcomes, $"direction {direction}", () => new NamedPipeServerStream(Name(), (PipeDirection)direction));
        }

        foreach (int instances in new[] { 0, -2, 255, int.MaxValue, int.MinValue, 1, 254, NamedPipeServerStream.MaxAllowedServerInstances })
        {
            await Makes(outcomes, $"{instances} instances", () => new NamedPipeServerStream(Name(), Both, instances));
        }

        foreach (int mode in new[] { -1, 2, 99 })
        {
            await Makes(
                outcomes, $"mode {mode}", () => new NamedPipeServerStream(Name(), Both, 1, (PipeTransmissionMode)mode));
        }

        await Makes(
            outcomes, "mode Message", () => new NamedPipeServerStream(Name(), Both, 1, PipeTransmissionMode.Message));
        foreach (int options in new[] { 1, -1, 0x10000000, 0x00040000 })
        {
            await Makes(
                outcomes, $"options {options:X}",
                () => new NamedPipeServerStream(Name(), Both, 1, Bytes, (PipeOptions)options));
        }

        foreach (PipeOptions options in Enum.GetValues<PipeOptions>())
        {
            await Makes(
                outcomes, $"options {options}", () => new NamedPipeServerStream(Name(), Both, 1, Bytes, options));
        }

        await Makes(
            outcomes, "inBufferSize -1",
            () => new NamedPipeServerStream(Name(), Both, 1, Bytes, PipeOptions.None, -1, 0));
        await Makes(
            outcomes, "outBufferSize -1",
            () => new NamedPipeServerStream(Name(), Both, 1, Bytes, PipeOptions.None, 0, -1));
        await Makes(
            outcomes, "all wrong",
            () => new NamedPipeServerStream(null!, 0, 0, (PipeTransmissionMode)9, (PipeOptions)1, -1, -1));
        await Makes(
            outcomes, "all wrong but the direction",
            () => new NamedPipeServerStream(null!, Both, 0, (PipeTransmissionMode)9, (PipeOptions)1, -1, -1));
        await Makes(
            outcomes, "all wrong but the direction and the mode",
            () => new NamedPipeServerStream(null!, Both, 0, Bytes, (PipeOptions)1, -1, -1));
        await Makes(
            outcomes, "name, instances, options and inBufferSize wrong",
            () => new NamedPipeServerStream(null!, Both, 0, Bytes, (PipeOptions)1, -1, 0));
        await Makes(
            outcomes, "instances, options and inBufferSize wrong",
            () => new NamedPipeServerStream("anonymous", Both, 0, Bytes, (PipeOptions)1, -1, 0));
        await Makes(
            outcomes, "options and inBufferSize wrong",
            () => new NamedPipeServerStream("anonymous", Both, 1, Bytes, (PipeOptions)1, -1, 0));
        await Makes(
            outcomes, "reserved name and inBufferSize wrong",
            () => new NamedPipeServerStream("anonymous", Both, 1, Bytes, PipeOptions.None, -1, 0));

        await Makes(outcomes, "handle null", () => new NamedPipeServerStream(Both, true, true, null!));
        await Makes(outcomes, "handle null, direction wrong", () => new NamedPipeServerStream(0, true, true, null!));
        await Makes(outcomes, "invalid handle", () => new NamedPipeServerStream(Both, true, true, new(-1, false)));
        await Makes(outcomes, "no handle", () => new NamedPipeServerStream(Both, true, false, new()));
    }

    public static async Task OfASecondServer(Outcomes outcomes)
    {
        string name = Outcomes.NewName();
        using (new NamedPipeServerStream(name, Both, 1))
        {
            await Makes(outcomes, "a second instance of one", () => new NamedPipeServerStream(name, Both, 1));
            await Makes(outcomes, "a second instance of two", () => new NamedPipeServerStream(name, Both, 2));
        }

        await Makes(outcomes, "the name again", () => new NamedPipeServerStream(name, Both, 1));
        using (new NamedPipeServerStream(name, Both, 2))
        {
            await Makes(outcomes, "a second instance, first of two", () => new NamedPipeServerStream(name, Both, 2));
            await Makes(
                outcomes, "FirstPipeInstance where there is one",
                () => new NamedPipeServerStream(name, Both, 2, Bytes, PipeOptions.FirstPipeInstance));
        }

        await Makes(
            outcomes, "FirstPipeInstance where there is none",
            () => new NamedPipeServerStream(name, Both, 2, Bytes, PipeOptions.FirstPipeInstance));
    }

    public static async Task OfClients(Outcomes outcomes)
    {
        await Makes(outcomes, "name null", () => new NamedPipeClientStream(null!));
        await Makes(outcomes, "name empty", () => new NamedPipeClientStream(""));
        await Makes(outcomes, "name anonymous", () => new NamedPipeClientStream("ANONYMOUS"));
        await Makes(outcomes, "name with a zero", () => new NamedPipeClientStream(s_zero));
        await Makes(outcomes, "server null", () => new NamedPipeClientStream(null!, "x"));
        await Makes(outcomes, "server empty", () => new NamedPipeClientStream("", "x"));
        await Makes(outcomes, "both null", () => new NamedPipeClientStream(null!, (string)null!));
        await Makes(outcomes, "both empty", () => new NamedPipeClientStream("", ""));
        foreach (int direction in new[] { 0, 4, -1 })
        {
            await Makes(
                outcomes, $"direction {direction}", () => new NamedPipeClientStream(".", "x", (PipeDirection)direction));
        }

        foreach (int options in new[] { 1, -1, 0x10000000 })
        {
            await Makes(
                outcomes, $"options {options:X}", () => new NamedPipeClientStream(".", "x", Both, (PipeOptions)options));
        }

        foreach (PipeOptions options in Enum.GetValues<PipeOptions>())
        {
            await Makes(outcomes, $"options {options}", () => new NamedPipeClientStream(".", "x", Both, options));
        }

        foreach (int level in new[] { -1, 5, 0, 1, 2, 3, 4 })
        {
            await Makes(
                outcomes, $"level {level}",
                () => new NamedPipeClientStream(".", "x", Both, PipeOptions.None, (TokenImpersonationLevel)level));
        }

        foreach (int inheritability in new[] { -1, 2, 0, 1 })
        {
            await Makes(
                outcomes, $"inheritability {inheritability}",
                () => new NamedPipeClientStream(
                    ".", "x", Both, PipeOptions.None, TokenImpersonationLevel.None, (HandleInheritability)inheritability));
        }

        await Makes(
            outcomes, "all wrong",
            () => new NamedPipeClientStream(
                null!, null!, (PipeDirection)0, (PipeOptions)1, (TokenImpersonationLevel)9, (HandleInheritability)9));
        await Makes(
            outcomes, "all wrong but the direction and the names",
            () => new NamedPipeClientStream(
                ".", "anonymous", Both, (PipeOptions)1, (TokenImpersonationLevel)9, (HandleInheritability)9));
        await Makes(
            outcomes, "level and inheritability wrong",
            () => new NamedPipeClientStream(
                ".", "anonymous", Both, PipeOptions.None, (TokenImpersonationLevel)9, (HandleInheritability)9));
        await Makes(outcomes, "handle null", () => new NamedPipeClientStream(Both, true, true, null!));
        await Makes(outcomes, "handle null, direction wrong", () => new NamedPipeClientStream(0, true, true, null!));
        await Makes(outcomes, "invalid handle", () => new NamedPipeClientStream(Both, true, true, new(-1, false)));
        await Makes(outcomes, "no handle", () => new NamedPipeClientStream(Both, false, true, new()));
    }

    public static async Task OfClientsWithRights(Outcomes outcomes)
    {
        foreach (int rights in new[] { 0, -1, 0x00200000 })
        {
            await Makes(outcomes, $"rights {rights:X}", () => WithRights((PipeAccessRights)rights));
        }

        foreach (PipeAccessRights rights in Enum.GetValues<PipeAccessRights>())
        {
            await outcomes.Of($"rights {rights} read and write", () =>
            {
                using NamedPipeClientStream made = WithRights(rights);
                return $"{made.CanRead} {made.CanWrite}";
            });
        }
    }

    private static NamedPipeClientStream WithRights(PipeAccessRights rights) =>
        new(".", "x", rights, PipeOptions.None, TokenImpersonationLevel.None, HandleInheritability.None);

    public static async Task OfAnonymousPipes(Outcomes outcomes)
    {
        await Makes(outcomes, "server", () => new AnonymousPipeServerStream());
        foreach (int direction in new[] { 0, 4, 3, 1, 2 })
        {
            await Makes(
                outcomes, $"server, direction {direction}", () => new AnonymousPipeServerStream((PipeDirection)direction));
        }

        foreach (int inheritability in new[] { -1, 2, 0, 1 })
        {
            await Makes(
                outcomes, $"server, inheritability {inheritability}",
                () => new AnonymousPipeServerStream(PipeDirection.In, (HandleInheritability)inheritability));
        }

        foreach (int size in new[] { -1, 0, 1, 100_000 })
        {
            await Makes(
                outcomes, $"server, size {size}",
                () => new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None, size));
        }

        await Makes(
            outcomes, "server, all wrong", () => new AnonymousPipeServerStream(Both, (HandleInheritability)9, -1));
        await Makes(
            outcomes, "server, direction and inheritability wrong",
            () => new AnonymousPipeServerStream(Both, (HandleInheritability)9, 0));
        await Makes(outcomes, "server, handles null", () => new AnonymousPipeServerStream(PipeDirection.In, null!, null!));
        await Makes(
            outcomes, "server, InOut, handles null", () => new AnonymousPipeServerStream(Both, null!, null!));
        await Makes(
            outcomes, "server, second handle null", () => new AnonymousPipeServerStream(PipeDirection.In, new SafePipeHandle(), null!));
        await Makes(
            outcomes, "server, handles invalid", () => new AnonymousPipeServerStream(PipeDirection.In, new SafePipeHandle(), new SafePipeHandle()));

        foreach (string? handle in new[] { null, "", "none", "-1", "0x10", " ", "99999999999999999999", "1073741823" })
        {
            await Makes(outcomes, $"client of '{handle ?? "null"}'", () => new AnonymousPipeClientStream(handle!));
        }

        await Makes(outcomes, "client, InOut, text null", () => new AnonymousPipeClientStream(Both, (string)null!));
        await Makes(outcomes, "client, direction 0", () => new AnonymousPipeClientStream(0, "none"));
        await Makes(outcomes, "client, InOut, handle invalid", () => new AnonymousPipeClientStream(Both, new SafePipeHandle(-1, false)));
        await Makes(outcomes, "client, handle invalid", () => new AnonymousPipeClientStream(PipeDirection.In, new SafePipeHandle(-1, false)));
    }

    public static async Task OfWhatDerives(Outcomes outcomes)
    {
        await Makes(outcomes, "direction 0", () => new Derived(0, 0));
        await Makes(outcomes, "size -1", () => new Derived(Both, -1));
        await Makes(outcomes, "direction 5 of three", () => new Derived((PipeDirection)5, Bytes, 0));
        await Makes(outcomes, "mode 5", () => new Derived(Both, (PipeTransmissionMode)5, 0));
        await Makes(outcomes, "size -1 of three", () => new Derived(Both, Bytes, -1));
        using Derived derived = new(Both, 16);
        await derived.Tell(outcomes);
        derived.Dispose();
        await outcomes.Of("closed, CheckPipePropertyOperations", derived.CheckProperties);
        await outcomes.Of("closed, IsHandleExposed", () => derived.Exposed);
    }

    private static string Name() => Outcomes.NewName();

    private static Task Makes(Outcomes outcomes, string what, Func<Stream> make) => outcomes.Of(what, () =>
    {
        using Stream made = make();
        return "makes it";
    });

    /// <summary>An end of the caller's own.</summary>
    private sealed class Derived : PipeStream
    {
        public Derived(PipeDirection direction, int size)
            : base(direction, size)
        {
        }

        public Derived(PipeDirection direction, PipeTransmissionMode mode, int size)
            : base(direction, mode, size)
        {
        }

        public bool Exposed => IsHandleExposed;

        public void CheckProperties() => CheckPipePropertyOperations();

        public async Task Tell(Outcomes outcomes)
        {
            await outcomes.Of("IsConnected", () => IsConnected);
            await outcomes.Of("IsHandleExposed", () => IsHandleExposed);
            await outcomes.Of("SafePipeHandle", () => SafePipeHandle);
            await outcomes.Of("CheckPipePropertyOperations", CheckPipePropertyOperations);
            await outcomes.Of("CheckReadOperations", CheckReadOperations);
            await outcomes.Of("CheckWriteOperations", CheckWriteOperations);
            await outcomes.Of("TransmissionMode", () => TransmissionMode);
            await outcomes.Of("ReadMode", () => ReadMode);
            await outcomes.Of("IsMessageComplete", () => IsMessageComplete);
            await outcomes.Of("OutBufferSize", () => OutBufferSize);
            IsConnected = true;
            await outcomes.Of("connected, SafePipeHandle", () => SafePipeHandle);
            await outcomes.Of("connected, CheckPipePropertyOperations", CheckPipePropertyOperations);
            await outcomes.Of("connected, CheckReadOperations", CheckReadOperations);
            await outcomes.Of("connected, CheckWriteOperations", CheckWriteOperations);
            await outcomes.Of("connected, Read", () => Read(new byte[1], 0, 1));
            InitializeHandle(null, isExposed: true, isAsync: true);
            await outcomes.Of("IsAsync, told", () => IsAsync);
            await outcomes.Of("IsHandleExposed, told", () => IsHandleExposed);
            await outcomes.Of("no handle, Flush", Flush);
            IsConnected = false;
            await outcomes.Of("disconnected, CheckReadOperations", CheckReadOperations);
            await outcomes.Of("disconnected, CheckWriteOperations", CheckWriteOperations);
            await outcomes.Of("disconnected, CheckPipePropertyOperations", CheckPipePropertyOperations);
        }
    }
}
