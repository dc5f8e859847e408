/* A server of one thread: each of its instances has an event, and does one thing at a time.
 *
 *   overlapped_server [PIPE [CLIENTS]]
 */
#include "answer.h"

#define INSTANCES 4

typedef enum { CONNECTING, READING, WRITING } State;

typedef struct {
  OVERLAPPED overlapped;
  HANDLE pipe;
  State state;
  DWORD reply_size;
  TCHAR request[EXAMPLE_UNITS + 1];
  TCHAR reply[EXAMPLE_UNITS];
} Instance;

static Instance instances[INSTANCES];

/* Begins to wait for a client. FALSE if that cannot be done. */
static BOOL begin_connect(Instance* instance) {
  instance->state = CONNECTING;
  if (ConnectNamedPipe(instance->pipe, &instance->overlapped)) return TRUE;
  if (GetLastError() == ERROR_IO_PENDING) return TRUE;
  /* The client is there already, which nobody will tell us a second time. */
  return GetLastError() == ERROR_PIPE_CONNECTED && SetEvent(instance->overlapped.hEvent);
}

static BOOL create_instance(Instance* instance, LPCTSTR name) {
  instance->overlapped.hEvent = CreateEvent(NULL, TRUE, FALSE, NULL);
  if (instance->overlapped.hEvent == NULL) return FALSE;
  instance->pipe = CreateNamedPipe(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                   PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, INSTANCES, EXAMPLE_BYTES,
                                   EXAMPLE_BYTES, 0, NULL);
  return instance->pipe != INVALID_HANDLE_VALUE && begin_connect(instance);
}

/* Begins what comes after what has just ended. FALSE if the client has gone. */
static BOOL begin_next(Instance* instance, DWORD transferred) {
  BOOL begun;
  if (instance->state == READING) {
    instance->request[transferred / sizeof(TCHAR)] = 0;
    instance->reply_size = answer(instance->request, instance->reply);
    instance->state = WRITING;
    begun = WriteFile(instance->pipe, instance->reply, instance->reply_size, NULL, &instance->overlapped);
  } else {
    instance->state = READING;
    begun = ReadFile(instance->pipe, instance->request, EXAMPLE_BYTES, NULL, &instance->overlapped);
  }
  return begun || GetLastError() == ERROR_IO_PENDING;
}

/* TRUE if that was the end of a client. */
static BOOL go_on(Instance* instance) {
  DWORD transferred = 0;
  const State ended = instance->state;
  /* 535 completes nothing: there is no result of such a connect to be asked for. */
  const BOOL succeeded =
      ended == CONNECTING || GetOverlappedResult(instance->pipe, &instance->overlapped, &transferred, FALSE);
  ResetEvent(instance->overlapped.hEvent);
  if (succeeded && begin_next(instance, transferred)) return FALSE;
  if (!DisconnectNamedPipe(instance->pipe) || !begin_connect(instance)) report(TEXT("connecting anew"));
  return TRUE;
}

int _tmain(int argc, TCHAR* argv[]) {
  LPCTSTR name = argc > 1 ? argv[1] : EXAMPLE_PIPE;
  const int clients = argc > 2 ? _ttoi(argv[2]) : 0;
  HANDLE events[INSTANCES];
  int served = 0;
  int i;
  for (i = 0; i < INSTANCES; ++i) {
    if (!create_instance(&instances[i], name)) {
      report(TEXT("creating an instance"));
      return 1;
    }
    events[i] = instances[i].overlapped.hEvent;
  }
  while (clients == 0 || served < clients) {
    const DWORD which = WaitForMultipleObjects(INSTANCES, events, FALSE, INFINITE) - WAIT_OBJECT_0;
    if (which >= INSTANCES) {
      report(TEXT("waiting"));
      return 1;
    }
    if (go_on(&instances[which])) ++served;
  }
  return 0;
}
