// The structures of pipes.h, laid out as there; tests/abi pins those layouts.
using System;
using System.Runtime.InteropServices;

namespace Pipes.Interop;

/// <summary>pipes_overlapped, and behind it what finds the managed half of the operation.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Overlapped
{
    public ulong Internal;
    public ulong InternalHigh;
    public uint Offset;
    public uint OffsetHigh;
    public nint Event;

    /// <summary>Ours, not the library's: a GCHandle to the PipeOperation.</summary>
    public nint Operation;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SecurityAttributes
{
    public uint Size;
    public uint InheritHandle;
    public void* SecurityDescriptor;
    public uint DescriptorSize;
    public uint Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OpenOptions
{
    public uint Size;
    public uint InheritHandle;
    public byte* ServerOwner;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LocalInfo
{
    public uint Size;
    public uint Type;
    public uint Configuration;
    public uint MaximumInstances;
    public uint CurrentInstances;
    public uint InboundQuota;
    public uint ReadDataAvailable;
    public uint OutboundQuota;
    public uint WriteQuotaAvailable;
    public uint State;
    public uint End;
}
