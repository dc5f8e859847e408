// The rights of a pipe, with the values of System.IO.Pipes, which are Win32's.
using System;

namespace Pipes;

/// <summary>What may be done to a pipe.</summary>
[Flags]
public enum PipeAccessRights
{
    /// <summary>Read from it.</summary>
    ReadData = 0x00000001,

    /// <summary>Write to it.</summary>
    WriteData = 0x00000002,

    /// <summary>Make an instance of it. The same right that appending is to a file.</summary>
    CreateNewInstance = 0x00000004,

    /// <summary>Read extended attributes, of which a pipe has none.</summary>
    ReadExtendedAttributes = 0x00000008,

    /// <summary>Write extended attributes, of which a pipe has none.</summary>
    WriteExtendedAttributes = 0x00000010,

    /// <summary>Ask how it is.</summary>
    ReadAttributes = 0x00000080,

    /// <summary>Change how an end reads and waits.</summary>
    WriteAttributes = 0x00000100,

    /// <summary>Write, and all that belongs to it, but making instances.</summary>
    Write = WriteData | WriteExtendedAttributes | WriteAttributes,

    /// <summary>Delete, which means nothing to a pipe.</summary>
    Delete = 0x00010000,

    /// <summary>Read who may do what.</summary>
    ReadPermissions = 0x00020000,

    /// <summary>Read, and all that belongs to it.</summary>
    Read = ReadData | ReadExtendedAttributes | ReadAttributes | ReadPermissions,

    /// <summary>Read and write.</summary>
    ReadWrite = Read | Write,

    /// <summary>Change who may do what.</summary>
    ChangePermissions = 0x00040000,

    /// <summary>Change the owner.</summary>
    TakeOwnership = 0x00080000,

    /// <summary>Wait for it.</summary>
    Synchronize = 0x00100000,

    /// <summary>All of these.</summary>
    FullControl = ReadData | WriteData | CreateNewInstance | ReadExtendedAttributes | WriteExtendedAttributes |
                  ReadAttributes | WriteAttributes | Delete | ReadPermissions | ChangePermissions | TakeOwnership |
                  Synchronize,

    /// <summary>Read and change what is audited.</summary>
    AccessSystemSecurity = 0x01000000,
}
