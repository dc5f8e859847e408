/* types.h: Win32's types, annotations and small macros. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 *
 * The types have Win32's sizes: LONG and DWORD have 32 bits although Linux' long has 64, and WCHAR has 16. WCHAR is
 * char16_t; where the program is built with -fshort-wchar it is wchar_t, so that L"..." is a string of WCHARs too.
 */
#ifndef PIPES_WIN32_TYPES_H
#define PIPES_WIN32_TYPES_H

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* What programs expect <windows.h> and <tchar.h> to bring with them. They come first, because crt.h gives some of their
 * functions another meaning. */
#ifdef __cplusplus
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#else
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#endif

#include "../pipes.h"

/* One of the two that says UNICODE says it for <tchar.h> and <windows.h> both. */
#if defined(_UNICODE) && !defined(UNICODE)
#define UNICODE
#endif

/* PIPES_WIN32_CALL declares the Win32 function `name`, which the library exports as pipes_win32_<name>. */
#ifdef __cplusplus
#define PIPES_WIN32_CALL(type, name, parameters) extern "C" PIPES_API type name parameters __asm__("pipes_win32_" #name)
#else
#define PIPES_WIN32_CALL(type, name, parameters) PIPES_API type name parameters __asm__("pipes_win32_" #name)
#endif

/* ------------------------------------------------------------------------------------------------------ annotations -- */

#define WINAPI
#define APIENTRY
#define CALLBACK
#define WINAPIV
#define PASCAL
#define NTAPI
#define WINBASEAPI
#define __cdecl
#define _cdecl
#define __stdcall
#define _stdcall
#define __fastcall
#define __declspec(what)
#define FORCEINLINE static inline
#define __forceinline inline
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define UNALIGNED
#define FAR
#define NEAR
#define CONST const
#define IN
#define OUT
#define OPTIONAL
#define _In_
#define _In_opt_
#define _In_z_
#define _Out_
#define _Out_opt_
#define _Inout_
#define _Inout_opt_
#define _In_reads_(size)
#define _In_reads_bytes_(size)
#define _Out_writes_(size)
#define _Out_writes_bytes_(size)
#define _Success_(condition)
#define _Ret_maybenull_
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define DBG_UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define UNREFERENCED_LOCAL_VARIABLE(variable) ((void)(variable))

/* ------------------------------------------------------------------------------------------------------------ types -- */

/* WCHAR is one unit of UTF-16, and PIPES_WIN32_WIDE makes a literal of it. */
#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2
#define PIPES_WIN32_SHORT_WCHAR 1
typedef wchar_t WCHAR;
#define PIPES_WIN32_WIDE(literal) L##literal
#else
#define PIPES_WIN32_SHORT_WCHAR 0
#ifdef __cplusplus
typedef char16_t WCHAR;
#else
typedef __CHAR16_TYPE__ WCHAR;
#endif
#define PIPES_WIN32_WIDE(literal) u##literal
#endif

#define VOID void
typedef char CHAR;
typedef char CCHAR;
typedef signed char INT8;
typedef unsigned char UCHAR;
typedef unsigned char BYTE;
typedef unsigned char BOOLEAN;
typedef unsigned char UINT8;
typedef short SHORT;
typedef short INT16;
typedef unsigned short USHORT;
typedef unsigned short WORD;
typedef unsigned short UINT16;
typedef unsigned short ATOM;
typedef int INT;
typedef int BOOL;
typedef int INT32;
typedef int LONG;
typedef int LONG32;
typedef int HRESULT;
typedef int NTSTATUS;
typedef unsigned int UINT;
typedef unsigned int UINT32;
typedef unsigned int ULONG;
typedef unsigned int ULONG32;
typedef unsigned int DWORD;
typedef unsigned int DWORD32;
typedef float FLOAT;
typedef double DOUBLE;
__extension__ typedef long long LONGLONG;
__extension__ typedef long long LONG64;
__extension__ typedef long long INT64;
__extension__ typedef unsigned long long ULONGLONG;
__extension__ typedef unsigned long long ULONG64;
__extension__ typedef unsigned long long UINT64;
__extension__ typedef unsigned long long DWORD64;
__extension__ typedef unsigned long long DWORDLONG;
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long

typedef intptr_t INT_PTR;
typedef intptr_t LONG_PTR;
typedef uintptr_t UINT_PTR;
typedef uintptr_t ULONG_PTR;
typedef uintptr_t DWORD_PTR;
typedef size_t SIZE_T;
typedef ptrdiff_t SSIZE_T;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;
typedef ULONG_PTR* PULONG_PTR;
typedef DWORD_PTR* PDWORD_PTR;
typedef SIZE_T* PSIZE_T;

typedef void *PVOID, *LPVOID;
typedef const void *PCVOID, *LPCVOID;
typedef CHAR *PCHAR, *LPCH, *PCH, *PSTR, *LPSTR, *NPSTR, *PSZ;
typedef const CHAR *PCSTR, *LPCSTR, *PCSZ, *LPCCH;
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *PWSTR, *LPWSTR, *NWPSTR;
typedef const WCHAR *PCWSTR, *LPCWSTR, *LPCWCH;
typedef BYTE *PBYTE, *LPBYTE;
typedef UCHAR* PUCHAR;
typedef BOOLEAN* PBOOLEAN;
typedef BOOL *PBOOL, *LPBOOL;
typedef SHORT* PSHORT;
typedef USHORT* PUSHORT;
typedef WORD *PWORD, *LPWORD;
typedef INT *PINT, *LPINT;
typedef UINT *PUINT, *LPUINT;
typedef LONG *PLONG, *LPLONG;
typedef ULONG* PULONG;
typedef DWORD *PDWORD, *LPDWORD;
typedef LONGLONG* PLONGLONG;
typedef ULONGLONG* PULONGLONG;
typedef LONG64* PLONG64;
typedef ULONG64* PULONG64;

#ifdef UNICODE
typedef WCHAR TCHAR;
#else
typedef char TCHAR;
#endif
typedef TCHAR *PTCHAR, *PTSTR, *LPTSTR, *PTCH, *LPTCH;
typedef const TCHAR *PCTSTR, *LPCTSTR;

typedef void* HANDLE;
typedef HANDLE *PHANDLE, *LPHANDLE;
typedef HANDLE HLOCAL;
typedef HANDLE HGLOBAL;
typedef struct pipes_win32_module *HMODULE, *HINSTANCE;
typedef struct pipes_win32_window* HWND;
typedef struct pipes_win32_menu* HMENU;
typedef int HFILE;
typedef DWORD LCID;
typedef WORD LANGID;
typedef DWORD ACCESS_MASK;
typedef ACCESS_MASK* PACCESS_MASK;
typedef PVOID PSECURITY_DESCRIPTOR;
typedef PVOID PSID;

typedef union _LARGE_INTEGER {
  __extension__ struct {
    DWORD LowPart;
    LONG HighPart;
  };
  struct {
    DWORD LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
  __extension__ struct {
    DWORD LowPart;
    DWORD HighPart;
  };
  struct {
    DWORD LowPart;
    DWORD HighPart;
  } u;
  ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _FILETIME {
  DWORD dwLowDateTime;
  DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _SECURITY_ATTRIBUTES {
  DWORD nLength;
  LPVOID lpSecurityDescriptor;
  BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

/* What the calls that take one on Windows 64 lay out in the same way: pipes_overlapped. */
typedef struct _OVERLAPPED {
  ULONG_PTR Internal;
  ULONG_PTR InternalHigh;
  __extension__ union {
    __extension__ struct {
      DWORD Offset;
      DWORD OffsetHigh;
    };
    PVOID Pointer;
  };
  HANDLE hEvent;
} OVERLAPPED, *LPOVERLAPPED;

typedef struct _OVERLAPPED_ENTRY {
  ULONG_PTR lpCompletionKey;
  LPOVERLAPPED lpOverlapped;
  ULONG_PTR Internal;
  DWORD dwNumberOfBytesTransferred;
} OVERLAPPED_ENTRY, *LPOVERLAPPED_ENTRY;

typedef INT_PTR(WINAPI* FARPROC)(void);
typedef INT_PTR(WINAPI* PROC)(void);

/* ------------------------------------------------------------------------------------------------- constants, macros -- */

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif
#define MAX_PATH 260
#define MAXDWORD 0xffffffff
#define MAXWORD 0xffff
#define MAXLONG 0x7fffffff
#define MAX_COMPUTERNAME_LENGTH 15
#define ANYSIZE_ARRAY 1

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)

#define __TEXT(literal) PIPES_WIN32_TEXT(literal)
#define TEXT(literal) __TEXT(literal)
#ifdef UNICODE
#define PIPES_WIN32_TEXT(literal) PIPES_WIN32_WIDE(literal)
#else
#define PIPES_WIN32_TEXT(literal) literal
#endif

#define MAKEWORD(low, high) ((WORD)(((BYTE)((DWORD_PTR)(low)&0xff)) | ((WORD)((BYTE)((DWORD_PTR)(high)&0xff))) << 8))
#define MAKELONG(low, high) \
  ((LONG)(((WORD)((DWORD_PTR)(low)&0xffff)) | ((DWORD)((WORD)((DWORD_PTR)(high)&0xffff))) << 16))
#define LOWORD(value) ((WORD)((DWORD_PTR)(value)&0xffff))
#define HIWORD(value) ((WORD)((DWORD_PTR)(value) >> 16 & 0xffff))
#define LOBYTE(value) ((BYTE)((DWORD_PTR)(value)&0xff))
#define HIBYTE(value) ((BYTE)((DWORD_PTR)(value) >> 8 & 0xff))

#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#define RTL_NUMBER_OF(array) ARRAYSIZE(array)
#define FIELD_OFFSET(type, member) ((LONG)offsetof(type, member))
#define CONTAINING_RECORD(address, type, member) ((type*)((PCHAR)(address)-offsetof(type, member)))

#define MAKELANGID(primary, sub) ((WORD)(((WORD)(sub) << 10) | (WORD)(primary)))
#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define SUBLANG_SYS_DEFAULT 0x02
#define SUBLANG_ENGLISH_US 0x01
#define LANG_SYSTEM_DEFAULT MAKELANGID(LANG_NEUTRAL, SUBLANG_SYS_DEFAULT)
#define LANG_USER_DEFAULT MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT)

#define SUCCEEDED(result) ((HRESULT)(result) >= 0)
#define FAILED(result) ((HRESULT)(result) < 0)
#define S_OK ((HRESULT)0)
#define S_FALSE ((HRESULT)1)
#define E_FAIL ((HRESULT)0x80004005)
#define E_INVALIDARG ((HRESULT)0x80070057)
#define E_OUTOFMEMORY ((HRESULT)0x8007000e)
#define HRESULT_CODE(result) ((result)&0xffff)
#define FACILITY_WIN32 7
#define HRESULT_FROM_WIN32(error) \
  ((HRESULT)(error) <= 0 ? (HRESULT)(error) : (HRESULT)(((error)&0xffff) | (FACILITY_WIN32 << 16) | 0x80000000))
#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)

/* C++ has functions instead of macros, which would rewrite std::min in headers that come later. */
#ifndef NOMINMAX
#ifdef __cplusplus
template <class First, class Second>
constexpr auto min(First first, Second second) -> decltype(first < second ? first : second) {
  return first < second ? first : second;
}
template <class First, class Second>
constexpr auto max(First first, Second second) -> decltype(first > second ? first : second) {
  return first > second ? first : second;
}
#else
#ifndef min
#define min(first, second) ((first) < (second) ? (first) : (second))
#endif
#ifndef max
#define max(first, second) ((first) > (second) ? (first) : (second))
#endif
#endif
#endif

#endif /* PIPES_WIN32_TYPES_H */
