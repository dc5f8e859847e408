// One entry of a list of who may do what.
using System;
using System.Security.AccessControl;
using System.Security.Principal;
using Pipes.Interop;

namespace Pipes;

/// <summary>Allows rights to somebody, or denies them. The counterpart of System.IO.Pipes.PipeAccessRule.</summary>
public sealed class PipeAccessRule
{
    private readonly Type _identityType = typeof(SecurityIdentifier);

    /// <summary>Makes a rule.</summary>
    /// <param name="identity">
    /// Whom it is about: a SID as text, an alias of SDDL such as <c>BU</c>, or a name such as <c>BUILTIN\Users</c>,
    /// <c>Everyone</c> or that of a user or a group of the system.
    /// </param>
    /// <param name="rights">What it is about.</param>
    /// <param name="type">Whether it allows or denies.</param>
    /// <exception cref="ArgumentOutOfRangeException">Rights that do not exist, or none; or no such type.</exception>
    /// <exception cref="ArgumentException">Nobody is called so.</exception>
    public PipeAccessRule(string identity, PipeAccessRights rights, AccessControlType type)
    {
        Arguments.NotEmpty(identity, nameof(identity));
        CheckRights(rights, nameof(rights));
        if (type is < AccessControlType.Allow or > AccessControlType.Deny)
        {
            throw new ArgumentOutOfRangeException(nameof(type));
        }

        Sid = Sids.Find(identity);

        // Whoever is allowed to use a pipe must be able to wait for it; denying that would deny everything (ACC-13).
        PipeAccessRights = type == AccessControlType.Allow
            ? rights | PipeAccessRights.Synchronize
            : rights == PipeAccessRights.FullControl ? rights : rights & ~PipeAccessRights.Synchronize;
        AccessControlType = type;
    }

    /// <summary>Makes a rule. .NET has identities on Windows alone; everywhere else they are named by text.</summary>
    /// <param name="identity">Whom it is about.</param>
    /// <param name="rights">What it is about.</param>
    /// <param name="type">Whether it allows or denies.</param>
    public PipeAccessRule(IdentityReference identity, PipeAccessRights rights, AccessControlType type)
        : this(Sids.TextOf(identity), rights, type)
    {
    }

    internal PipeAccessRule(string sid, uint mask, bool allows, Type? identityType = null)
    {
        _identityType = identityType ?? _identityType;
        Sid = sid;
        PipeAccessRights = (PipeAccessRights)mask;
        AccessControlType = allows ? AccessControlType.Allow : AccessControlType.Deny;
    }

    /// <summary>Makes a rule that allows; without the warning that .NET gives of its enumeration outside Windows.</summary>
    /// <param name="identity">As for the constructor.</param>
    /// <param name="rights">What is allowed.</param>
    /// <returns>The rule.</returns>
    public static PipeAccessRule Allow(string identity, PipeAccessRights rights) =>
        new(identity, rights, AccessControlType.Allow);

    /// <summary>Makes a rule that denies; without the warning that .NET gives of its enumeration outside Windows.</summary>
    /// <param name="identity">As for the constructor.</param>
    /// <param name="rights">What is denied.</param>
    /// <returns>The rule.</returns>
    public static PipeAccessRule Deny(string identity, PipeAccessRights rights) =>
        new(identity, rights, AccessControlType.Deny);

    /// <summary>Whom it is about: a SID as text, <c>S-1-…</c>.</summary>
    public string Sid { get; }

    /// <summary>Whom it is about, by name; the SID as text where it has none.</summary>
    public string Identity => Sids.NameOf(Sid);

    /// <summary>Whom it is about, as .NET has it on Windows.</summary>
    /// <exception cref="PlatformNotSupportedException">Everywhere else.</exception>
    public IdentityReference IdentityReference => Sids.IdentityOf(Sid, _identityType);

    /// <summary>Never: a pipe has no parent to inherit rules from.</summary>
    public bool IsInherited { get; }

    /// <summary>Always <see cref="InheritanceFlags.None"/>.</summary>
    public InheritanceFlags InheritanceFlags { get; }

    /// <summary>Always <see cref="PropagationFlags.None"/>.</summary>
    public PropagationFlags PropagationFlags { get; }

    /// <summary>What it is about.</summary>
    public PipeAccessRights PipeAccessRights { get; }

    /// <summary>Whether it allows or denies.</summary>
    public AccessControlType AccessControlType { get; }

    /// <summary>The same with another type of identity.</summary>
    internal PipeAccessRule As(Type identityType) =>
        new(Sid, (uint)PipeAccessRights, AccessControlType == AccessControlType.Allow, identityType);

    internal static void CheckRights(PipeAccessRights rights, string name)
    {
        if (rights == 0 || (rights & ~(PipeAccessRights.FullControl | PipeAccessRights.AccessSystemSecurity)) != 0)
        {
            throw new ArgumentOutOfRangeException(name, "Invalid PipeAccessRights value.");
        }
    }
}
