// One entry of a list of what is to be audited.
using System;
using System.Security.AccessControl;
using System.Security.Principal;
using Pipes.Interop;

namespace Pipes;

/// <summary>
/// Says which use of rights by somebody is to be audited. The counterpart of System.IO.Pipes.PipeAuditRule.
/// </summary>
/// <remarks>
/// The list is kept with the pipe, and handed out to who may read it. On Windows the system audits by it; on Linux nobody
/// does.
/// </remarks>
public sealed class PipeAuditRule
{
    private readonly Type _identityType = typeof(SecurityIdentifier);

    /// <summary>Makes a rule.</summary>
    /// <param name="identity">
    /// Whom it is about: a SID as text, an alias of SDDL such as <c>BU</c>, or a name such as <c>BUILTIN\Users</c>,
    /// <c>Everyone</c> or that of a user or a group of the system.
    /// </param>
    /// <param name="rights">What it is about.</param>
    /// <param name="flags">Whether use that succeeds, use that is refused, or both.</param>
    /// <exception cref="ArgumentOutOfRangeException">Rights that do not exist, or none; or no such flag.</exception>
    /// <exception cref="ArgumentException">Nobody is called so; or no flag.</exception>
    public PipeAuditRule(string identity, PipeAccessRights rights, AuditFlags flags)
    {
        Arguments.NotEmpty(identity, nameof(identity));
        PipeAccessRule.CheckRights(rights, nameof(rights));
        if ((flags & ~(AuditFlags.Success | AuditFlags.Failure)) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(flags));
        }

        if (flags == AuditFlags.None)
        {
            throw new ArgumentException("A rule audits success, failure or both.", nameof(flags));
        }

        Sid = Sids.Find(identity);
        PipeAccessRights = rights;
        AuditFlags = flags;
    }

    /// <summary>Makes a rule. .NET has identities on Windows alone; everywhere else they are named by text.</summary>
    /// <param name="identity">Whom it is about.</param>
    /// <param name="rights">What it is about.</param>
    /// <param name="flags">Whether use that succeeds, use that is refused, or both.</param>
    public PipeAuditRule(IdentityReference identity, PipeAccessRights rights, AuditFlags flags)
        : this(Sids.TextOf(identity), rights, flags)
    {
    }

    internal PipeAuditRule(string sid, AuditFlags flags, uint mask, Type? identityType = null)
    {
        _identityType = identityType ?? _identityType;
        Sid = sid;
        PipeAccessRights = (PipeAccessRights)mask;
        AuditFlags = flags;
    }

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

    /// <summary>Whether use that succeeds, use that is refused, or both.</summary>
    public AuditFlags AuditFlags { get; }

    /// <summary>The same with another type of identity.</summary>
    internal PipeAuditRule As(Type identityType) => new(Sid, AuditFlags, (uint)PipeAccessRights, identityType);
}
