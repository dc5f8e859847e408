/* Sends a request to any of the servers of this folder and reads the reply in one transaction.
 *
 *   transact_client [PIPE [REQUEST [-call]]]
 *
 * With -call opening and closing are part of it, too.
 */
#include "open_pipe.h"

static BOOL transact(LPCTSTR name, LPTSTR request, DWORD size, LPTSTR reply, LPDWORD read) {
  HANDLE pipe = open_pipe(name);
  BOOL succeeded;
  if (pipe == INVALID_HANDLE_VALUE) return FALSE;
  succeeded = TransactNamedPipe(pipe, request, size, reply, EXAMPLE_BYTES, read, NULL);
  CloseHandle(pipe);
  return succeeded;
}

int _tmain(int argc, TCHAR* argv[]) {
  LPCTSTR name = argc > 1 ? argv[1] : EXAMPLE_PIPE;
  TCHAR usual[] = TEXT("hello");
  LPTSTR request = argc > 2 ? argv[2] : usual;
  const BOOL calls = argc > 3 && _tcscmp(argv[3], TEXT("-call")) == 0;
  const DWORD size = (DWORD)((_tcslen(request) + 1) * sizeof(TCHAR));
  TCHAR reply[EXAMPLE_UNITS + 1];
  DWORD read = 0;
  const BOOL succeeded = calls ? CallNamedPipe(name, request, size, reply, EXAMPLE_BYTES, &read, PATIENCE_MS)
                               : transact(name, request, size, reply, &read);
  if (!succeeded) {
    report(calls ? TEXT("calling") : TEXT("transacting"));
    return 1;
  }
  reply[read / sizeof(TCHAR)] = 0;
  _tprintf(TEXT("%s\n"), reply);
  return 0;
}
