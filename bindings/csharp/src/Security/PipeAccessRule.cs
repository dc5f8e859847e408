// One entry of a list of who may do what.
using System;
using System.Security.AccessControl;
using Pipes.Interop;

namespace Pipes;

/// <summary>Allows rights to somebody, or denies them. The counterpart of System.IO.Pipes.PipeAccessRule.</summary>
public sealed class PipeAccessRule
{
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

    internal PipeAccessRule(string sid, uint mask, bool allows)
    {
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

    /// <summary>What it is about.</summary>
    public PipeAccessRights PipeAccessRights { get; }

    /// <summary>Whether it allows or denies.</summary>
    public AccessControlType AccessControlType { get; }

    internal static void CheckRights(PipeAccessRights rights, string name)
    {
        if (rights == 0 || (rights & ~(PipeAccessRights.FullControl | PipeAccessRights.AccessSystemSecurity)) != 0)
        {
            throw new ArgumentOutOfRangeException(name, "Invalid PipeAccessRights value.");
        }
    }
}
