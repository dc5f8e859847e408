/* tchar.h: names that mean functions of bytes or of UTF-16, as UNICODE says.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PIPES_COMPAT_TCHAR_H
#define PIPES_COMPAT_TCHAR_H

#include "../win32.h"

typedef TCHAR _TCHAR;
typedef TCHAR _TXCHAR;
typedef TCHAR _TSCHAR;
typedef int _TINT;
#define _T(literal) TEXT(literal)
#define _TEXT(literal) TEXT(literal)

#ifdef UNICODE

#define _tmain PIPES_WIN32_WIDE_MAIN
#define _tprintf pipes_win32_wprintf
#define _vtprintf pipes_win32_vwprintf
#define _ftprintf pipes_win32_fwprintf
#define _vftprintf pipes_win32_vfwprintf
#define _stprintf pipes_win32__swprintf
#define _vstprintf pipes_win32__vswprintf
#define _sntprintf pipes_win32__snwprintf
#define _vsntprintf pipes_win32__vsnwprintf
#define _stprintf_s pipes_win32_swprintf_s
#define _vstprintf_s pipes_win32_vswprintf_s
#define _putts pipes_win32__putws
#define _fputts pipes_win32_fputws
#define _fgetts pipes_win32_fgetws
#define _puttchar pipes_win32_putwchar
#define _gettch _getch
#define _gettche _getche
#define _tfopen pipes_win32__wfopen
#define _tcslen pipes_win32_wcslen
#define _tcsnlen pipes_win32_wcsnlen
#define _tcscpy pipes_win32_wcscpy
#define _tcsncpy pipes_win32_wcsncpy
#define _tcscat pipes_win32_wcscat
#define _tcsncat pipes_win32_wcsncat
#define _tcscmp pipes_win32_wcscmp
#define _tcsncmp pipes_win32_wcsncmp
#define _tcsicmp pipes_win32__wcsicmp
#define _tcsnicmp pipes_win32__wcsnicmp
#define _tcschr pipes_win32_wcschr
#define _tcsrchr pipes_win32_wcsrchr
#define _tcsstr pipes_win32_wcsstr
#define _tcsdup pipes_win32__wcsdup
#define _tcstol pipes_win32_wcstol
#define _tcstoul pipes_win32_wcstoul
#define _tcscpy_s pipes_win32_wcscpy_s
#define _tcscat_s pipes_win32_wcscat_s
#define _ttoi pipes_win32__wtoi
#define _tstoi pipes_win32__wtoi
#define _ttol pipes_win32__wtoi
#define _tstol pipes_win32__wtoi
#define _totupper pipes_win32_towupper
#define _totlower pipes_win32_towlower

#else

#define _tmain main
#define _tprintf pipes_win32_printf
#define _vtprintf pipes_win32_vprintf
#define _ftprintf pipes_win32_fprintf
#define _vftprintf pipes_win32_vfprintf
#define _stprintf pipes_win32_sprintf
#define _vstprintf pipes_win32_vsprintf
#define _sntprintf pipes_win32__snprintf
#define _vsntprintf pipes_win32__vsnprintf
#define _stprintf_s pipes_win32_sprintf_s
#define _vstprintf_s pipes_win32_vsprintf_s
#define _putts puts
#define _fputts fputs
#define _fgetts fgets
#define _puttchar putchar
#define _gettch _getch
#define _gettche _getche
#define _tfopen fopen
#define _tcslen strlen
#define _tcsnlen strnlen
#define _tcscpy strcpy
#define _tcsncpy strncpy
#define _tcscat strcat
#define _tcsncat strncat
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsicmp _stricmp
#define _tcsnicmp _strnicmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcsdup _strdup
#define _tcstol strtol
#define _tcstoul strtoul
#define _tcscpy_s strcpy_s
#define _tcscat_s strcat_s
#define _ttoi atoi
#define _tstoi atoi
#define _ttol atol
#define _tstol atol
#define _totupper toupper
#define _totlower tolower

#endif

#endif /* PIPES_COMPAT_TCHAR_H */
