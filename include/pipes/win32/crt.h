/* crt.h: what Microsoft's C library does differently from Linux', or has in addition. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 *
 * The functions that print are this layer's: Win32's long has 32 bits, and %s, %S, %hs and %ls mean what they mean
 * there. Wide functions take WCHARs, print UTF-8, and never make a stream of the C library a wide one.
 */
#ifndef PIPES_WIN32_CRT_H
#define PIPES_WIN32_CRT_H

#include "types.h"

/* What C++'s library says of the functions that are macros below has to be read before they are. */
#ifdef __cplusplus
extern "C++" {
#include <cwchar>
#include <string>
}
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------------------------------------------- formatted output -- */

PIPES_API int pipes_win32_printf(const char* format, ...);
PIPES_API int pipes_win32_vprintf(const char* format, va_list arguments);
PIPES_API int pipes_win32_fprintf(FILE* stream, const char* format, ...);
PIPES_API int pipes_win32_vfprintf(FILE* stream, const char* format, va_list arguments);
PIPES_API int pipes_win32_sprintf(char* buffer, const char* format, ...);
PIPES_API int pipes_win32_vsprintf(char* buffer, const char* format, va_list arguments);
PIPES_API int pipes_win32_snprintf(char* buffer, size_t size, const char* format, ...);
PIPES_API int pipes_win32_vsnprintf(char* buffer, size_t size, const char* format, va_list arguments);
PIPES_API int pipes_win32__snprintf(char* buffer, size_t size, const char* format, ...);
PIPES_API int pipes_win32__vsnprintf(char* buffer, size_t size, const char* format, va_list arguments);
PIPES_API int pipes_win32_sprintf_s(char* buffer, size_t size, const char* format, ...);
PIPES_API int pipes_win32_vsprintf_s(char* buffer, size_t size, const char* format, va_list arguments);

PIPES_API int pipes_win32_wprintf(const WCHAR* format, ...);
PIPES_API int pipes_win32_vwprintf(const WCHAR* format, va_list arguments);
PIPES_API int pipes_win32_fwprintf(FILE* stream, const WCHAR* format, ...);
PIPES_API int pipes_win32_vfwprintf(FILE* stream, const WCHAR* format, va_list arguments);
PIPES_API int pipes_win32__swprintf(WCHAR* buffer, const WCHAR* format, ...);
PIPES_API int pipes_win32__vswprintf(WCHAR* buffer, const WCHAR* format, va_list arguments);
PIPES_API int pipes_win32_swprintf(WCHAR* buffer, size_t size, const WCHAR* format, ...);
PIPES_API int pipes_win32_vswprintf(WCHAR* buffer, size_t size, const WCHAR* format, va_list arguments);
PIPES_API int pipes_win32__snwprintf(WCHAR* buffer, size_t size, const WCHAR* format, ...);
PIPES_API int pipes_win32__vsnwprintf(WCHAR* buffer, size_t size, const WCHAR* format, va_list arguments);
PIPES_API int pipes_win32_swprintf_s(WCHAR* buffer, size_t size, const WCHAR* format, ...);
PIPES_API int pipes_win32_vswprintf_s(WCHAR* buffer, size_t size, const WCHAR* format, va_list arguments);

/* ------------------------------------------------------------------------------------------- strings and streams of WCHAR -- */

PIPES_API size_t pipes_win32_wcslen(const WCHAR* text);
PIPES_API size_t pipes_win32_wcsnlen(const WCHAR* text, size_t size);
PIPES_API WCHAR* pipes_win32_wcscpy(WCHAR* target, const WCHAR* source);
PIPES_API WCHAR* pipes_win32_wcsncpy(WCHAR* target, const WCHAR* source, size_t count);
PIPES_API WCHAR* pipes_win32_wcscat(WCHAR* target, const WCHAR* source);
PIPES_API WCHAR* pipes_win32_wcsncat(WCHAR* target, const WCHAR* source, size_t count);
PIPES_API int pipes_win32_wcscmp(const WCHAR* first, const WCHAR* second);
PIPES_API int pipes_win32_wcsncmp(const WCHAR* first, const WCHAR* second, size_t count);
PIPES_API int pipes_win32__wcsicmp(const WCHAR* first, const WCHAR* second);
PIPES_API int pipes_win32__wcsnicmp(const WCHAR* first, const WCHAR* second, size_t count);
PIPES_API WCHAR* pipes_win32_wcschr(const WCHAR* text, WCHAR unit);
PIPES_API WCHAR* pipes_win32_wcsrchr(const WCHAR* text, WCHAR unit);
PIPES_API WCHAR* pipes_win32_wcsstr(const WCHAR* text, const WCHAR* part);
PIPES_API WCHAR* pipes_win32__wcsdup(const WCHAR* text);
PIPES_API LONG pipes_win32_wcstol(const WCHAR* text, WCHAR** end, int base);
PIPES_API ULONG pipes_win32_wcstoul(const WCHAR* text, WCHAR** end, int base);
PIPES_API int pipes_win32__wtoi(const WCHAR* text);
PIPES_API int pipes_win32_towupper(int unit);
PIPES_API int pipes_win32_towlower(int unit);
PIPES_API int pipes_win32_wcscpy_s(WCHAR* target, size_t size, const WCHAR* source);
PIPES_API int pipes_win32_wcscat_s(WCHAR* target, size_t size, const WCHAR* source);

PIPES_API int pipes_win32__putws(const WCHAR* text);
PIPES_API int pipes_win32_fputws(const WCHAR* text, FILE* stream);
PIPES_API WCHAR* pipes_win32_fgetws(WCHAR* buffer, int size, FILE* stream);
PIPES_API int pipes_win32_putwchar(WCHAR unit);
PIPES_API FILE* pipes_win32__wfopen(const WCHAR* name, const WCHAR* mode);

/* Calls a main function that takes WCHARs. */
typedef int (*pipes_win32_wide_main)(int argc, WCHAR* argv[], WCHAR* envp[]);
PIPES_API int pipes_win32_run_wide_main(int argc, char* argv[], pipes_win32_wide_main wide_main);

#ifdef __cplusplus
}
#endif

/* ---------------------------------------------------------------------------------------------- additions to the C library -- */

PIPES_WIN32_CALL(int, _getch, (void));
PIPES_WIN32_CALL(int, _getche, (void));
PIPES_WIN32_CALL(int, _kbhit, (void));
PIPES_WIN32_CALL(int, _putch, (int character));
PIPES_WIN32_CALL(int, _stricmp, (const char* first, const char* second));
PIPES_WIN32_CALL(int, _strnicmp, (const char* first, const char* second, size_t count));
PIPES_WIN32_CALL(char*, _strdup, (const char* text));
PIPES_WIN32_CALL(int, strcpy_s, (char* target, size_t size, const char* source));
PIPES_WIN32_CALL(int, strcat_s, (char* target, size_t size, const char* source));
PIPES_WIN32_CALL(int, strncpy_s, (char* target, size_t size, const char* source, size_t count));
PIPES_WIN32_CALL(int, fopen_s, (FILE * *stream, const char* name, const char* mode));

#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#define _TRUNCATE ((size_t)-1)

/* ------------------------------------------------------------------------------------------------------------ their names -- */

/* The library itself means the C library's. */
#ifndef PIPES_BUILDING

#define printf(...) pipes_win32_printf(__VA_ARGS__)
#define vprintf(...) pipes_win32_vprintf(__VA_ARGS__)
#define fprintf(...) pipes_win32_fprintf(__VA_ARGS__)
#define vfprintf(...) pipes_win32_vfprintf(__VA_ARGS__)
#define sprintf(...) pipes_win32_sprintf(__VA_ARGS__)
#define vsprintf(...) pipes_win32_vsprintf(__VA_ARGS__)
#define snprintf(...) pipes_win32_snprintf(__VA_ARGS__)
#define vsnprintf(...) pipes_win32_vsnprintf(__VA_ARGS__)
#define _snprintf pipes_win32__snprintf
#define _vsnprintf pipes_win32__vsnprintf
#define vsprintf_s pipes_win32_vsprintf_s
#ifdef __cplusplus
namespace std {
using ::pipes_win32_fprintf;
using ::pipes_win32_printf;
using ::pipes_win32_snprintf;
using ::pipes_win32_sprintf;
using ::pipes_win32_vfprintf;
using ::pipes_win32_vprintf;
using ::pipes_win32_vsnprintf;
using ::pipes_win32_vsprintf;
}  // namespace std

/* Those that take the size of an array from its type. */
template <class... Arguments>
int sprintf_s(char* buffer, size_t size, const char* format, Arguments... arguments) {
  return pipes_win32_sprintf_s(buffer, size, format, arguments...);
}
template <size_t size, class... Arguments>
int sprintf_s(char (&buffer)[size], const char* format, Arguments... arguments) {
  return pipes_win32_sprintf_s(buffer, size, format, arguments...);
}
template <size_t size>
int strcpy_s(char (&target)[size], const char* source) {
  return strcpy_s(target, size, source);
}
template <size_t size>
int strcat_s(char (&target)[size], const char* source) {
  return strcat_s(target, size, source);
}
#else
#define sprintf_s pipes_win32_sprintf_s
#endif

#define _swprintf pipes_win32__swprintf
#define _vswprintf pipes_win32__vswprintf
#define _snwprintf pipes_win32__snwprintf
#define _vsnwprintf pipes_win32__vsnwprintf
#define swprintf_s pipes_win32_swprintf_s
#define vswprintf_s pipes_win32_vswprintf_s
#define _wcsicmp pipes_win32__wcsicmp
#define _wcsnicmp pipes_win32__wcsnicmp
#define _wcsdup pipes_win32__wcsdup
#define _wtoi pipes_win32__wtoi
#define _wfopen pipes_win32__wfopen
#define _putws pipes_win32__putws
#define wcscpy_s pipes_win32_wcscpy_s
#define wcscat_s pipes_win32_wcscat_s

/* A main function that takes WCHARs is called wmain, or _tmain. Here it is given another name, and what the system
 * calls is made before it. It is defined with one to three arguments or (void), and not declared apart. */
#ifdef __cplusplus
#define PIPES_WIN32_MAIN_CAST(name) reinterpret_cast<pipes_win32_wide_main>(reinterpret_cast<void (*)(void)>(name))
#else
#define PIPES_WIN32_MAIN_CAST(name) ((pipes_win32_wide_main)(void (*)(void))(name))
#endif
#define PIPES_WIN32_WIDE_MAIN(...)                                                          \
  pipes_win32_wmain(__VA_ARGS__);                                                           \
  int main(int argc, char* argv[]) {                                                        \
    return pipes_win32_run_wide_main(argc, argv, PIPES_WIN32_MAIN_CAST(pipes_win32_wmain)); \
  }                                                                                         \
  int pipes_win32_wmain(__VA_ARGS__)
#define wmain PIPES_WIN32_WIDE_MAIN

/* With the C library's own wchar_t a program means the C library's own functions. */
#if PIPES_WIN32_SHORT_WCHAR || defined(UNICODE)
#define wprintf(...) pipes_win32_wprintf(__VA_ARGS__)
#define vwprintf(...) pipes_win32_vwprintf(__VA_ARGS__)
#define fwprintf(...) pipes_win32_fwprintf(__VA_ARGS__)
#define vfwprintf(...) pipes_win32_vfwprintf(__VA_ARGS__)
#define swprintf(...) pipes_win32_swprintf(__VA_ARGS__)
#define vswprintf(...) pipes_win32_vswprintf(__VA_ARGS__)
#define wcslen(...) pipes_win32_wcslen(__VA_ARGS__)
#define wcsnlen(...) pipes_win32_wcsnlen(__VA_ARGS__)
#define wcscpy(...) pipes_win32_wcscpy(__VA_ARGS__)
#define wcsncpy(...) pipes_win32_wcsncpy(__VA_ARGS__)
#define wcscat(...) pipes_win32_wcscat(__VA_ARGS__)
#define wcsncat(...) pipes_win32_wcsncat(__VA_ARGS__)
#define wcscmp(...) pipes_win32_wcscmp(__VA_ARGS__)
#define wcsncmp(...) pipes_win32_wcsncmp(__VA_ARGS__)
#define wcschr(...) pipes_win32_wcschr(__VA_ARGS__)
#define wcsrchr(...) pipes_win32_wcsrchr(__VA_ARGS__)
#define wcsstr(...) pipes_win32_wcsstr(__VA_ARGS__)
#define wcstol(...) pipes_win32_wcstol(__VA_ARGS__)
#define wcstoul(...) pipes_win32_wcstoul(__VA_ARGS__)
#define fputws(...) pipes_win32_fputws(__VA_ARGS__)
#define fgetws(...) pipes_win32_fgetws(__VA_ARGS__)
#endif

#endif /* PIPES_BUILDING */

#endif /* PIPES_WIN32_CRT_H */
