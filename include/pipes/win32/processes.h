/* processes.h: starting, waiting for and ending processes. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_WIN32_PROCESSES_H
#define PIPES_WIN32_PROCESSES_H

#include "types.h"

#define DEBUG_PROCESS 0x00000001
#define DETACHED_PROCESS 0x00000008
#define CREATE_NEW_CONSOLE 0x00000010
#define NORMAL_PRIORITY_CLASS 0x00000020
#define CREATE_NEW_PROCESS_GROUP 0x00000200
#define CREATE_UNICODE_ENVIRONMENT 0x00000400
#define CREATE_NO_WINDOW 0x08000000

#define STARTF_USESHOWWINDOW 0x00000001
#define STARTF_USESTDHANDLES 0x00000100
#define SW_HIDE 0
#define SW_SHOWNORMAL 1
#define SW_SHOW 5

#define PROCESS_TERMINATE 0x0001
#define PROCESS_DUP_HANDLE 0x0040
#define PROCESS_QUERY_INFORMATION 0x0400
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000
#define PROCESS_ALL_ACCESS 0x001fffff

typedef struct _STARTUPINFOA {
  DWORD cb;
  LPSTR lpReserved;
  LPSTR lpDesktop;
  LPSTR lpTitle;
  DWORD dwX;
  DWORD dwY;
  DWORD dwXSize;
  DWORD dwYSize;
  DWORD dwXCountChars;
  DWORD dwYCountChars;
  DWORD dwFillAttribute;
  DWORD dwFlags;
  WORD wShowWindow;
  WORD cbReserved2;
  LPBYTE lpReserved2;
  HANDLE hStdInput;
  HANDLE hStdOutput;
  HANDLE hStdError;
} STARTUPINFOA, *LPSTARTUPINFOA;

typedef struct _STARTUPINFOW {
  DWORD cb;
  LPWSTR lpReserved;
  LPWSTR lpDesktop;
  LPWSTR lpTitle;
  DWORD dwX;
  DWORD dwY;
  DWORD dwXSize;
  DWORD dwYSize;
  DWORD dwXCountChars;
  DWORD dwYCountChars;
  DWORD dwFillAttribute;
  DWORD dwFlags;
  WORD wShowWindow;
  WORD cbReserved2;
  LPBYTE lpReserved2;
  HANDLE hStdInput;
  HANDLE hStdOutput;
  HANDLE hStdError;
} STARTUPINFOW, *LPSTARTUPINFOW;

typedef struct _PROCESS_INFORMATION {
  HANDLE hProcess;
  HANDLE hThread;
  DWORD dwProcessId;
  DWORD dwThreadId;
} PROCESS_INFORMATION, *PPROCESS_INFORMATION, *LPPROCESS_INFORMATION;

PIPES_WIN32_CALL(BOOL, CreateProcessA,
                 (LPCSTR lpApplicationName, LPSTR lpCommandLine, LPSECURITY_ATTRIBUTES lpProcessAttributes,
                  LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags,
                  LPVOID lpEnvironment, LPCSTR lpCurrentDirectory, LPSTARTUPINFOA lpStartupInfo,
                  LPPROCESS_INFORMATION lpProcessInformation));
PIPES_WIN32_CALL(BOOL, CreateProcessW,
                 (LPCWSTR lpApplicationName, LPWSTR lpCommandLine, LPSECURITY_ATTRIBUTES lpProcessAttributes,
                  LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles, DWORD dwCreationFlags,
                  LPVOID lpEnvironment, LPCWSTR lpCurrentDirectory, LPSTARTUPINFOW lpStartupInfo,
                  LPPROCESS_INFORMATION lpProcessInformation));
PIPES_WIN32_CALL(HANDLE, OpenProcess, (DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId));
PIPES_WIN32_CALL(BOOL, TerminateProcess, (HANDLE hProcess, UINT uExitCode));
PIPES_WIN32_CALL(BOOL, GetExitCodeProcess, (HANDLE hProcess, LPDWORD lpExitCode));
PIPES_WIN32_CALL(VOID, ExitProcess, (UINT uExitCode)) DECLSPEC_NORETURN;
PIPES_WIN32_CALL(HANDLE, GetCurrentProcess, (void));
PIPES_WIN32_CALL(DWORD, GetCurrentProcessId, (void));
PIPES_WIN32_CALL(DWORD, GetProcessId, (HANDLE Process));
PIPES_WIN32_CALL(VOID, GetStartupInfoA, (LPSTARTUPINFOA lpStartupInfo));
PIPES_WIN32_CALL(VOID, GetStartupInfoW, (LPSTARTUPINFOW lpStartupInfo));
PIPES_WIN32_CALL(LPSTR, GetCommandLineA, (void));
PIPES_WIN32_CALL(LPWSTR, GetCommandLineW, (void));
/* The array is one allocation, to be freed with LocalFree. */
PIPES_WIN32_CALL(LPWSTR*, CommandLineToArgvW, (LPCWSTR lpCmdLine, int* pNumArgs));

#ifdef UNICODE
typedef STARTUPINFOW STARTUPINFO;
typedef LPSTARTUPINFOW LPSTARTUPINFO;
#define CreateProcess CreateProcessW
#define GetStartupInfo GetStartupInfoW
#define GetCommandLine GetCommandLineW
#else
typedef STARTUPINFOA STARTUPINFO;
typedef LPSTARTUPINFOA LPSTARTUPINFO;
#define CreateProcess CreateProcessA
#define GetStartupInfo GetStartupInfoA
#define GetCommandLine GetCommandLineA
#endif

#endif /* PIPES_WIN32_PROCESSES_H */
