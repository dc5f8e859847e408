/* Sends a request to any of the servers of this folder and prints the reply.
 *
 *   pipe_client [PIPE [REQUEST]]
 */
#include "open_pipe.h"

#define PIECE_UNITS 16 /* less than most replies have, to show how a message comes in pieces */

int _tmain(int argc, TCHAR* argv[]) {
  LPCTSTR name = argc > 1 ? argv[1] : EXAMPLE_PIPE;
  LPCTSTR request = argc > 2 ? argv[2] : TEXT("hello");
  TCHAR piece[PIECE_UNITS + 1];
  DWORD count = 0;
  BOOL whole;
  HANDLE pipe = open_pipe(name);
  if (pipe == INVALID_HANDLE_VALUE) {
    report(TEXT("opening the pipe"));
    return 1;
  }
  if (!WriteFile(pipe, request, (DWORD)((_tcslen(request) + 1) * sizeof(TCHAR)), &count, NULL)) {
    report(TEXT("writing"));
    return 1;
  }
  do {
    whole = ReadFile(pipe, piece, (DWORD)(PIECE_UNITS * sizeof(TCHAR)), &count, NULL);
    if (!whole && GetLastError() != ERROR_MORE_DATA) {
      report(TEXT("reading"));
      return 1;
    }
    piece[count / sizeof(TCHAR)] = 0;
    _tprintf(TEXT("%s"), piece);
  } while (!whole);
  _tprintf(TEXT("\n"));
  CloseHandle(pipe);
  return 0;
}
