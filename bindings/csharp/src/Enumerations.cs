// The enumerations of System.IO.Pipes, with its values.
using System;

namespace Pipes;

/// <summary>Which way data flows, as this end sees it.</summary>
public enum PipeDirection
{
    /// <summary>This end reads.</summary>
    In = 1,

    /// <summary>This end writes.</summary>
    Out = 2,

    /// <summary>This end reads and writes.</summary>
    InOut = 3,
}

/// <summary>How data is written to a pipe, and how an end reads it.</summary>
public enum PipeTransmissionMode
{
    /// <summary>One stream of bytes.</summary>
    Byte = 0,

    /// <summary>Each write is a message, which keeps its boundaries.</summary>
    Message = 1,
}

/// <summary>How an end is made.</summary>
[Flags]
#pragma warning disable CA1711 // the name and the values are those of System.IO.Pipes
public enum PipeOptions
{
    /// <summary>Nothing of the following.</summary>
    None = 0,

    /// <summary>Changes nothing between ends on one computer.</summary>
    WriteThrough = unchecked((int)0x80000000),

    /// <summary>Is told by <see cref="PipeStream.IsAsync"/>. Every end of a named pipe can work asynchronously.</summary>
    Asynchronous = 0x40000000,

    /// <summary>
    /// A server's pipe is for the processes of its user alone; a client connects only to a server that its own user owns.
    /// </summary>
    CurrentUserOnly = 0x20000000,

    /// <summary>Creating the server end fails if the pipe exists already.</summary>
    FirstPipeInstance = 0x00080000,
}
#pragma warning restore CA1711
