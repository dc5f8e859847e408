// Who may use a pipe, and acting as its client. What needs several users needs root, and is skipped otherwise.
using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.AccessControl;
using System.Security.Principal;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Pipes.Tests;

public sealed class SecurityTests
{
    private const PipeTransmissionMode Message = PipeTransmissionMode.Message;

    private static NamedPipeServerStream NewServer(string name, PipeSecurity? security, PipeAccessRights additional = 0) =>
        NamedPipeServerStreamAcl.Create(
            name, PipeDirection.InOut, 2, Message, PipeOptions.None, 4096, 4096, security, HandleInheritability.None,
            additional);

    [Fact]
    public void SDDL_18_TextGoesThroughBytesAndBack()
    {
        const string Text = "O:BAG:BAD:P(D;;CC;;;AN)(A;;FA;;;SY)(A;;FR;;;BU)";
        PipeSecurity security = new(Text);
        Assert.Equal(Text, security.GetSecurityDescriptorSddlForm());
        PipeSecurity copy = new("D:(A;;FA;;;WD)");
        copy.SetSecurityDescriptorSddlForm("D:P(D;;CC;;;AN)");
        Assert.Equal("D:P(D;;CC;;;AN)", copy.GetSecurityDescriptorSddlForm());
        copy.SetSecurityDescriptorBinaryForm(security.GetSecurityDescriptorBinaryForm());
        Assert.Equal(Text, copy.GetSecurityDescriptorSddlForm());
        Assert.Equal("S-1-5-32-544", copy.GetOwner());
        Assert.Equal("S-1-5-32-544", copy.GetGroup());
        Assert.Equal(3, copy.GetAccessRules().Count);
        Assert.True(copy.AreAccessRulesCanonical);
        Assert.False(new PipeSecurity("D:(A;;FA;;;SY)(D;;CC;;;AN)").AreAccessRulesCanonical);
    }

    [Fact]
    public void SDDL_13_MalformedTextIsRefused()
    {
        foreach (string text in new[] { "nonsense", "D:(A;;FA;;;XX)", "D:(A;;FA;;;S-1)", "D:(A;;QQ;;;SY)", "O:" })
        {
            Assert.Throws<ArgumentException>(() => new PipeSecurity(text));
        }

        Assert.Throws<ArgumentNullException>(() => new PipeSecurity(null!));
        Assert.Throws<ArgumentException>(() => new PipeSecurity().SetSecurityDescriptorBinaryForm([1, 2, 3]));
        Assert.Throws<ArgumentNullException>(() => new PipeSecurity().SetSecurityDescriptorBinaryForm(null!));
    }

    [Fact]
    public void RulesAreAddedAndRemoved()
    {
        PipeSecurity security = new();
        Assert.Empty(security.GetAccessRules());
        Assert.Equal("", security.GetSecurityDescriptorSddlForm());
        security.AddAccessRule(new("BU", PipeAccessRights.ReadData, AccessControlType.Allow));
        security.AddAccessRule(new("S-1-5-32-545", PipeAccessRights.WriteData, AccessControlType.Allow));
        security.AddAccessRule(new("AN", PipeAccessRights.FullControl, AccessControlType.Deny));
        Assert.Equal("D:(D;;0x1f019f;;;AN)(A;;0x100003;;;BU)", security.GetSecurityDescriptorSddlForm());
        Assert.True(security.RemoveAccessRule(new("BU", PipeAccessRights.WriteData, AccessControlType.Allow)));
        Assert.False(security.RemoveAccessRule(new("SY", PipeAccessRights.WriteData, AccessControlType.Allow)));
        Assert.Equal("D:(D;;0x1f019f;;;AN)(A;;0x100001;;;BU)", security.GetSecurityDescriptorSddlForm());
        security.SetAccessRule(new("BU", PipeAccessRights.ReadAttributes, AccessControlType.Allow));
        Assert.Equal("D:(D;;0x1f019f;;;AN)(A;;0x100080;;;BU)", security.GetSecurityDescriptorSddlForm());
        security.RemoveAccessRuleSpecific(new("BU", PipeAccessRights.ReadAttributes, AccessControlType.Allow));
        security.ResetAccessRule(new("AN", PipeAccessRights.FullControl, AccessControlType.Allow));
        Assert.Equal("D:(A;;0x1f019f;;;AN)", security.GetSecurityDescriptorSddlForm());
        PipeAccessRule rule = security.GetAccessRules().Single();
        Assert.Equal("S-1-5-7", rule.Sid);
        Assert.NotEqual("", rule.Identity);
        Assert.Equal(PipeAccessRights.FullControl, rule.PipeAccessRights);
        Assert.Equal(AccessControlType.Allow, rule.AccessControlType);
        security.PurgeAccessRules("AN");
        security.AddAccessRule(PipeAccessRule.Allow("BU", PipeAccessRights.ReadData));
        security.AddAccessRule(PipeAccessRule.Deny("AN", PipeAccessRights.ReadData));
        Assert.Equal("D:(D;;CC;;;AN)(A;;0x100001;;;BU)", security.GetSecurityDescriptorSddlForm());
        security.PurgeAccessRules("AN");
        security.PurgeAccessRules("BU");
        Assert.Equal("D:", security.GetSecurityDescriptorSddlForm());
        security.SetOwner(OperatingSystem.IsWindows() ? "SY" : "root");
        security.SetGroup("BA");
        Assert.Equal(OperatingSystem.IsWindows() ? "S-1-5-18" : "S-1-22-1-0", security.GetOwner());
        Assert.Throws<ArgumentNullException>(() => security.AddAccessRule(null!));
        Assert.Throws<ArgumentException>(
            () => new PipeAccessRule("nobody of this name", PipeAccessRights.Read, AccessControlType.Allow));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PipeAccessRule("BU", 0, AccessControlType.Allow));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PipeAccessRule("BU", PipeAccessRights.Read, (AccessControlType)9));
    }

    [Fact]
    public void AuditRulesAreAddedAndRemoved()
    {
        PipeSecurity security = new("D:(A;;FA;;;WD)S:P(AU;SAFA;FR;;;BU)(ML;;NW;;;LW)");
        PipeAuditRule rule = security.GetAuditRules().Single();
        Assert.Equal("S-1-5-32-545", rule.Sid);
        Assert.NotEqual("", rule.Identity);
        Assert.Equal(0x120089u, (uint)rule.PipeAccessRights);
        Assert.Equal(AuditFlags.Success | AuditFlags.Failure, rule.AuditFlags);
        security.AddAuditRule(new("BU", PipeAccessRights.WriteData, AuditFlags.Failure));
        Assert.Equal(
            "S:P(AU;SA;FR;;;BU)(AU;FA;0x12008b;;;BU)(ML;;NW;;;LW)", AuditOf(security));
        Assert.True(security.RemoveAuditRule(new("BU", PipeAccessRights.FullControl, AuditFlags.Success)));
        Assert.False(security.RemoveAuditRule(new("BU", PipeAccessRights.FullControl, AuditFlags.Success)));
        Assert.False(security.RemoveAuditRule(new("AN", PipeAccessRights.FullControl, AuditFlags.Failure)));
        security.RemoveAuditRuleSpecific(new("BU", PipeAccessRights.WriteData, AuditFlags.Failure));
        Assert.Equal("S:P(AU;FA;0x12008b;;;BU)(ML;;NW;;;LW)", AuditOf(security));
        security.SetAuditRule(new("BU", PipeAccessRights.ReadData, AuditFlags.Success));
        security.AddAuditRule(new("WD", PipeAccessRights.ReadData, AuditFlags.Failure));
        security.RemoveAuditRuleAll(new("BU", PipeAccessRights.Delete, AuditFlags.Failure));
        rule = security.GetAuditRules().Single();
        Assert.Equal("S-1-1-0", rule.Sid);
        Assert.Equal(PipeAccessRights.ReadData, rule.PipeAccessRights);
        Assert.Equal(AuditFlags.Failure, rule.AuditFlags);
        security.RemoveAuditRuleSpecific(new("WD", PipeAccessRights.ReadData, AuditFlags.Failure));
        Assert.Empty(security.GetAuditRules());
        Assert.Equal("S:P(ML;;NW;;;LW)", AuditOf(security));

        Assert.Empty(new PipeSecurity().GetAuditRules());
        Assert.Throws<ArgumentNullException>(() => security.AddAuditRule(null!));
        Assert.Throws<ArgumentNullException>(() => security.RemoveAuditRule(null!));
        Assert.Throws<ArgumentException>(() => new PipeAuditRule("BU", PipeAccessRights.Read, AuditFlags.None));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PipeAuditRule("BU", PipeAccessRights.Read, (AuditFlags)8));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PipeAuditRule("BU", 0, AuditFlags.Success));
    }

    private static string AuditOf(PipeSecurity security)
    {
        string text = security.GetSecurityDescriptorSddlForm();
        return text.Substring(text.IndexOf("S:", StringComparison.Ordinal));
    }

    [Fact]
    public void SEC_14_OnlyWhatWasChangedIsSet()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = NewServer(name, new PipeSecurity("D:(A;;FA;;;WD)"), PipeAccessRights.ChangePermissions);
        PipeSecurity security = server.GetAccessControl();
        Assert.NotNull(security.GetOwner());
        Assert.Equal("S-1-1-0", security.GetAccessRules().Single().Sid);
        security.AddAccessRule(new("AN", PipeAccessRights.ReadWrite, AccessControlType.Deny));
        server.SetAccessControl(security);
        Assert.Equal(2, server.GetAccessControl().GetAccessRules().Count);
        server.SetAccessControl(security);
        Assert.Throws<ArgumentNullException>(() => server.SetAccessControl(null!));
    }

    [Fact]
    public void SEC_12_SettingNeedsTheRight()
    {
        using NamedPipeServerStream server = NewServer(Pair.NewName(), null);
        PipeSecurity security = server.GetAccessControl();
        security.PurgeAccessRules("WD");
        Assert.Throws<UnauthorizedAccessException>(() => server.SetAccessControl(security));
    }

    [Fact]
    public void SEC_3_TheDescriptorRefusesClients()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = NewServer(name, new PipeSecurity("D:(A;;FR;;;WD)"));
        using NamedPipeClientStream client = new(name);
        Assert.Throws<UnauthorizedAccessException>(() => client.Connect(1000));
        using NamedPipeClientStream reader = new(".", name, PipeDirection.In);
        reader.Connect(1000);
    }

    [Fact]
    public async Task CurrentUserOnlyLetsThisUserIn()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name, options: PipeOptions.CurrentUserOnly);
        using NamedPipeClientStream client = new(".", name, PipeDirection.InOut, PipeOptions.CurrentUserOnly);
        await client.ConnectAsync(1000);
        await server.WaitForConnectionAsync();
        await client.WriteText(true, "mine");
        Assert.Equal("mine", await server.ReadText(true, 10));
        Assert.Single(server.GetAccessControl().GetAccessRules());
        Assert.Throws<ArgumentException>(
            () => new NamedPipeServerStream(
                Pair.NewName(), PipeDirection.InOut, 1, Message, PipeOptions.CurrentUserOnly, 0, 0, new PipeSecurity()));
    }

    [Fact]
    public void IMP_10_NobodyIsActedForBeforeSomethingWasRead()
    {
        using Pair pair = Pair.Messages();
        Assert.Equal(1368, Do.StatusOf(Assert.Throws<IOException>(() => pair.Server.RunAsClient(() => { }))));
        Assert.Equal(1368, Do.StatusOf(Assert.Throws<IOException>(() => pair.Server.GetImpersonationUserName())));
        pair.Client.Write("x"u8);
        pair.Server.ReadByte();
        bool ran = false;
        pair.Server.RunAsClient(() => ran = true);
        Assert.True(ran);
        Assert.Equal(Environment.UserName, pair.Server.GetImpersonationUserName().Split('\\')[^1]);
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(
            () => pair.Server.RunAsClient(() => throw new InvalidOperationException("the worker's own")));
        Assert.Equal("the worker's own", thrown.Message);
    }

    [Fact]
    public void IMP_3_TheClientLimitsTheLevel()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name);
        using NamedPipeClientStream client = new(
            ".", name, PipeDirection.InOut, PipeOptions.None, TokenImpersonationLevel.Identification);
        client.Connect();
        server.WaitForConnection();
        client.Write("x"u8);
        server.ReadByte();
        PipeIdentity identity = server.GetClientIdentity();
        Assert.Equal(TokenImpersonationLevel.Identification, identity.ImpersonationLevel);
        Assert.Equal(Environment.ProcessId, identity.ProcessId);
        if (OperatingSystem.IsWindows())
        {
            Assert.Equal(uint.MaxValue, identity.UserId);
            Assert.StartsWith("S-1-5-", identity.UserSid, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(geteuid(), identity.UserId);
            Assert.Equal($"S-1-22-1-{geteuid()}", identity.UserSid);
            Assert.Equal(getegid(), identity.GroupId);
            Assert.Equal($"S-1-22-2-{getegid()}", identity.PrimaryGroupSid);
            Assert.Equal(SessionOfThisProcess(), identity.SessionId);
            string status = File.ReadAllText("/proc/self/status");
            string groups = status.Split('\n').First(line => line.StartsWith("Groups:", StringComparison.Ordinal));
            Assert.Equal(groups.Split('\t')[1].Trim(), string.Join(' ', identity.GroupIds));
        }

        Assert.False(identity.IsRemote);
        Assert.NotEmpty(identity.GroupSids);
        Assert.NotEqual("", identity.UserName);
        Assert.ThrowsAny<IOException>(() => server.RunAsClient(() => { }));
    }

    [FactForRoot]
    public async Task IMP_1_TheThreadAloneActsAsAnotherUser()
    {
        const uint Nobody = 65534;
        string name = Pair.NewName();
        using NamedPipeServerStream server = NewServer(name, new PipeSecurity("D:(A;;FA;;;WD)"));

        // A thread of this process that is another user, by the kernel's own call, is another user's client.
        Task<NamedPipeClientStream> connecting = OnAThreadOf(Nobody, () =>
        {
            NamedPipeClientStream client = new(name);
            client.Connect(5000);
            client.Write("x"u8);
            return client;
        });
        server.WaitForConnection();
        using NamedPipeClientStream client = await connecting;
        server.ReadByte();
        uint inside = 0;
        uint outside = 1;
        server.RunAsClient(() =>
        {
            inside = geteuid();
            outside = UserOf(Environment.ProcessId);
        });
        Assert.Equal(Nobody, inside);
        Assert.Equal(0u, outside);
        Assert.Equal(0u, geteuid());
        Assert.Equal(Nobody, server.GetClientIdentity().UserId);
        Assert.Equal("nobody", server.GetImpersonationUserName().Split('\\')[^1]);
    }

    [FactForRoot]
    public async Task SEC_2_AnotherUserIsRefusedWhatTheDescriptorDoesNotAllow()
    {
        string name = Pair.NewName();
        using NamedPipeServerStream server = Pair.NewServer(name, options: PipeOptions.CurrentUserOnly);
        Exception? error = await OnAThreadOf(65534, () => Record.Exception(() => new NamedPipeClientStream(name).Connect(1000)));
        Assert.IsType<UnauthorizedAccessException>(error);

        // Nor does a client that wants a server of its own user speak to this one.
        string open = Pair.NewName();
        using NamedPipeServerStream everybody = NewServer(open, new PipeSecurity("D:(A;;FA;;;WD)"));
        error = await OnAThreadOf(
            65534,
            () => Record.Exception(
                () => new NamedPipeClientStream(".", open, PipeDirection.InOut, PipeOptions.CurrentUserOnly).Connect(1000)));
        Assert.IsType<UnauthorizedAccessException>(error);
    }

    private static uint UserOf(int process)
    {
        string line = File.ReadLines($"/proc/{process}/task/{process}/status").First(text => text.StartsWith("Uid:", StringComparison.Ordinal));
        return uint.Parse(line.Split('\t')[2]);
    }

    // setresuid of libc would change all threads.
    private static Task<T> OnAThreadOf<T>(uint user, Func<T> work)
    {
        TaskCompletionSource<T> source = new();
        Thread thread = new(() =>
        {
            try
            {
                _ = syscall(117, uint.MaxValue, user, uint.MaxValue);
                T result = work();
                _ = syscall(117, uint.MaxValue, 0, uint.MaxValue);
                source.SetResult(result);
            }
            catch (Exception error)
            {
                _ = syscall(117, uint.MaxValue, 0, uint.MaxValue);
                source.SetException(error);
            }
        });
        thread.Start();
        return source.Task;
    }

    private static uint SessionOfThisProcess() =>
        uint.Parse(File.ReadAllText("/proc/self/sessionid"), System.Globalization.CultureInfo.InvariantCulture);

    [DllImport("libc")]
    private static extern uint geteuid();

    [DllImport("libc")]
    private static extern uint getegid();

    [DllImport("libc")]
    private static extern long syscall(long number, uint real, uint effective, uint saved);
}
