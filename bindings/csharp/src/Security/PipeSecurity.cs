// Who may do what to a pipe: a security descriptor, kept as the parts of its SDDL.
using System;
using System.Collections.Generic;
using System.Security.AccessControl;
using System.Text;
using Pipes.Interop;

namespace Pipes;

/// <summary>
/// Who may do what to a pipe. The counterpart of System.IO.Pipes.PipeSecurity, on every system, and with SDDL.
/// </summary>
/// <remarks>
/// An object without rules means the default: full control for the system, the administrators and the creator, reading
/// for everyone else. As soon as it has one, nobody may do what no rule allows. Not for several threads at once.
/// </remarks>
public sealed partial class PipeSecurity
{
    private const uint Everything = Native.PIPES_OWNER_SECURITY_INFORMATION | Native.PIPES_GROUP_SECURITY_INFORMATION |
                                    Native.PIPES_DACL_SECURITY_INFORMATION | Native.PIPES_SACL_SECURITY_INFORMATION |
                                    Native.PIPES_LABEL_SECURITY_INFORMATION;

    private readonly List<string> _entries = [];
    private string? _owner;
    private string? _group;
    private string? _flags;
    private string? _audit;

    /// <summary>Makes one without rules.</summary>
    public PipeSecurity() => Native.Require();

    /// <summary>Makes one of SDDL, such as <c>D:(A;;GRGW;;;BU)(A;;GA;;;SY)</c>.</summary>
    /// <param name="sddlForm">The text.</param>
    /// <exception cref="ArgumentException">It is malformed, or names somebody who does not exist.</exception>
    public PipeSecurity(string sddlForm)
        : this() => SetSecurityDescriptorSddlForm(sddlForm);

    /// <summary>What can be asked for without the right to see what is audited.</summary>
    internal static uint Readable => Native.PIPES_OWNER_SECURITY_INFORMATION | Native.PIPES_GROUP_SECURITY_INFORMATION |
                                     Native.PIPES_DACL_SECURITY_INFORMATION;

    /// <summary>The parts that were changed since it was made of what a pipe has.</summary>
    internal uint Changed { get; set; }

    /// <summary>Whether the rules stand in the order in which refusals go first.</summary>
    public bool AreAccessRulesCanonical
    {
        get
        {
            bool allowed = false;
            foreach (PipeAccessRule rule in GetAccessRules())
            {
                if (rule.AccessControlType == AccessControlType.Allow)
                {
                    allowed = true;
                }
                else if (allowed)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>The rules, in the order in which they are looked at; entries of other kinds are left out.</summary>
    /// <returns>A list of its own.</returns>
    public IReadOnlyList<PipeAccessRule> GetAccessRules()
    {
        List<PipeAccessRule> rules = [];
        foreach (string text in _entries)
        {
            if (Sddl.RuleOf(text) is { } rule)
            {
                rules.Add(rule);
            }
        }

        return rules;
    }

    /// <summary>Adds the rights of a rule to what is allowed, or denied, already.</summary>
    /// <param name="rule">The rule.</param>
    public void AddAccessRule(PipeAccessRule rule)
    {
        Arguments.NotNull(rule, nameof(rule));
        ChangeRules();
        uint mask = (uint)rule.PipeAccessRights;
        for (int index = 0; index < _entries.Count; index++)
        {
            if (Matching(index, rule) is { } present)
            {
                _entries[index] = Sddl.TextOf(new PipeAccessRule(
                    rule.Sid, (uint)present.PipeAccessRights | mask, rule.AccessControlType == AccessControlType.Allow));
                return;
            }
        }

        // Refusals go before what is allowed.
        int place = rule.AccessControlType == AccessControlType.Deny ? 0 : _entries.Count;
        _entries.Insert(place, Sddl.TextOf(rule));
    }

    /// <summary>Replaces the rules for the same identity and of the same type by this one.</summary>
    /// <param name="rule">The rule.</param>
    public void SetAccessRule(PipeAccessRule rule)
    {
        Arguments.NotNull(rule, nameof(rule));
        _ = _entries.RemoveAll(text =>
            Sddl.RuleOf(text) is { } present && present.Sid == rule.Sid &&
            present.AccessControlType == rule.AccessControlType);
        AddAccessRule(rule);
    }

    /// <summary>Replaces all rules for the same identity by this one.</summary>
    /// <param name="rule">The rule.</param>
    public void ResetAccessRule(PipeAccessRule rule)
    {
        Arguments.NotNull(rule, nameof(rule));
        _ = _entries.RemoveAll(text => Sddl.RuleOf(text) is { } present && present.Sid == rule.Sid);
        AddAccessRule(rule);
    }

    /// <summary>Takes the rights of a rule out of what is allowed, or denied.</summary>
    /// <param name="rule">The rule.</param>
    /// <returns>Whether there were any.</returns>
    public bool RemoveAccessRule(PipeAccessRule rule)
    {
        Arguments.NotNull(rule, nameof(rule));
        bool found = false;
        ChangeRules();
        for (int index = _entries.Count - 1; index >= 0; index--)
        {
            if (Matching(index, rule) is not { } present)
            {
                continue;
            }

            uint left = (uint)(present.PipeAccessRights & ~rule.PipeAccessRights);
            found |= left != (uint)present.PipeAccessRights;
            if ((left & ~(uint)PipeAccessRights.Synchronize) == 0)
            {
                _entries.RemoveAt(index);
            }
            else
            {
                bool allows = rule.AccessControlType == AccessControlType.Allow;
                uint kept = allows ? left | (uint)PipeAccessRights.Synchronize : left;
                _entries[index] = Sddl.TextOf(new PipeAccessRule(rule.Sid, kept, allows));
            }
        }

        return found;
    }

    /// <summary>Removes exactly this rule.</summary>
    /// <param name="rule">The rule.</param>
    public void RemoveAccessRuleSpecific(PipeAccessRule rule)
    {
        Arguments.NotNull(rule, nameof(rule));
        ChangeRules();
        _ = _entries.RemoveAll(text =>
            Sddl.RuleOf(text) is { } present && present.Sid == rule.Sid &&
            present.AccessControlType == rule.AccessControlType && present.PipeAccessRights == rule.PipeAccessRights);
    }

    /// <summary>Removes all rules for an identity.</summary>
    /// <param name="identity">A SID, an alias or a name.</param>
    public void PurgeAccessRules(string identity)
    {
        Arguments.NotEmpty(identity, nameof(identity));
        string sid = Sids.Find(identity);
        ChangeRules();
        _ = _entries.RemoveAll(text => Sddl.RuleOf(text) is { } present && present.Sid == sid);
    }

    /// <summary>What is to be audited; entries of other kinds are left out.</summary>
    /// <returns>A list of its own.</returns>
    public IReadOnlyList<PipeAuditRule> GetAuditRules() => new AuditList(_audit).Rules();

    /// <summary>Has the rights of a rule audited besides what is already.</summary>
    /// <param name="rule">The rule.</param>
    public void AddAuditRule(PipeAuditRule rule)
    {
        Arguments.NotNull(rule, nameof(rule));
        ChangeAudit(list => list.Add(rule));
    }

    /// <summary>Replaces what is audited of the same identity by this rule.</summary>
    /// <param name="rule">The rule.</param>
    public void SetAuditRule(PipeAuditRule rule)
    {
        Arguments.NotNull(rule, nameof(rule));
        ChangeAudit(list =>
        {
            list.RemoveAll(rule.Sid);
            list.Add(rule);
        });
    }

    /// <summary>Has the rights of a rule no longer audited, for the success, the failure or both that it names.</summary>
    /// <param name="rule">The rule.</param>
    /// <returns>Whether any of it was.</returns>
    public bool RemoveAuditRule(PipeAuditRule rule)
    {
        Arguments.NotNull(rule, nameof(rule));
        return ChangeAudit(list => list.Remove(rule));
    }

    /// <summary>Has nothing audited any longer of the identity that a rule names.</summary>
    /// <param name="rule">The rule; nothing of it counts but the identity.</param>
    public void RemoveAuditRuleAll(PipeAuditRule rule)
    {
        Arguments.NotNull(rule, nameof(rule));
        ChangeAudit(list => list.RemoveAll(rule.Sid));
    }

    /// <summary>Removes exactly this rule.</summary>
    /// <param name="rule">The rule.</param>
    public void RemoveAuditRuleSpecific(PipeAuditRule rule)
    {
        Arguments.NotNull(rule, nameof(rule));
        foreach (PipeAuditRule present in GetAuditRules())
        {
            if (present.Sid == rule.Sid && present.PipeAccessRights == rule.PipeAccessRights &&
                present.AuditFlags == rule.AuditFlags)
            {
                RemoveAuditRule(present);
            }
        }
    }

    /// <summary>Decides who the owner is.</summary>
    /// <param name="identity">A SID, an alias or a name.</param>
    public void SetOwner(string identity)
    {
        Arguments.NotEmpty(identity, nameof(identity));
        _owner = Sids.Find(identity);
        Changed |= Native.PIPES_OWNER_SECURITY_INFORMATION;
    }

    /// <summary>The owner's SID as text, or null if none is named.</summary>
    /// <returns>The SID.</returns>
    public string? GetOwner() => _owner is null ? null : Sids.Find(_owner);

    /// <summary>Decides which the primary group is.</summary>
    /// <param name="identity">A SID, an alias or a name.</param>
    public void SetGroup(string identity)
    {
        Arguments.NotEmpty(identity, nameof(identity));
        _group = Sids.Find(identity);
        Changed |= Native.PIPES_GROUP_SECURITY_INFORMATION;
    }

    /// <summary>The primary group's SID as text, or null if none is named.</summary>
    /// <returns>The SID.</returns>
    public string? GetGroup() => _group is null ? null : Sids.Find(_group);

    /// <summary>As SDDL.</summary>
    /// <returns>The text.</returns>
    public string GetSecurityDescriptorSddlForm()
    {
        byte[] descriptor = GetSecurityDescriptorBinaryForm();
        return Sddl.Format(descriptor, Everything);
    }

    /// <summary>Takes over what the SDDL says.</summary>
    /// <param name="sddlForm">The text.</param>
    /// <exception cref="ArgumentException">It is malformed, or names somebody who does not exist.</exception>
    public void SetSecurityDescriptorSddlForm(string sddlForm)
    {
        Arguments.NotNull(sddlForm, nameof(sddlForm));
        Take(Sddl.Parse(sddlForm));
    }

    /// <summary>As a self-relative security descriptor.</summary>
    /// <returns>The bytes.</returns>
    public byte[] GetSecurityDescriptorBinaryForm()
    {
        StringBuilder text = new();
        if (_owner is not null)
        {
            text.Append("O:").Append(_owner);
        }

        if (_group is not null)
        {
            text.Append("G:").Append(_group);
        }

        if (_flags is not null)
        {
            text.Append("D:").Append(_flags);
            foreach (string entry in _entries)
            {
                text.Append(entry);
            }
        }

        return Sddl.Parse(text.Append(_audit).ToString());
    }

    /// <summary>Takes over what a self-relative security descriptor says.</summary>
    /// <param name="binaryForm">The bytes.</param>
    /// <exception cref="ArgumentException">They are no security descriptor.</exception>
    public void SetSecurityDescriptorBinaryForm(byte[] binaryForm)
    {
        Arguments.NotNull(binaryForm, nameof(binaryForm));
        Take(binaryForm);
    }

    /// <summary>Nobody but the user of this process.</summary>
    internal static unsafe PipeSecurity ForCurrentUser()
    {
        Native.Require();
        void* descriptor;
        uint size;
        Errors.ThrowIfFailed(Native.pipes_sd_preset(Native.PIPES_PRESET_OWNER, &descriptor, &size));
        try
        {
            return Of(new ReadOnlySpan<byte>(descriptor, (int)size));
        }
        finally
        {
            Native.pipes_sd_free(descriptor);
        }
    }

    /// <summary>What a pipe has, or what it is to have.</summary>
    internal static PipeSecurity Of(ReadOnlySpan<byte> descriptor)
    {
        PipeSecurity security = new();
        security.Take(descriptor);
        security.Changed = 0;
        return security;
    }

    private PipeAccessRule? Matching(int index, PipeAccessRule rule) =>
        Sddl.RuleOf(_entries[index]) is { } present && present.Sid == rule.Sid &&
        present.AccessControlType == rule.AccessControlType
            ? present
            : null;

    // From here on there is a list, if only an empty one, which allows nothing.
    private void ChangeRules()
    {
        _flags ??= "";
        Changed |= Native.PIPES_DACL_SECURITY_INFORMATION;
    }

    // Says whether that changed anything.
    private bool ChangeAudit(Action<AuditList> change)
    {
        AuditList list = new(_audit);
        string before = list.ToString();
        change(list);
        string after = list.ToString();
        _audit = after;
        Changed |= Native.PIPES_SACL_SECURITY_INFORMATION;
        return after != before;
    }

    private void Take(ReadOnlySpan<byte> descriptor, uint information = Everything)
    {
        if ((information & Native.PIPES_OWNER_SECURITY_INFORMATION) != 0)
        {
            string owner = Sddl.Format(descriptor, Native.PIPES_OWNER_SECURITY_INFORMATION);
            _owner = owner.Length == 0 ? null : owner.Substring(2);
        }

        if ((information & Native.PIPES_GROUP_SECURITY_INFORMATION) != 0)
        {
            string group = Sddl.Format(descriptor, Native.PIPES_GROUP_SECURITY_INFORMATION);
            _group = group.Length == 0 ? null : group.Substring(2);
        }

        if ((information & Native.PIPES_SACL_SECURITY_INFORMATION) != 0)
        {
            string audit = Sddl.Format(
                descriptor, Native.PIPES_SACL_SECURITY_INFORMATION | Native.PIPES_LABEL_SECURITY_INFORMATION);
            _audit = audit.Length == 0 ? null : audit;
        }

        if ((information & Native.PIPES_DACL_SECURITY_INFORMATION) != 0)
        {
            TakeRules(Sddl.Format(descriptor, Native.PIPES_DACL_SECURITY_INFORMATION));
        }

        Changed = (_owner is null ? 0 : Native.PIPES_OWNER_SECURITY_INFORMATION) |
                  (_group is null ? 0 : Native.PIPES_GROUP_SECURITY_INFORMATION) |
                  (_flags is null ? 0 : Native.PIPES_DACL_SECURITY_INFORMATION) |
                  (_audit is null ? 0 : Native.PIPES_SACL_SECURITY_INFORMATION);
    }

    private void TakeRules(string dacl)
    {
        _entries.Clear();
        _flags = null;
        if (dacl.Length != 0)
        {
            _flags = Sddl.EntriesOf(dacl.Substring(2), out List<string> entries);
            _entries.AddRange(entries);
        }
    }
}
