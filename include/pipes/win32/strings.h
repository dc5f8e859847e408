/* strings.h: strings of bytes and of UTF-16, and conversions between them. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_WIN32_STRINGS_H
#define PIPES_WIN32_STRINGS_H

#include "types.h"

#define CP_ACP 0
#define CP_OEMCP 1
#define CP_UTF8 65001
#define MB_PRECOMPOSED 0x00000001
#define MB_ERR_INVALID_CHARS 0x00000008
#define WC_ERR_INVALID_CHARS 0x00000080

PIPES_WIN32_CALL(int, lstrlenA, (LPCSTR lpString));
PIPES_WIN32_CALL(int, lstrlenW, (LPCWSTR lpString));
PIPES_WIN32_CALL(LPSTR, lstrcpyA, (LPSTR lpString1, LPCSTR lpString2));
PIPES_WIN32_CALL(LPWSTR, lstrcpyW, (LPWSTR lpString1, LPCWSTR lpString2));
PIPES_WIN32_CALL(LPSTR, lstrcpynA, (LPSTR lpString1, LPCSTR lpString2, int iMaxLength));
PIPES_WIN32_CALL(LPWSTR, lstrcpynW, (LPWSTR lpString1, LPCWSTR lpString2, int iMaxLength));
PIPES_WIN32_CALL(LPSTR, lstrcatA, (LPSTR lpString1, LPCSTR lpString2));
PIPES_WIN32_CALL(LPWSTR, lstrcatW, (LPWSTR lpString1, LPCWSTR lpString2));
PIPES_WIN32_CALL(int, lstrcmpA, (LPCSTR lpString1, LPCSTR lpString2));
PIPES_WIN32_CALL(int, lstrcmpW, (LPCWSTR lpString1, LPCWSTR lpString2));
PIPES_WIN32_CALL(int, lstrcmpiA, (LPCSTR lpString1, LPCSTR lpString2));
PIPES_WIN32_CALL(int, lstrcmpiW, (LPCWSTR lpString1, LPCWSTR lpString2));

PIPES_WIN32_CALL(int, wsprintfA, (LPSTR lpOut, LPCSTR lpFmt, ...));
PIPES_WIN32_CALL(int, wsprintfW, (LPWSTR lpOut, LPCWSTR lpFmt, ...));
PIPES_WIN32_CALL(int, wvsprintfA, (LPSTR lpOutput, LPCSTR lpFmt, va_list arglist));
PIPES_WIN32_CALL(int, wvsprintfW, (LPWSTR lpOutput, LPCWSTR lpFmt, va_list arglist));

/* Every code page is UTF-8. */
PIPES_WIN32_CALL(int, MultiByteToWideChar,
                 (UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr, int cbMultiByte, LPWSTR lpWideCharStr,
                  int cchWideChar));
PIPES_WIN32_CALL(int, WideCharToMultiByte,
                 (UINT CodePage, DWORD dwFlags, LPCWSTR lpWideCharStr, int cchWideChar, LPSTR lpMultiByteStr,
                  int cbMultiByte, LPCSTR lpDefaultChar, LPBOOL lpUsedDefaultChar));

#ifdef UNICODE
#define lstrlen lstrlenW
#define lstrcpy lstrcpyW
#define lstrcpyn lstrcpynW
#define lstrcat lstrcatW
#define lstrcmp lstrcmpW
#define lstrcmpi lstrcmpiW
#define wsprintf wsprintfW
#define wvsprintf wvsprintfW
#else
#define lstrlen lstrlenA
#define lstrcpy lstrcpyA
#define lstrcpyn lstrcpynA
#define lstrcat lstrcatA
#define lstrcmp lstrcmpA
#define lstrcmpi lstrcmpiA
#define wsprintf wsprintfA
#define wvsprintf wvsprintfA
#endif

#endif /* PIPES_WIN32_STRINGS_H */
