// Security descriptors as text, through the library, and single entries of it.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.AccessControl;

namespace Pipes.Interop;

internal static unsafe class Sddl
{
    private static readonly Dictionary<string, uint> s_rights = new(StringComparer.Ordinal)
    {
        ["GA"] = Native.PIPES_GENERIC_ALL, ["GX"] = Native.PIPES_GENERIC_EXECUTE,
        ["GW"] = Native.PIPES_GENERIC_WRITE, ["GR"] = Native.PIPES_GENERIC_READ,
        ["RC"] = Native.PIPES_READ_CONTROL, ["SD"] = Native.PIPES_DELETE,
        ["WD"] = Native.PIPES_WRITE_DAC, ["WO"] = Native.PIPES_WRITE_OWNER,
        ["CC"] = 0x1, ["DC"] = 0x2, ["LC"] = 0x4, ["SW"] = 0x8, ["RP"] = 0x10, ["WP"] = 0x20, ["DT"] = 0x40, ["LO"] = 0x80,
        ["CR"] = 0x100, ["FA"] = Native.PIPES_FILE_ALL_ACCESS, ["FR"] = Native.PIPES_FILE_GENERIC_READ,
        ["FW"] = Native.PIPES_FILE_GENERIC_WRITE, ["FX"] = Native.PIPES_FILE_GENERIC_EXECUTE,
        ["KA"] = 0xF003F, ["KR"] = 0x20019, ["KW"] = 0x20006, ["KX"] = 0x20019,
    };

    /// <summary>The bytes of a security descriptor that is written as text.</summary>
    public static byte[] Parse(string text)
    {
        Native.Require();
        void* descriptor;
        uint size;
        uint status;
        fixed (byte* sddl = Native.ZeroTerminated(text))
        {
            status = Native.pipes_sd_parse(sddl, Native.PIPES_SDDL_REVISION_1, &descriptor, &size);
        }

        if (status != Native.PIPES_OK)
        {
            throw new ArgumentException($"Not SDDL: {text} ({Native.MessageOf(status)})", nameof(text));
        }

        byte[] bytes = new ReadOnlySpan<byte>(descriptor, (int)size).ToArray();
        Native.pipes_sd_free(descriptor);
        return bytes;
    }

    /// <summary>The parts of a security descriptor that are asked for, as text.</summary>
    public static string Format(ReadOnlySpan<byte> descriptor, uint information)
    {
        Native.Require();
        byte* sddl;
        uint status;
        fixed (byte* bytes = descriptor)
        {
            status = Native.pipes_sd_format(
                bytes, (uint)descriptor.Length, Native.PIPES_SDDL_REVISION_1, information, &sddl);
        }

        if (status != Native.PIPES_OK)
        {
            throw new ArgumentException(Native.MessageOf(status), nameof(descriptor));
        }

        string text = Native.TextOf(sddl);
        Native.pipes_sd_free(sddl);
        return text;
    }

    /// <summary>What an entry such as <c>(A;;FA;;;SY)</c> says; null if it neither allows nor denies.</summary>
    public static PipeAccessRule? RuleOf(string entry)
    {
        string[] fields = entry.Substring(1, entry.Length - 2).Split(';');
        return fields.Length == 6 && fields[0] is "A" or "D" && fields[1].Length == 0
            ? new PipeAccessRule(Sids.Find(fields[5]), MaskOf(fields[2]), fields[0] == "A")
            : null;
    }

    /// <summary>What an entry such as <c>(AU;SA;FA;;;WD)</c> says; null if it audits nothing, or more than the pipe.</summary>
    public static PipeAuditRule? AuditOf(string entry)
    {
        string[] fields = entry.Substring(1, entry.Length - 2).Split(';');
        if (fields.Length != 6 || fields[0] != "AU")
        {
            return null;
        }

        AuditFlags flags = fields[1] switch
        {
            "SA" => AuditFlags.Success,
            "FA" => AuditFlags.Failure,
            "SAFA" => AuditFlags.Success | AuditFlags.Failure,
            _ => AuditFlags.None,
        };
        return flags == AuditFlags.None ? null : new PipeAuditRule(Sids.Find(fields[5]), flags, MaskOf(fields[2]));
    }

    /// <summary>Whether the flags of a list, such as <c>PAI</c>, keep it from what others hand down.</summary>
    public static bool IsProtected(string flags) => flags.AsSpan().IndexOf('P') >= 0;

    /// <summary>The flags of a list with that said.</summary>
    public static string Protected(string flags, bool isProtected) =>
        (isProtected ? "P" : "") + flags.Replace("P", "");

    /// <summary>Takes a list such as <c>P(A;;FA;;;SY)</c> apart: the flags before it, and each entry.</summary>
    public static string EntriesOf(string list, out List<string> entries)
    {
        entries = [];
        int open = list.IndexOf('(');
        string flags = open < 0 ? list : list.Substring(0, open);
        while (open >= 0)
        {
            int close = list.IndexOf(')', open);
            entries.Add(list.Substring(open, close - open + 1));
            open = list.IndexOf('(', close);
        }

        return flags;
    }

    public static string TextOf(PipeAccessRule rule)
    {
        string type = rule.AccessControlType == AccessControlType.Allow ? "A" : "D";
        string mask = ((uint)rule.PipeAccessRights).ToString("x", CultureInfo.InvariantCulture);
        return $"({type};;0x{mask};;;{rule.Sid})";
    }

    private static uint MaskOf(string rights)
    {
        if (rights.StartsWith("0x", StringComparison.Ordinal))
        {
            return uint.Parse(rights.Substring(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        uint mask = 0;
        for (int index = 0; index + 1 < rights.Length; index += 2)
        {
            mask |= s_rights[rights.Substring(index, 2)];
        }

        return mask;
    }
}
