/* What the programs of this folder have in common: the protocol, and how a failure is told. */
#ifndef PIPES_EXAMPLES_WIN32_EXAMPLE_H
#define PIPES_EXAMPLES_WIN32_EXAMPLE_H

#include <windows.h>
/**/
#include <stdio.h>
#include <tchar.h>
/* After tchar.h. */
#include <strsafe.h>

#define EXAMPLE_PIPE TEXT("\\\\.\\pipe\\pipes-example")
#define EXAMPLE_UNITS 512 /* of a request or a reply, its terminator included */
#define EXAMPLE_BYTES ((DWORD)(EXAMPLE_UNITS * sizeof(TCHAR)))

/* Says what failed and why. */
static void report(LPCTSTR what) {
  const DWORD error = GetLastError();
  LPTSTR reason = NULL;
  FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                error, 0, (LPTSTR)(void*)&reason, 0, NULL);
  _ftprintf(stderr, TEXT("%s: error %lu: %s\n"), what, error, reason != NULL ? reason : TEXT("?"));
  LocalFree(reason);
}

#endif
