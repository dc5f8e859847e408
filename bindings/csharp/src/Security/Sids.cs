// SIDs as text, and the names behind them.
using System;

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

    private static string TextOf(byte* sid, uint size)
    {
        byte* text = stackalloc byte[TextMax];
        Errors.ThrowIfFailed(Native.pipes_sid_format(sid, size, text, TextMax));
        return Native.TextOf(text);
    }
}
