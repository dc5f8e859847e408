/* A server of one thread, whose completion routines begin what comes next.
 *
 *   completion_routine_server [PIPE [CLIENTS]]
 */
#include "answer.h"

/* The first member is what a completion routine is given. */
typedef struct {
  OVERLAPPED overlapped;
  HANDLE pipe;
  DWORD reply_size;
  TCHAR request[EXAMPLE_UNITS + 1];
  TCHAR reply[EXAMPLE_UNITS];
} Conversation;

static int served;

static VOID WINAPI read_completed(DWORD error, DWORD transferred, LPOVERLAPPED overlapped);
static VOID WINAPI write_completed(DWORD error, DWORD transferred, LPOVERLAPPED overlapped);

static void end_conversation(Conversation* conversation) {
  DisconnectNamedPipe(conversation->pipe);
  CloseHandle(conversation->pipe);
  HeapFree(GetProcessHeap(), 0, conversation);
  ++served;
}

static VOID WINAPI read_completed(DWORD error, DWORD transferred, LPOVERLAPPED overlapped) {
  Conversation* conversation = (Conversation*)(void*)overlapped;
  if (error == ERROR_SUCCESS) {
    conversation->request[transferred / sizeof(TCHAR)] = 0;
    conversation->reply_size = answer(conversation->request, conversation->reply);
    if (WriteFileEx(conversation->pipe, conversation->reply, conversation->reply_size, overlapped, write_completed)) {
      return;
    }
  }
  end_conversation(conversation);
}

static VOID WINAPI write_completed(DWORD error, DWORD transferred, LPOVERLAPPED overlapped) {
  Conversation* conversation = (Conversation*)(void*)overlapped;
  if (error == ERROR_SUCCESS && transferred == conversation->reply_size &&
      ReadFileEx(conversation->pipe, conversation->request, EXAMPLE_BYTES, overlapped, read_completed)) {
    return;
  }
  end_conversation(conversation);
}

/* Makes an instance and begins to wait for its client, who will be told of by `connected`. Null if it cannot. */
static HANDLE listen_for_client(LPCTSTR name, LPOVERLAPPED connected) {
  HANDLE pipe = CreateNamedPipe(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, PIPE_UNLIMITED_INSTANCES,
                                EXAMPLE_BYTES, EXAMPLE_BYTES, 0, NULL);
  if (pipe == INVALID_HANDLE_VALUE) return NULL;
  if (!ConnectNamedPipe(pipe, connected)) {
    const DWORD error = GetLastError();
    if (error == ERROR_PIPE_CONNECTED) SetEvent(connected->hEvent);
    if (error != ERROR_PIPE_CONNECTED && error != ERROR_IO_PENDING) return NULL;
  }
  return pipe;
}

static void begin_conversation(HANDLE pipe) {
  Conversation* conversation = (Conversation*)HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(Conversation));
  if (conversation == NULL) {
    CloseHandle(pipe);
    return;
  }
  conversation->pipe = pipe;
  write_completed(ERROR_SUCCESS, 0, &conversation->overlapped); /* as after a reply: what comes next is a read */
}

int _tmain(int argc, TCHAR* argv[]) {
  LPCTSTR name = argc > 1 ? argv[1] : EXAMPLE_PIPE;
  const int clients = argc > 2 ? _ttoi(argv[2]) : 0;
  static OVERLAPPED connected; /* still waited with when the program ends, so it outlives this function */
  HANDLE listening;
  connected.hEvent = CreateEvent(NULL, TRUE, FALSE, NULL);
  listening = listen_for_client(name, &connected);
  while (listening != NULL && (clients == 0 || served < clients)) {
    switch (WaitForSingleObjectEx(connected.hEvent, INFINITE, TRUE)) {
      case WAIT_OBJECT_0:
        begin_conversation(listening);
        ResetEvent(connected.hEvent);
        listening = listen_for_client(name, &connected);
        break;
      case WAIT_IO_COMPLETION:
        break;
      default:
        report(TEXT("waiting"));
        return 1;
    }
  }
  if (listening != NULL) return 0;
  report(TEXT("listening"));
  return 1;
}
