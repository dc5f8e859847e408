// What PipeSecurity and the rules have of .NET's base classes, and the classes that .NET has beside them.
using System;
using System.IO;
using System.Linq;
using System.Security.AccessControl;
using System.Security.Principal;
using Xunit;

namespace Pipes.Tests;

public sealed class NetSecurityTests
{
    private const string Text = "O:BAG:BAD:P(A;;FA;;;SY)(A;;FR;;;BU)S:(AU;SA;FA;;;WD)";

    [Fact]
    public void PartsOfADescriptorAreToldAndTakenOver()
    {
        Assert.True(PipeSecurity.IsSddlConversionSupported());
        PipeSecurity security = new(Text);
        Assert.Equal("O:BA", security.GetSecurityDescriptorSddlForm(AccessControlSections.Owner));
        Assert.Equal("G:BA", security.GetSecurityDescriptorSddlForm(AccessControlSections.Group));
        Assert.Equal("D:P(A;;FA;;;SY)(A;;FR;;;BU)", security.GetSecurityDescriptorSddlForm(AccessControlSections.Access));
        Assert.Equal("S:(AU;SA;FA;;;WD)", security.GetSecurityDescriptorSddlForm(AccessControlSections.Audit));
        Assert.Equal(Text, security.GetSecurityDescriptorSddlForm(AccessControlSections.All));
        Assert.Throws<ArgumentException>(() => security.GetSecurityDescriptorSddlForm(AccessControlSections.None));

        security.SetSecurityDescriptorSddlForm("O:SYG:SYD:(A;;FA;;;WD)", AccessControlSections.Owner);
        Assert.Equal(Text.Replace("O:BA", "O:SY"), security.GetSecurityDescriptorSddlForm());
        byte[] bytes = new PipeSecurity("D:(A;;FA;;;WD)").GetSecurityDescriptorBinaryForm();
        security.SetSecurityDescriptorBinaryForm(bytes, AccessControlSections.Access);
        Assert.Equal("O:SYG:BAD:(A;;FA;;;WD)S:(AU;SA;FA;;;WD)", security.GetSecurityDescriptorSddlForm());
        security.SetSecurityDescriptorBinaryForm(bytes, AccessControlSections.Audit);
        Assert.Equal("O:SYG:BAD:(A;;FA;;;WD)", security.GetSecurityDescriptorSddlForm());
    }

    [Fact]
    public void ListsAreProtected()
    {
        PipeSecurity security = new(Text);
        Assert.True(security.AreAccessRulesProtected);
        Assert.False(security.AreAuditRulesProtected);
        Assert.True(security.AreAuditRulesCanonical);
        security.SetAccessRuleProtection(isProtected: false, preserveInheritance: true);
        security.SetAuditRuleProtection(isProtected: true, preserveInheritance: false);
        Assert.False(security.AreAccessRulesProtected);
        Assert.True(security.AreAuditRulesProtected);
        Assert.Equal("O:BAG:BAD:(A;;FA;;;SY)(A;;FR;;;BU)S:P(AU;SA;FA;;;WD)", security.GetSecurityDescriptorSddlForm());
    }

    [Fact]
    public void RulesAreListedAsNetListsThem()
    {
        PipeSecurity security = new(Text);
        Assert.Equal(typeof(PipeAccessRights), security.AccessRightType);
        Assert.Equal(typeof(PipeAccessRule), security.AccessRuleType);
        Assert.Equal(typeof(PipeAuditRule), security.AuditRuleType);
        Assert.Empty(security.GetAccessRules(false, true, typeof(SecurityIdentifier)));
        Assert.Empty(security.GetAuditRules(false, true, typeof(NTAccount)));
        Assert.Throws<ArgumentException>(() => security.GetAccessRules(true, true, typeof(string)));
        Assert.Throws<ArgumentNullException>(() => security.GetAuditRules(true, true, null!));

        PipeAccessRule rule = security.GetAccessRules(true, false, typeof(SecurityIdentifier))[0];
        Assert.Equal("S-1-5-18", rule.Sid);
        Assert.Equal(AccessControlType.Allow, rule.AccessControlType);
        Assert.Equal(PipeAccessRights.FullControl, rule.PipeAccessRights & PipeAccessRights.FullControl);
        Assert.False(rule.IsInherited);
        Assert.Equal((InheritanceFlags.None, PropagationFlags.None), (rule.InheritanceFlags, rule.PropagationFlags));
        PipeAuditRule audited = security.GetAuditRules(true, false, typeof(NTAccount)).Single();
        Assert.Equal("S-1-1-0", audited.Sid);
        Assert.False(audited.IsInherited);
        Assert.Equal((InheritanceFlags.None, PropagationFlags.None), (audited.InheritanceFlags, audited.PropagationFlags));

        security.PurgeAuditRules("WD");
        Assert.Empty(security.GetAuditRules());
    }

    /// <summary>.NET has identities on Windows alone.</summary>
    [Fact]
    public void IdentitiesAreThoseOfNetOnWindows()
    {
        if (!OperatingSystem.IsWindows())
        {
            PipeSecurity here = new(Text);
            Assert.Throws<PlatformNotSupportedException>(() => here.GetAccessRules()[0].IdentityReference);
            Assert.Throws<PlatformNotSupportedException>(() => here.GetAuditRules()[0].IdentityReference);
            Assert.Throws<PlatformNotSupportedException>(() => here.GetOwner(typeof(SecurityIdentifier)));
            Assert.Throws<PlatformNotSupportedException>(() => here.GetGroup(typeof(NTAccount)));
            Assert.Throws<ArgumentNullException>(() => here.SetOwner((IdentityReference)null!));
            Assert.Throws<ArgumentNullException>(() => here.SetGroup((IdentityReference)null!));
            Assert.Throws<ArgumentNullException>(() => here.PurgeAccessRules((IdentityReference)null!));
            Assert.Throws<ArgumentNullException>(() => here.PurgeAuditRules((IdentityReference)null!));
            Assert.Throws<ArgumentNullException>(
                () => new PipeAccessRule((IdentityReference)null!, PipeAccessRights.Read, AccessControlType.Allow));
            Assert.Throws<ArgumentNullException>(
                () => new PipeAuditRule((IdentityReference)null!, PipeAccessRights.Read, AuditFlags.Success));
            return;
        }

        SecurityIdentifier users = new(WellKnownSidType.BuiltinUsersSid, null);
        SecurityIdentifier system = new(WellKnownSidType.LocalSystemSid, null);
        PipeSecurity security = new();
        security.AddAccessRule(new PipeAccessRule(users, PipeAccessRights.ReadWrite, AccessControlType.Allow));
        security.AddAuditRule(new PipeAuditRule(users, PipeAccessRights.Read, AuditFlags.Failure));
        security.SetOwner(system);
        security.SetGroup(users);
        Assert.Equal(users, security.GetAccessRules(true, true, typeof(SecurityIdentifier)).Single().IdentityReference);
        Assert.IsType<NTAccount>(security.GetAccessRules(true, true, typeof(NTAccount)).Single().IdentityReference);
        Assert.Equal(users, security.GetAuditRules().Single().IdentityReference);
        Assert.Equal(system, security.GetOwner(typeof(SecurityIdentifier)));
        Assert.Equal(users, security.GetGroup(typeof(SecurityIdentifier)));
        security.PurgeAccessRules(users);
        security.PurgeAuditRules(users);
        Assert.Empty(security.GetAccessRules());
        Assert.Empty(security.GetAuditRules());
    }

    [Fact]
    public void AnAnonymousPipeIsMadeWithADescriptor()
    {
        PipeSecurity security = new("D:P(A;;FA;;;WD)");
        using AnonymousPipeServerStream server =
            AnonymousPipeServerStreamAcl.Create(PipeDirection.Out, HandleInheritability.None, 4096, security);
        using AnonymousPipeClientStream client = new(PipeDirection.In, server.ClientSafePipeHandle);
        server.WriteByte(5);
        Assert.Equal(5, client.ReadByte());
        PipeSecurity told = PipesAclExtensions.GetAccessControl(server);
        Assert.Equal("S-1-1-0", told.GetAccessRules().Single().Sid);
        Assert.Throws<ArgumentNullException>(() => PipesAclExtensions.GetAccessControl(null!));
        Assert.Throws<ArgumentNullException>(() => PipesAclExtensions.SetAccessControl(null!, security));
        Assert.Throws<ArgumentNullException>(() => PipesAclExtensions.SetAccessControl(server, null!));
        Assert.Throws<NotSupportedException>(
            () => AnonymousPipeServerStreamAcl.Create(PipeDirection.InOut, HandleInheritability.None, 0, null));
    }
}
