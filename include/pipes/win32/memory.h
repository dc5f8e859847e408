/* memory.h: the heaps of Win32, all of them one here, and blocks of bytes. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_WIN32_MEMORY_H
#define PIPES_WIN32_MEMORY_H

#include "types.h"

#define HEAP_NO_SERIALIZE 0x00000001
#define HEAP_GENERATE_EXCEPTIONS 0x00000004
#define HEAP_ZERO_MEMORY 0x00000008
#define LMEM_FIXED 0x0000
#define LMEM_MOVEABLE 0x0002
#define LMEM_ZEROINIT 0x0040
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)
#define LHND (LMEM_MOVEABLE | LMEM_ZEROINIT)
#define GMEM_FIXED 0x0000
#define GMEM_MOVEABLE 0x0002
#define GMEM_ZEROINIT 0x0040
#define GPTR (GMEM_FIXED | GMEM_ZEROINIT)
#define GHND (GMEM_MOVEABLE | GMEM_ZEROINIT)

PIPES_WIN32_CALL(HANDLE, GetProcessHeap, (void));
PIPES_WIN32_CALL(HANDLE, HeapCreate, (DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize));
PIPES_WIN32_CALL(BOOL, HeapDestroy, (HANDLE hHeap));
PIPES_WIN32_CALL(LPVOID, HeapAlloc, (HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes));
PIPES_WIN32_CALL(LPVOID, HeapReAlloc, (HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes));
PIPES_WIN32_CALL(BOOL, HeapFree, (HANDLE hHeap, DWORD dwFlags, LPVOID lpMem));
PIPES_WIN32_CALL(SIZE_T, HeapSize, (HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem));

/* A block that is said to be moveable never moves: its handle is its address. */
PIPES_WIN32_CALL(HLOCAL, LocalAlloc, (UINT uFlags, SIZE_T uBytes));
PIPES_WIN32_CALL(HLOCAL, LocalReAlloc, (HLOCAL hMem, SIZE_T uBytes, UINT uFlags));
PIPES_WIN32_CALL(HLOCAL, LocalFree, (HLOCAL hMem));
PIPES_WIN32_CALL(SIZE_T, LocalSize, (HLOCAL hMem));
PIPES_WIN32_CALL(LPVOID, LocalLock, (HLOCAL hMem));
PIPES_WIN32_CALL(BOOL, LocalUnlock, (HLOCAL hMem));
PIPES_WIN32_CALL(HGLOBAL, GlobalAlloc, (UINT uFlags, SIZE_T dwBytes));
PIPES_WIN32_CALL(HGLOBAL, GlobalReAlloc, (HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags));
PIPES_WIN32_CALL(HGLOBAL, GlobalFree, (HGLOBAL hMem));
PIPES_WIN32_CALL(SIZE_T, GlobalSize, (HGLOBAL hMem));
PIPES_WIN32_CALL(LPVOID, GlobalLock, (HGLOBAL hMem));
PIPES_WIN32_CALL(BOOL, GlobalUnlock, (HGLOBAL hMem));

#define RtlMoveMemory(destination, source, length) ((void)memmove((destination), (source), (length)))
#define RtlCopyMemory(destination, source, length) ((void)memcpy((destination), (source), (length)))
#define RtlFillMemory(destination, length, value) ((void)memset((destination), (value), (length)))
#define RtlZeroMemory(destination, length) ((void)memset((destination), 0, (length)))
#define RtlEqualMemory(first, second, length) (!memcmp((first), (second), (length)))
#define MoveMemory RtlMoveMemory
#define CopyMemory RtlCopyMemory
#define FillMemory RtlFillMemory
#define ZeroMemory RtlZeroMemory
FORCEINLINE PVOID SecureZeroMemory(PVOID destination, SIZE_T length) {
  memset(destination, 0, length);
  __asm__ __volatile__("" : : "r"(destination) : "memory"); /* what is zeroed last is zeroed, too */
  return destination;
}

#endif /* PIPES_WIN32_MEMORY_H */
