// The part of a security descriptor that says what is audited, as text and as rules.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.AccessControl;
using System.Text;
using Pipes.Interop;

namespace Pipes;

internal sealed class AuditList
{
    // What is audited of somebody: an entry can name two sets of rights at once only if they are the same.
    private readonly List<(string Sid, uint Success, uint Failure)> _audited = [];
    private readonly List<string> _others = [];
    private string _flags = "";

    /// <summary>Makes one of <c>S:</c> and what follows it; of nothing if that is null.</summary>
    public AuditList(string? text)
    {
        if (text is null)
        {
            return;
        }

        _flags = Sddl.EntriesOf(text.Substring(2), out List<string> entries);
        foreach (string entry in entries)
        {
            if (Sddl.AuditOf(entry) is { } rule)
            {
                Add(rule);
            }
            else
            {
                _others.Add(entry);
            }
        }
    }

    public bool IsProtected
    {
        get => Sddl.IsProtected(_flags);
        set => _flags = Sddl.Protected(_flags, value);
    }

    public void Add(PipeAuditRule rule) => Change(rule, static (mask, rights) => mask | rights);

    public void Remove(PipeAuditRule rule) => Change(rule, static (mask, rights) => mask & ~rights);

    public void RemoveAll(string sid) => _ = _audited.RemoveAll(entry => entry.Sid == sid);

    /// <summary>A rule for each entry that <see cref="ToString"/> writes, but those of other kinds.</summary>
    public List<PipeAuditRule> Rules()
    {
        List<PipeAuditRule> rules = [];
        foreach ((string sid, uint success, uint failure) in _audited)
        {
            if (success == failure)
            {
                rules.Add(new PipeAuditRule(sid, AuditFlags.Success | AuditFlags.Failure, success));
                continue;
            }

            if (success != 0)
            {
                rules.Add(new PipeAuditRule(sid, AuditFlags.Success, success));
            }

            if (failure != 0)
            {
                rules.Add(new PipeAuditRule(sid, AuditFlags.Failure, failure));
            }
        }

        return rules;
    }

    public override string ToString()
    {
        StringBuilder text = new("S:");
        text.Append(_flags);
        foreach (PipeAuditRule rule in Rules())
        {
            string success = rule.AuditFlags.HasFlag(AuditFlags.Success) ? "SA" : "";
            string failure = rule.AuditFlags.HasFlag(AuditFlags.Failure) ? "FA" : "";
            string mask = ((uint)rule.PipeAccessRights).ToString("x", CultureInfo.InvariantCulture);
            text.Append("(AU;" + success + failure + ";0x" + mask + ";;;" + rule.Sid + ")");
        }

        foreach (string entry in _others)
        {
            text.Append(entry);
        }

        return text.ToString();
    }

    private void Change(PipeAuditRule rule, Func<uint, uint, uint> change)
    {
        int index = _audited.FindIndex(entry => entry.Sid == rule.Sid);
        if (index < 0)
        {
            index = _audited.Count;
            _audited.Add((rule.Sid, 0, 0));
        }

        (string sid, uint success, uint failure) = _audited[index];
        uint rights = (uint)rule.PipeAccessRights;
        success = rule.AuditFlags.HasFlag(AuditFlags.Success) ? change(success, rights) : success;
        failure = rule.AuditFlags.HasFlag(AuditFlags.Failure) ? change(failure, rights) : failure;
        if ((success | failure) == 0)
        {
            _audited.RemoveAt(index);
        }
        else
        {
            _audited[index] = (sid, success, failure);
        }
    }
}
