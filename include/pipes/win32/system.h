/* system.h: clocks, names, the environment. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_WIN32_SYSTEM_H
#define PIPES_WIN32_SYSTEM_H

#include "types.h"

typedef struct _SYSTEMTIME {
  WORD wYear;
  WORD wMonth;
  WORD wDayOfWeek;
  WORD wDay;
  WORD wHour;
  WORD wMinute;
  WORD wSecond;
  WORD wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

PIPES_WIN32_CALL(DWORD, GetTickCount, (void));
PIPES_WIN32_CALL(ULONGLONG, GetTickCount64, (void));
PIPES_WIN32_CALL(BOOL, QueryPerformanceCounter, (PLARGE_INTEGER lpPerformanceCount));
PIPES_WIN32_CALL(BOOL, QueryPerformanceFrequency, (PLARGE_INTEGER lpFrequency));
PIPES_WIN32_CALL(VOID, GetSystemTimeAsFileTime, (LPFILETIME lpSystemTimeAsFileTime));
PIPES_WIN32_CALL(VOID, GetSystemTime, (LPSYSTEMTIME lpSystemTime));
PIPES_WIN32_CALL(VOID, GetLocalTime, (LPSYSTEMTIME lpSystemTime));

PIPES_WIN32_CALL(BOOL, GetComputerNameA, (LPSTR lpBuffer, LPDWORD nSize));
PIPES_WIN32_CALL(BOOL, GetComputerNameW, (LPWSTR lpBuffer, LPDWORD nSize));
PIPES_WIN32_CALL(BOOL, GetUserNameA, (LPSTR lpBuffer, LPDWORD pcbBuffer));
PIPES_WIN32_CALL(BOOL, GetUserNameW, (LPWSTR lpBuffer, LPDWORD pcbBuffer));
PIPES_WIN32_CALL(DWORD, GetEnvironmentVariableA, (LPCSTR lpName, LPSTR lpBuffer, DWORD nSize));
PIPES_WIN32_CALL(DWORD, GetEnvironmentVariableW, (LPCWSTR lpName, LPWSTR lpBuffer, DWORD nSize));
PIPES_WIN32_CALL(BOOL, SetEnvironmentVariableA, (LPCSTR lpName, LPCSTR lpValue));
PIPES_WIN32_CALL(BOOL, SetEnvironmentVariableW, (LPCWSTR lpName, LPCWSTR lpValue));

#ifdef UNICODE
#define GetComputerName GetComputerNameW
#define GetUserName GetUserNameW
#define GetEnvironmentVariable GetEnvironmentVariableW
#define SetEnvironmentVariable SetEnvironmentVariableW
#else
#define GetComputerName GetComputerNameA
#define GetUserName GetUserNameA
#define GetEnvironmentVariable GetEnvironmentVariableA
#define SetEnvironmentVariable SetEnvironmentVariableA
#endif

#endif /* PIPES_WIN32_SYSTEM_H */
