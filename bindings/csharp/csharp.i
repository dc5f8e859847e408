/* csharp.i: how the arguments of pipes.h cross to C#.
 *
 * SPDX-License-Identifier: MIT
 *
 * Everything is blittable: integers, and pointers that the caller has pinned. Nothing is marshalled, copied or held, so
 * the signatures are those of C, and the run-time calls the library without a stub in between. Handles are `nint`;
 * SafePipeHandle owns them. The entry points are those of the library itself: of what SWIG generates only the
 * declarations are used, and no glue in C is built (see Pipes.csproj).
 */
%pragma(csharp) moduleclassmodifiers="internal static unsafe partial class"
%pragma(csharp) imclassclassmodifiers="internal static unsafe partial class"

/* Constants are written as what they are, so that no call is needed to learn them. */
%csconst(1);

/* %blittable(C, CSHARP): the C type crosses as CSHARP, as it is. */
%define %blittable(C, CSHARP)
%typemap(ctype)  C #C
%typemap(imtype) C #CSHARP
%typemap(cstype) C #CSHARP
%typemap(csin)   C "$csinput"
%typemap(csout, excode="") C { return $imcall; }
%typemap(in)     C "$1 = ($1_ltype)$input;"
%typemap(out)    C "$result = (C)$1;"
%enddef

%blittable(pipes_handle, nint)
%blittable(pipes_handle*, nint*)
%blittable(const pipes_handle*, nint*)
%blittable(intptr_t, nint)
%blittable(intptr_t*, nint*)
%blittable(uintptr_t, nuint)
%blittable(int*, int*)
%blittable(uint32_t*, uint*)
%blittable(const uint32_t*, uint*)
%blittable(uint64_t*, ulong*)
%blittable(size_t, nuint)
%blittable(size_t*, nuint*)

%blittable(void*, void*)
%blittable(const void*, void*)
%blittable(char*, byte*)
%blittable(const char*, byte*)
%blittable(const uint8_t*, byte*)
%blittable(uint8_t*, byte*)
%blittable(void**, void**)
%blittable(char**, byte**)

%blittable(pipes_overlapped*, Overlapped*)
%blittable(const pipes_overlapped*, Overlapped*)
%blittable(pipes_overlapped**, Overlapped**)
%blittable(pipes_identity*, void*)
%blittable(const pipes_identity*, void*)
%blittable(pipes_access_decision*, void*)
%blittable(pipes_port_entry*, void*)
%blittable(pipes_local_info*, void*)
%blittable(const pipes_security_attributes*, SecurityAttributes*)
%blittable(const pipes_open_options*, OpenOptions*)

/* Functions cross as pointers to [UnmanagedCallersOnly] ones. */
%blittable(pipes_completion_routine, void*)
%blittable(pipes_thread_routine, void*)
%blittable(pipes_enumerate_callback, void*)
%blittable(pipes_log_callback, void*)
