/* How a client opens a pipe that may be busy. */
#ifndef PIPES_EXAMPLES_WIN32_OPEN_PIPE_H
#define PIPES_EXAMPLES_WIN32_OPEN_PIPE_H

#include "example.h"

#define PATIENCE_MS 20000

/* The end, in message-read mode; INVALID_HANDLE_VALUE if there is none to be had. */
static HANDLE open_pipe(LPCTSTR name) {
  DWORD mode = PIPE_READMODE_MESSAGE;
  HANDLE pipe = CreateFile(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
  while (pipe == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY && WaitNamedPipe(name, PATIENCE_MS)) {
    pipe = CreateFile(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
  }
  if (pipe != INVALID_HANDLE_VALUE && !SetNamedPipeHandleState(pipe, &mode, NULL, NULL)) {
    CloseHandle(pipe);
    return INVALID_HANDLE_VALUE;
  }
  return pipe;
}

#endif
