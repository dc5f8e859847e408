/* What a server answers. */
#ifndef PIPES_EXAMPLES_WIN32_ANSWER_H
#define PIPES_EXAMPLES_WIN32_ANSWER_H

#include "example.h"

/* Makes the reply to a request, and returns how many bytes it has. */
static DWORD answer(LPCTSTR request, LPTSTR reply) {
  _tprintf(TEXT("request: %s\n"), request);
  StringCchPrintf(reply, EXAMPLE_UNITS, TEXT("you said \"%s\""), request);
  return (DWORD)((_tcslen(reply) + 1) * sizeof(TCHAR));
}

#endif
