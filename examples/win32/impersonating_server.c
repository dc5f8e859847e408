/* A server that reads files for its clients, with their rights instead of its own: a request is a path, the reply says
 * who asked and how the file begins.
 *
 *   impersonating_server [PIPE [CLIENTS]]
 */
#include "example.h"
/* After windows.h. */
#include <aclapi.h>

#define NAME_UNITS 128

/* An entry about a well-known group. */
static void describe(EXPLICIT_ACCESS* entry, ACCESS_MODE mode, DWORD rights, PSID group) {
  ZeroMemory(entry, sizeof *entry);
  entry->grfAccessMode = mode;
  entry->grfAccessPermissions = rights;
  entry->grfInheritance = NO_INHERITANCE;
  entry->Trustee.TrusteeType = TRUSTEE_IS_WELL_KNOWN_GROUP;
  BuildTrusteeWithSid(&entry->Trustee, group);
}

/* A pipe that everyone of this computer may use, that nobody reaches through the network, and of which nobody but this
 * user may make an instance. */
static HANDLE create_pipe(LPCTSTR name) {
  SID_IDENTIFIER_AUTHORITY world = SECURITY_WORLD_SID_AUTHORITY;
  SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
  TCHAR me[] = TEXT("CURRENT_USER");
  EXPLICIT_ACCESS entries[3];
  SECURITY_DESCRIPTOR descriptor;
  SECURITY_ATTRIBUTES attributes;
  PSID everyone = NULL;
  PSID network = NULL;
  PACL list = NULL;
  HANDLE pipe = INVALID_HANDLE_VALUE;
  if (AllocateAndInitializeSid(&world, 1, SECURITY_WORLD_RID, 0, 0, 0, 0, 0, 0, 0, &everyone) &&
      AllocateAndInitializeSid(&nt, 1, SECURITY_NETWORK_RID, 0, 0, 0, 0, 0, 0, 0, &network)) {
    describe(&entries[0], DENY_ACCESS, FILE_ALL_ACCESS, network);
    describe(&entries[1], GRANT_ACCESS, (FILE_GENERIC_READ | FILE_GENERIC_WRITE) & ~(DWORD)FILE_CREATE_PIPE_INSTANCE,
             everyone);
    BuildExplicitAccessWithName(&entries[2], me, FILE_ALL_ACCESS, GRANT_ACCESS, NO_INHERITANCE);
    SetLastError(SetEntriesInAcl(3, entries, NULL, &list));
  }
  if (list != NULL && InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION) &&
      SetSecurityDescriptorDacl(&descriptor, TRUE, list, FALSE)) {
    attributes.nLength = sizeof attributes;
    attributes.lpSecurityDescriptor = &descriptor;
    attributes.bInheritHandle = FALSE;
    pipe = CreateNamedPipe(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
                           PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 1, EXAMPLE_BYTES, EXAMPLE_BYTES, 0,
                           &attributes);
  }
  LocalFree(list);
  if (network != NULL) FreeSid(network);
  if (everyone != NULL) FreeSid(everyone);
  return pipe;
}

/* Who the calling thread acts as. */
static BOOL tell_user(LPTSTR user) {
  union {
    TOKEN_USER user;
    BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  } answer;
  TCHAR domain[NAME_UNITS];
  DWORD size = 0;
  DWORD name_units = NAME_UNITS;
  DWORD domain_units = NAME_UNITS;
  SID_NAME_USE use;
  HANDLE token = NULL;
  BOOL told;
  if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) return FALSE;
  told = GetTokenInformation(token, TokenUser, &answer, sizeof answer, &size) &&
         LookupAccountSid(NULL, answer.user.User.Sid, user, &name_units, domain, &domain_units, &use);
  CloseHandle(token);
  return told;
}

/* The first line of a file, which is closed then. */
static void read_line(HANDLE file, char* line, DWORD size) {
  DWORD read = 0;
  if (!ReadFile(file, line, size - 1, &read, NULL)) read = 0;
  line[read] = 0;
  line[strcspn(line, "\r\n")] = 0;
  CloseHandle(file);
}

/* What a client may see of a file, in whose name it is opened: what the server itself may read is not the question. */
static void look_for_client(HANDLE pipe, LPCTSTR path, LPTSTR reply) {
  TCHAR user[NAME_UNITS] = TEXT("?");
  char line[EXAMPLE_UNITS / 2];
  HANDLE file;
  DWORD error;
  if (!ImpersonateNamedPipeClient(pipe)) {
    StringCchPrintf(reply, EXAMPLE_UNITS, TEXT("not for you: error %lu"), GetLastError());
    return;
  }
  if (!tell_user(user)) report(TEXT("asking who the client is"));
  file = CreateFile(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
  error = GetLastError();
  if (!RevertToSelf()) {
    report(TEXT("becoming oneself again"));
    ExitProcess(1); /* rather than serve others with this client's rights */
  }
  if (file == INVALID_HANDLE_VALUE) {
    StringCchPrintf(reply, EXAMPLE_UNITS, TEXT("%s: error %lu"), user, error);
    return;
  }
  read_line(file, line, sizeof line);
  StringCchPrintf(reply, EXAMPLE_UNITS, TEXT("%s: %hs"), user, line);
}

/* Answers one client until it closes its end. */
static void serve(HANDLE pipe) {
  TCHAR request[EXAMPLE_UNITS + 1];
  TCHAR reply[EXAMPLE_UNITS];
  DWORD read = 0;
  DWORD written = 0;
  while (ReadFile(pipe, request, EXAMPLE_BYTES, &read, NULL)) {
    request[read / sizeof(TCHAR)] = 0;
    look_for_client(pipe, request, reply);
    if (!WriteFile(pipe, reply, (DWORD)((_tcslen(reply) + 1) * sizeof(TCHAR)), &written, NULL)) break;
  }
  if (GetLastError() != ERROR_BROKEN_PIPE) report(TEXT("serving a client"));
  FlushFileBuffers(pipe);
  DisconnectNamedPipe(pipe);
}

int _tmain(int argc, TCHAR* argv[]) {
  const int clients = argc > 2 ? _ttoi(argv[2]) : 0;
  int served;
  HANDLE pipe = create_pipe(argc > 1 ? argv[1] : EXAMPLE_PIPE);
  if (pipe == INVALID_HANDLE_VALUE) {
    report(TEXT("creating the pipe"));
    return 1;
  }
  for (served = 0; clients == 0 || served < clients; ++served) {
    if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) {
      report(TEXT("waiting for a client"));
      return 1;
    }
    serve(pipe);
  }
  CloseHandle(pipe);
  return 0;
}
