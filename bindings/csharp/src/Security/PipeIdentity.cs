// Who is at the client's end.
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Security.Principal;
using Pipes.Interop;

namespace Pipes;

/// <summary>Who the client of a pipe is, by the word of the system.</summary>
public sealed class PipeIdentity
{
    private unsafe PipeIdentity(in Identity found)
    {
        ProcessId = (int)found.ProcessId;
        UserId = found.UserId;
        GroupId = found.GroupId;
        UserSid = Native.TextOf(found.UserSid);
        PrimaryGroupSid = found.PrimaryGroupSid == null ? null : Native.TextOf(found.PrimaryGroupSid);
        GroupIds = found.GroupIds == null
            ? []
            : new ReadOnlySpan<uint>(found.GroupIds, (int)found.GroupIdCount).ToArray();
        List<string> groups = [];
        for (uint index = 0; index < found.GroupSidCount; index++)
        {
            groups.Add(Native.TextOf(found.GroupSids[index].Sid));
        }

        GroupSids = groups;
        ImpersonationLevel = (TokenImpersonationLevel)(found.ImpersonationLevel + 1);
        IsRemote = found.Remote != 0;
        SessionId = found.SessionId;
    }

    /// <summary>The process; 0 if it is not known.</summary>
    public int ProcessId { get; }

    /// <summary>Linux: the user id; 0xFFFFFFFF if it is not known, and on Windows.</summary>
    public uint UserId { get; }

    /// <summary>Linux: the group id; 0xFFFFFFFF if it is not known, and on Windows.</summary>
    public uint GroupId { get; }

    /// <summary>Linux: the supplementary groups.</summary>
    public IReadOnlyList<uint> GroupIds { get; }

    /// <summary>The user's SID as text.</summary>
    public string UserSid { get; }

    /// <summary>The user's name; the SID where it has none.</summary>
    public string UserName => Sids.NameOf(UserSid);

    /// <summary>The primary group's SID as text, or null.</summary>
    public string? PrimaryGroupSid { get; }

    /// <summary>The SIDs of all groups as text.</summary>
    public IReadOnlyList<string> GroupSids { get; }

    /// <summary>How far the server may act as this client.</summary>
    public TokenImpersonationLevel ImpersonationLevel { get; }

    /// <summary>Whether it is on another computer.</summary>
    public bool IsRemote { get; }

    /// <summary>The log-in session; 0xFFFFFFFF if it is not known.</summary>
    public uint SessionId { get; }

    internal static unsafe PipeIdentity Of(SafePipeHandle handle)
    {
        Identity identity = new() { Size = (uint)sizeof(Identity) };
        using SafePipeHandle.Use use = handle.Enter();
        Errors.ThrowIfFailed(Native.pipes_get_client_identity(use.Value, &identity));
        try
        {
            return new PipeIdentity(identity);
        }
        finally
        {
            Native.pipes_identity_free(&identity);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct Group
    {
        public byte* Sid;
        public uint Attributes;
        public uint Reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct Identity
    {
        public uint Size;
        public uint ProcessId;
        public uint UserId;
        public uint GroupId;
        public uint* GroupIds;
        public byte* UserSid;
        public byte* PrimaryGroupSid;
        public Group* GroupSids;
        public uint GroupIdCount;
        public uint GroupSidCount;
        public uint Privileges;
        public uint ImpersonationLevel;
        public uint Remote;
        public uint SessionId;
        public uint Reserved0;
        public uint Reserved1;
        public void* Owned;
    }
}
