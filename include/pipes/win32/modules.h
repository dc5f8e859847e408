/* modules.h: looking functions up by name. Part of pipes/win32.h.
 *
 * SPDX-License-Identifier: MIT
 *
 * To GetModuleHandle and LoadLibrary all libraries of Windows are one, this layer, and GetProcAddress finds in it what
 * these headers declare.
 */
#ifndef PIPES_WIN32_MODULES_H
#define PIPES_WIN32_MODULES_H

#include "types.h"

PIPES_WIN32_CALL(HMODULE, GetModuleHandleA, (LPCSTR lpModuleName));
PIPES_WIN32_CALL(HMODULE, GetModuleHandleW, (LPCWSTR lpModuleName));
PIPES_WIN32_CALL(HMODULE, LoadLibraryA, (LPCSTR lpLibFileName));
PIPES_WIN32_CALL(HMODULE, LoadLibraryW, (LPCWSTR lpLibFileName));
PIPES_WIN32_CALL(BOOL, FreeLibrary, (HMODULE hLibModule));
PIPES_WIN32_CALL(FARPROC, GetProcAddress, (HMODULE hModule, LPCSTR lpProcName));
PIPES_WIN32_CALL(DWORD, GetModuleFileNameA, (HMODULE hModule, LPSTR lpFilename, DWORD nSize));
PIPES_WIN32_CALL(DWORD, GetModuleFileNameW, (HMODULE hModule, LPWSTR lpFilename, DWORD nSize));

#ifdef UNICODE
#define GetModuleHandle GetModuleHandleW
#define LoadLibrary LoadLibraryW
#define GetModuleFileName GetModuleFileNameW
#else
#define GetModuleHandle GetModuleHandleA
#define LoadLibrary LoadLibraryA
#define GetModuleFileName GetModuleFileNameA
#endif

#endif /* PIPES_WIN32_MODULES_H */
