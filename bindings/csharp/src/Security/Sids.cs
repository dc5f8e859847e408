// SIDs as text, and the names behind them.
using System;
using System.Security.Principal;

namespace Pipes.Interop;

internal static unsafe class Sids
{
    // No SID is longer, nor is any as text (PIPES_SID_BYTES_MAX, PIPES_SID_TEXT_MAX).
    private const int BytesMax = 256;
    private const int TextMax = 512;

    /// <summary>The SID, as <c>S-1-…</c>, of what may be a SID, an alias or a name.</summary>
    public static string Find(string identity)
    {
        Native.Require();
        byte* sid = stackalloc byte[BytesMax];
        uint size = BytesMax;
        fixed (byte* text = Native.ZeroTerminated(identity))
        {
            uint status = Native.pipes_sid_parse(text, sid, &size);
            if (status != Native.PIPES_OK)
            {
                size = BytesMax;
                status = Native.pipes_sid_from_name(text, sid, &size);
            }

            if (status != Native.PIPES_OK)
            {
                throw new ArgumentException($"Nobody is called {identity}.", nameof(identity));
            }
        }

        return TextOf(sid, size);
    }

    /// <summary>What a SID is called; itself where it has no name.</summary>
    public static string NameOf(string sid)
    {
        Native.Require();
        byte* bytes = stackalloc byte[BytesMax];
        uint size = BytesMax;
        byte* name = stackalloc byte[TextMax];
        fixed (byte* text = Native.ZeroTerminated(sid))
        {
            return Native.pipes_sid_parse(text, bytes, &size) == Native.PIPES_OK &&
                   Native.pipes_sid_to_name(bytes, size, name, TextMax) == Native.PIPES_OK
                ? Native.TextOf(name)
                : sid;
        }
    }

    /// <summary>What to look for to find whom .NET names: a SID, or a name.</summary>
    public static string TextOf(IdentityReference identity)
    {
        Arguments.NotNull(identity, nameof(identity));
        return identity.Value;
    }

    /// <summary>Throws unless .NET has identities of that type.</summary>
    public static void CheckType(Type targetType)
    {
        Arguments.NotNull(targetType, nameof(targetType));
        if (targetType != typeof(SecurityIdentifier) && targetType != typeof(NTAccount))
        {
            throw new ArgumentException("An identity is a SecurityIdentifier or an NTAccount.", nameof(targetType));
        }
    }

    /// <summary>A SID as .NET has it on Windows.</summary>
    public static IdentityReference IdentityOf(string sid, Type targetType)
    {
        SecurityIdentifier identity = new(sid);
        return targetType == typeof(SecurityIdentifier) ? identity : identity.Translate(targetType);
    }

    private static string TextOf(byte* sid, uint size)
    {
        byte* text = stackalloc byte[TextMax];
        Errors.ThrowIfFailed(Native.pipes_sid_format(sid, size, text, TextMax));
        return Native.TextOf(text);
    }
}
