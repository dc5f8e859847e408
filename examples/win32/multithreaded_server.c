/* A server that has a thread for each of its clients.
 *
 *   multithreaded_server [PIPE [CLIENTS]]
 */
#include "answer.h"

/* Answers one client until it closes its end. */
static DWORD WINAPI serve(LPVOID parameter) {
  HANDLE pipe = (HANDLE)parameter;
  TCHAR request[EXAMPLE_UNITS + 1];
  TCHAR reply[EXAMPLE_UNITS];
  DWORD read = 0;
  DWORD written = 0;
  while (ReadFile(pipe, request, EXAMPLE_BYTES, &read, NULL)) {
    request[read / sizeof(TCHAR)] = 0;
    if (!WriteFile(pipe, reply, answer(request, reply), &written, NULL)) break;
  }
  if (GetLastError() != ERROR_BROKEN_PIPE) report(TEXT("serving a client"));
  FlushFileBuffers(pipe); /* the client may still read the last reply */
  DisconnectNamedPipe(pipe);
  CloseHandle(pipe);
  return 0;
}

static HANDLE create_instance(LPCTSTR name) {
  return CreateNamedPipe(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
                         PIPE_UNLIMITED_INSTANCES, EXAMPLE_BYTES, EXAMPLE_BYTES, 0, NULL);
}

/* Waits for a client. One may have come between the two calls, which is as good. */
static BOOL accept_client(HANDLE pipe) {
  return ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED;
}

/* Starts a thread for a client, and waits for another to end if there are too many. */
static BOOL start_serving(HANDLE pipe, HANDLE* threads, DWORD* running) {
  if (*running == MAXIMUM_WAIT_OBJECTS) {
    const DWORD ended = WaitForMultipleObjects(*running, threads, FALSE, INFINITE) - WAIT_OBJECT_0;
    CloseHandle(threads[ended]);
    threads[ended] = threads[--*running];
  }
  threads[*running] = CreateThread(NULL, 0, serve, pipe, 0, NULL);
  return threads[*running] != NULL && ++*running != 0;
}

int _tmain(int argc, TCHAR* argv[]) {
  LPCTSTR name = argc > 1 ? argv[1] : EXAMPLE_PIPE;
  const int clients = argc > 2 ? _ttoi(argv[2]) : 0;
  HANDLE threads[MAXIMUM_WAIT_OBJECTS];
  DWORD running = 0;
  int served;
  HANDLE listening = create_instance(name);
  for (served = 0; clients == 0 || served < clients; ++served) {
    HANDLE connected = listening;
    if (listening == INVALID_HANDLE_VALUE || !accept_client(listening)) {
      report(TEXT("waiting for a client"));
      return 1;
    }
    /* The next instance comes before the thread that may close this one: a pipe without instances is none. */
    listening = create_instance(name);
    if (!start_serving(connected, threads, &running)) {
      report(TEXT("starting a thread"));
      return 1;
    }
  }
  if (running != 0) WaitForMultipleObjects(running, threads, TRUE, INFINITE);
  return 0;
}
