// What .NET's PipeSecurity has of its base classes. Identities are .NET's, which has them on Windows alone.
using System;
using System.Collections.Generic;
using System.Security.AccessControl;
using System.Security.Principal;
using Pipes.Interop;

namespace Pipes;

public sealed partial class PipeSecurity
{
    /// <summary>The type of rights.</summary>
    public Type AccessRightType { get; } = typeof(PipeAccessRights);

    /// <summary>The type of rules that allow and deny.</summary>
    public Type AccessRuleType { get; } = typeof(PipeAccessRule);

    /// <summary>The type of rules that audit.</summary>
    public Type AuditRuleType { get; } = typeof(PipeAuditRule);

    /// <summary>Always: what is audited has no order.</summary>
    public bool AreAuditRulesCanonical { get; } = true;

    /// <summary>Whether the rules are kept from what others would hand down, which to a pipe nobody does.</summary>
    public bool AreAccessRulesProtected => Sddl.IsProtected(_flags ?? "");

    /// <summary>The same of what is audited.</summary>
    public bool AreAuditRulesProtected => new AuditList(_audit).IsProtected;

    /// <summary>Says whether the rules are kept from what others would hand down.</summary>
    /// <param name="isProtected">Whether they are.</param>
    /// <param name="preserveInheritance">Nothing: there are no rules that were handed down.</param>
    public void SetAccessRuleProtection(bool isProtected, bool preserveInheritance)
    {
        ChangeRules();
        _flags = Sddl.Protected(_flags!, isProtected);
    }

    /// <summary>Says the same of what is audited.</summary>
    /// <param name="isProtected">Whether it is.</param>
    /// <param name="preserveInheritance">Nothing: there are no rules that were handed down.</param>
    public void SetAuditRuleProtection(bool isProtected, bool preserveInheritance) =>
        ChangeAudit(list => list.IsProtected = isProtected);

    /// <summary>The rules, as <see cref="GetAccessRules()"/>.</summary>
    /// <param name="includeExplicit">Whether those that are the pipe's own count, which are all.</param>
    /// <param name="includeInherited">Whether those that were handed down do, which are none.</param>
    /// <param name="targetType">
    /// What <see cref="PipeAccessRule.IdentityReference"/> of them is: a <see cref="SecurityIdentifier"/>, or an
    /// <see cref="NTAccount"/>.
    /// </param>
    /// <returns>A list of its own.</returns>
    public IReadOnlyList<PipeAccessRule> GetAccessRules(bool includeExplicit, bool includeInherited, Type targetType)
    {
        Sids.CheckType(targetType);
        List<PipeAccessRule> rules = [];
        foreach (PipeAccessRule rule in includeExplicit ? GetAccessRules() : [])
        {
            rules.Add(rule.As(targetType));
        }

        return rules;
    }

    /// <summary>What is to be audited, as <see cref="GetAuditRules()"/>.</summary>
    /// <param name="includeExplicit">Whether those that are the pipe's own count, which are all.</param>
    /// <param name="includeInherited">Whether those that were handed down do, which are none.</param>
    /// <param name="targetType">As for <see cref="GetAccessRules(bool, bool, Type)"/>.</param>
    /// <returns>A list of its own.</returns>
    public IReadOnlyList<PipeAuditRule> GetAuditRules(bool includeExplicit, bool includeInherited, Type targetType)
    {
        Sids.CheckType(targetType);
        List<PipeAuditRule> rules = [];
        foreach (PipeAuditRule rule in includeExplicit ? GetAuditRules() : [])
        {
            rules.Add(rule.As(targetType));
        }

        return rules;
    }

    /// <summary>Removes all rules for an identity.</summary>
    /// <param name="identity">Whose.</param>
    public void PurgeAccessRules(IdentityReference identity) => PurgeAccessRules(Sids.TextOf(identity));

    /// <summary>Has nothing audited any longer of an identity.</summary>
    /// <param name="identity">A SID, an alias or a name.</param>
    public void PurgeAuditRules(string identity)
    {
        Arguments.NotEmpty(identity, nameof(identity));
        string sid = Sids.Find(identity);
        ChangeAudit(list => list.RemoveAll(sid));
    }

    /// <summary>Has nothing audited any longer of an identity.</summary>
    /// <param name="identity">Of whom.</param>
    public void PurgeAuditRules(IdentityReference identity) => PurgeAuditRules(Sids.TextOf(identity));

    /// <summary>Decides who the owner is.</summary>
    /// <param name="identity">The owner.</param>
    public void SetOwner(IdentityReference identity) => SetOwner(Sids.TextOf(identity));

    /// <summary>Decides which the primary group is.</summary>
    /// <param name="identity">The group.</param>
    public void SetGroup(IdentityReference identity) => SetGroup(Sids.TextOf(identity));

    /// <summary>The owner, or null if none is named.</summary>
    /// <param name="targetType"><see cref="SecurityIdentifier"/> or <see cref="NTAccount"/>.</param>
    /// <returns>The owner.</returns>
    /// <exception cref="PlatformNotSupportedException">.NET has no identities here: see <see cref="GetOwner()"/>.</exception>
    public IdentityReference? GetOwner(Type targetType)
    {
        Sids.CheckType(targetType);
        return GetOwner() is { } sid ? Sids.IdentityOf(sid, targetType) : null;
    }

    /// <summary>The primary group, or null if none is named.</summary>
    /// <param name="targetType"><see cref="SecurityIdentifier"/> or <see cref="NTAccount"/>.</param>
    /// <returns>The group.</returns>
    /// <exception cref="PlatformNotSupportedException">.NET has no identities here: see <see cref="GetGroup()"/>.</exception>
    public IdentityReference? GetGroup(Type targetType)
    {
        Sids.CheckType(targetType);
        return GetGroup() is { } sid ? Sids.IdentityOf(sid, targetType) : null;
    }

    /// <summary>Whether security descriptors can be written as SDDL.</summary>
    /// <returns>Always that they can.</returns>
    public static bool IsSddlConversionSupported() => true;

    /// <summary>Parts of it as SDDL.</summary>
    /// <param name="includeSections">Which.</param>
    /// <returns>The text.</returns>
    public string GetSecurityDescriptorSddlForm(AccessControlSections includeSections)
    {
        byte[] descriptor = GetSecurityDescriptorBinaryForm();
        return Sddl.Format(descriptor, InformationOf(includeSections));
    }

    /// <summary>Takes over parts of what the SDDL says.</summary>
    /// <param name="sddlForm">The text.</param>
    /// <param name="includeSections">Which.</param>
    /// <exception cref="ArgumentException">It is malformed, or names somebody who does not exist; or no part.</exception>
    public void SetSecurityDescriptorSddlForm(string sddlForm, AccessControlSections includeSections)
    {
        Arguments.NotNull(sddlForm, nameof(sddlForm));
        uint information = InformationOf(includeSections);
        Take(Sddl.Parse(sddlForm), information);
    }

    /// <summary>Takes over parts of what a self-relative security descriptor says.</summary>
    /// <param name="binaryForm">The bytes.</param>
    /// <param name="includeSections">Which.</param>
    /// <exception cref="ArgumentException">They are no security descriptor; or no part.</exception>
    public void SetSecurityDescriptorBinaryForm(byte[] binaryForm, AccessControlSections includeSections)
    {
        Arguments.NotNull(binaryForm, nameof(binaryForm));
        Take(binaryForm, InformationOf(includeSections));
    }

    private static uint InformationOf(AccessControlSections includeSections)
    {
        uint information =
            ((includeSections & AccessControlSections.Owner) != 0 ? Native.PIPES_OWNER_SECURITY_INFORMATION : 0) |
            ((includeSections & AccessControlSections.Group) != 0 ? Native.PIPES_GROUP_SECURITY_INFORMATION : 0) |
            ((includeSections & AccessControlSections.Access) != 0 ? Native.PIPES_DACL_SECURITY_INFORMATION : 0) |
            ((includeSections & AccessControlSections.Audit) != 0
                ? Native.PIPES_SACL_SECURITY_INFORMATION | Native.PIPES_LABEL_SECURITY_INFORMATION
                : 0);
        return information != 0
            ? information
            : throw new ArgumentException("A part of a security descriptor is to be named.", nameof(includeSections));
    }
}
