/* Starts a child with redirected standard handles, sends it a file, and prints what comes back.
 *
 *   redirect_parent FILE [CHILD]
 */
#include "example.h"

/* The parent's ends of the two pipes, and the child's. */
static HANDLE to_child, from_child, child_input, child_output;

static BOOL create_pipes(void) {
  SECURITY_ATTRIBUTES inheritable;
  inheritable.nLength = sizeof inheritable;
  inheritable.lpSecurityDescriptor = NULL;
  inheritable.bInheritHandle = TRUE;
  /* Of each pipe one end stays here: were it inherited, the other would never see it closed. */
  return CreatePipe(&child_input, &to_child, &inheritable, 0) &&
         SetHandleInformation(to_child, HANDLE_FLAG_INHERIT, 0) &&
         CreatePipe(&from_child, &child_output, &inheritable, 0) &&
         SetHandleInformation(from_child, HANDLE_FLAG_INHERIT, 0);
}

static HANDLE start_child(LPCTSTR program) {
  TCHAR command_line[MAX_PATH + 3];
  STARTUPINFO startup;
  PROCESS_INFORMATION process;
  StringCchPrintf(command_line, MAX_PATH + 3, TEXT("\"%s\""), program);
  ZeroMemory(&startup, sizeof startup);
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = child_input;
  startup.hStdOutput = child_output;
  startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  if (!CreateProcess(NULL, command_line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) return NULL;
  CloseHandle(process.hThread);
  CloseHandle(child_input);
  CloseHandle(child_output);
  return process.hProcess;
}

/* Copies until the source ends, and closes the target. */
static void copy(HANDLE source, HANDLE target) {
  char buffer[4096];
  DWORD read = 0;
  DWORD written = 0;
  while (ReadFile(source, buffer, sizeof buffer, &read, NULL) && read != 0) {
    if (!WriteFile(target, buffer, read, &written, NULL)) break;
  }
}

static DWORD WINAPI send_file(LPVOID file) {
  copy((HANDLE)file, to_child);
  CloseHandle(to_child); /* the end of the child's input */
  return 0;
}

int _tmain(int argc, TCHAR* argv[]) {
  HANDLE file, child, sender;
  DWORD exit_code = 1;
  if (argc < 2) {
    _ftprintf(stderr, TEXT("usage: redirect_parent FILE [CHILD]\n"));
    return 2;
  }
  file = CreateFile(argv[1], GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE || !create_pipes()) {
    report(TEXT("opening the file and the pipes"));
    return 1;
  }
  child = start_child(argc > 2 ? argv[2] : TEXT("redirect_child.exe"));
  if (child == NULL) {
    report(TEXT("starting the child"));
    return 1;
  }
  /* Sending and receiving at once, so that neither waits for the other when the pipes are full. */
  sender = CreateThread(NULL, 0, send_file, file, 0, NULL);
  copy(from_child, GetStdHandle(STD_OUTPUT_HANDLE));
  WaitForSingleObject(sender, INFINITE);
  WaitForSingleObject(child, INFINITE);
  GetExitCodeProcess(child, &exit_code);
  return (int)exit_code;
}
