// The hand-written part of what SWIG generates: finding the library.
using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace Pipes.Interop;

internal static unsafe partial class Native
{
    /// <summary>Names the library to load, and no other, by its path.</summary>
    public const string PathVariable = "PIPES_LIBRARY";

    // On Windows, too: pipes.dll and Pipes.dll, this assembly, are one file there.
    private const string FileName = "libpipes";

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static volatile bool s_found;

    public static readonly bool IsWindows = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

    /// <summary>Throws <see cref="DllNotFoundException"/>, which says where it looked, if there is no library to work with.</summary>
    public static void Require()
    {
        if (!s_found)
        {
            Find();
            s_found = true;
        }
    }

    public static string MessageOf(uint status) => TextOf(pipes_status_message(status));

    public static string TextOf(byte* text)
    {
        if (text == null)
        {
            return "";
        }

        int length = 0;
        while (text[length] != 0)
        {
            length++;
        }

        return Encoding.UTF8.GetString(text, length);
    }

    /// <summary>The text in UTF-8 with a zero behind it.</summary>
    /// <exception cref="ArgumentException">It holds a zero, which would end it for the library, or half a character.</exception>
    public static byte[] ZeroTerminated(string text)
    {
        if (text.AsSpan().IndexOf('\0') >= 0)
        {
            throw new ArgumentException("The text holds a zero.", nameof(text));
        }

        byte[] bytes = new byte[s_strict.GetByteCount(text) + 1];
        s_strict.GetBytes(text, 0, text.Length, bytes, 0);
        return bytes;
    }

#if MODERN
    private static readonly object s_lock = new();
    private static nint s_library;
    private static bool s_registered;

    private static void Find()
    {
        lock (s_lock)
        {
            if (s_library == 0)
            {
                s_library = Load(Environment.GetEnvironmentVariable(PathVariable));
            }

            if (!s_registered)
            {
                NativeLibrary.SetDllImportResolver(
                    typeof(Native).Assembly, static (name, _, _) => name == FileName ? s_library : 0);
                s_registered = true;
            }
        }
    }

    /// <summary>Loads from <paramref name="path"/>, or from where it belongs if that is null or empty, and checks the version.</summary>
    internal static nint Load(string? path)
    {
        List<string> looked = [];
        if (!string.IsNullOrEmpty(path))
        {
            nint chosen;
            try
            {
                chosen = NativeLibrary.Load(path);
            }
            catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
            {
                looked.Add($"{path} (from ${PathVariable}): {error.Message}");
                throw NotFound(looked);
            }

            return Checked(chosen, path);
        }

        string[] names = IsWindows ? [$"{FileName}.dll"] : [$"{FileName}.so", $"{FileName}.so.1"];
        foreach (string name in names)
        {
            // Beside the assembly, and where the application's .deps.json says that packages have put it.
            looked.Add($"{name} beside {AppContext.BaseDirectory} and in runtimes/{RuntimeInformation.RuntimeIdentifier}/native of the packages");
            if (NativeLibrary.TryLoad(name, typeof(Native).Assembly, DllImportSearchPath.AssemblyDirectory, out nint found))
            {
                return Checked(found, name);
            }
        }

        foreach (string name in names)
        {
            looked.Add($"{name} where the system looks for libraries");
            if (NativeLibrary.TryLoad(name, out nint found))
            {
                return Checked(found, name);
            }
        }

        throw NotFound(looked);
    }

    private static nint Checked(nint library, string name)
    {
        uint version = NativeLibrary.TryGetExport(library, "pipes_version", out nint entry)
            ? ((delegate* unmanaged<uint>)entry)()
            : 0;
        if (!IsUsable(version))
        {
            NativeLibrary.Free(library);
            throw WrongVersion(version, name);
        }

        return library;
    }

    private static DllNotFoundException NotFound(List<string> looked) => new(
        $"The library of pipes was not found. Looked for:\n  {string.Join("\n  ", looked)}\nThe package brings it for linux-x64 and win-x64; elsewhere set ${PathVariable} to its path.");
#else
    private static void Find()
    {
        uint version;
        try
        {
            version = pipes_version();
        }
        catch (EntryPointNotFoundException)
        {
            version = 0;
        }
        catch (DllNotFoundException error)
        {
            throw new DllNotFoundException(
                $"The library of pipes was not found. Looked for {FileName}{(IsWindows ? ".dll" : ".so")} beside {AppContext.BaseDirectory}, where packages put it, and where the system looks for libraries. {error.Message}",
                error);
        }

        if (!IsUsable(version))
        {
            throw WrongVersion(version, FileName);
        }
    }
#endif

    /// <summary>The same major version, and no minor one before what this assembly was made for.</summary>
    internal static bool IsUsable(uint version) =>
        version >> 16 == PIPES_VERSION_MAJOR && ((version >> 8) & 0xFF) >= PIPES_VERSION_MINOR;

    private static DllNotFoundException WrongVersion(uint version, string name) => new(
        version == 0
            ? $"{name} is not the library of pipes: it does not tell a version."
            : $"{name} is version {version >> 16}.{(version >> 8) & 0xFF}.{version & 0xFF} of pipes; version {PIPES_VERSION_MAJOR}.{PIPES_VERSION_MINOR} or a later {PIPES_VERSION_MAJOR}.x is needed.");
}
