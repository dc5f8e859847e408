/* As a program for Windows is written: a pipe with both ends in one process. */
#include <Windows.h>
#include <stdio.h>
#include <tchar.h>

int _tmain(int argc, TCHAR* argv[]) {
  LPCTSTR name = TEXT("\\\\.\\pipe\\consumer-win32");
  TCHAR text[16];
  DWORD count = 0;
  HANDLE server = CreateNamedPipe(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 1, 512, 512, 0, NULL);
  HANDLE client = CreateFile(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
  if (server == INVALID_HANDLE_VALUE || client == INVALID_HANDLE_VALUE) return 1;
  if (!WriteFile(client, TEXT("hello"), (DWORD)(6 * sizeof(TCHAR)), &count, NULL)) return 2;
  if (!ReadFile(server, text, (DWORD)sizeof text, &count, NULL) || _tcscmp(text, TEXT("hello")) != 0) return 3;
  _tprintf(TEXT("%s from %d argument(s) of %s\n"), text, argc, argv[0]);
  return 0;
}
