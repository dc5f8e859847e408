/* messages.h: the last error, messages and message boxes. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_WIN32_MESSAGES_H
#define PIPES_WIN32_MESSAGES_H

#include "types.h"

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200
#define FORMAT_MESSAGE_FROM_STRING 0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000ff

#define MB_OK 0x00000000
#define MB_OKCANCEL 0x00000001
#define MB_YESNOCANCEL 0x00000003
#define MB_YESNO 0x00000004
#define MB_ICONERROR 0x00000010
#define MB_ICONSTOP 0x00000010
#define MB_ICONHAND 0x00000010
#define MB_ICONQUESTION 0x00000020
#define MB_ICONWARNING 0x00000030
#define MB_ICONEXCLAMATION 0x00000030
#define MB_ICONINFORMATION 0x00000040
#define MB_ICONASTERISK 0x00000040
#define IDOK 1
#define IDCANCEL 2
#define IDYES 6
#define IDNO 7

/* The last error is the calling thread's own. */
PIPES_WIN32_CALL(DWORD, GetLastError, (void));
PIPES_WIN32_CALL(VOID, SetLastError, (DWORD dwErrCode));

PIPES_WIN32_CALL(DWORD, FormatMessageA,
                 (DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize,
                  va_list* Arguments));
PIPES_WIN32_CALL(DWORD, FormatMessageW,
                 (DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize,
                  va_list* Arguments));

/* Written to standard error, and answered at once: OK, or Yes. */
PIPES_WIN32_CALL(int, MessageBoxA, (HWND hWnd, LPCSTR lpText, LPCSTR lpCaption, UINT uType));
PIPES_WIN32_CALL(int, MessageBoxW, (HWND hWnd, LPCWSTR lpText, LPCWSTR lpCaption, UINT uType));
PIPES_WIN32_CALL(VOID, OutputDebugStringA, (LPCSTR lpOutputString));
PIPES_WIN32_CALL(VOID, OutputDebugStringW, (LPCWSTR lpOutputString));

#ifdef UNICODE
#define FormatMessage FormatMessageW
#define MessageBox MessageBoxW
#define OutputDebugString OutputDebugStringW
#else
#define FormatMessage FormatMessageA
#define MessageBox MessageBoxA
#define OutputDebugString OutputDebugStringA
#endif

#endif /* PIPES_WIN32_MESSAGES_H */
