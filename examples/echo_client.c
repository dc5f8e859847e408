/* echo_client: sends its arguments to echo_server, a message each, and prints the replies.
 *
 *   echo_client [-n name] message...      opens the pipe of that name or path, \\.\pipe\echo unless told
 *
 * Shows the client's side in plain C99: open, wait while the pipe is busy, switch to message read mode, transact.
 * Runs unchanged on Linux and Windows.
 */
#include <pipes/pipes.h>
#include <stdio.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000

static int fail(const char* what, pipes_status status) {
  fprintf(stderr, "echo_client: cannot %s: error %u: %s\n", what, (unsigned)status, pipes_status_message(status));
  return 1;
}

/* Opens the pipe; while all instances are taken it waits. Waiting reserves nothing, so it may have to repeat. */
static pipes_status open_pipe(const char* path, pipes_handle* pipe) {
  for (;;) {
    pipes_status status = pipes_open(path, PIPES_GENERIC_READ | PIPES_GENERIC_WRITE, 0, NULL, pipe);
    if (status != PIPES_ERROR_PIPE_BUSY) return status;
    status = pipes_wait_available(path, BUSY_TIMEOUT_MS);
    if (status != PIPES_OK) return status;
  }
}

/* Sends `message` and prints the reply: one message, however long. (echo_server answers a message beyond its buffer in
 * several, of which this prints the first.) */
static pipes_status exchange(pipes_handle pipe, const char* message) {
  char reply[512];
  uint32_t received = 0;
  pipes_status status = pipes_transact(pipe, message, (uint32_t)strlen(message), reply, sizeof reply, &received, NULL);
  while (status == PIPES_OK || status == PIPES_ERROR_MORE_DATA) {
    fwrite(reply, 1, received, stdout);
    if (status == PIPES_OK) {
      putchar('\n');
      break;
    }
    status = pipes_read(pipe, reply, sizeof reply, &received, NULL);
  }
  return status;
}

int main(int argc, char** argv) {
  const uint32_t message_mode = PIPES_READMODE_MESSAGE | PIPES_WAIT;
  const char* name = "echo";
  char path[300]; /* a name has at most 247 characters behind the prefix */
  pipes_handle pipe = PIPES_INVALID_HANDLE;
  pipes_status status;
  int first = 1;

  if (argc > 2 && strcmp(argv[1], "-n") == 0) {
    name = argv[2];
    first = 3;
  }
  if (first >= argc) {
    fprintf(stderr, "usage: echo_client [-n name] message...\n");
    return 2;
  }
  snprintf(path, sizeof path, "%s%s", strncmp(name, "\\\\", 2) == 0 ? "" : "\\\\.\\pipe\\", name);
  status = open_pipe(path, &pipe);
  if (status != PIPES_OK) return fail("open the pipe", status);
  /* A client end begins in byte read mode, whatever the type of the pipe. */
  status = pipes_set_state(pipe, &message_mode, NULL, NULL);
  for (; status == PIPES_OK && first < argc; ++first) status = exchange(pipe, argv[first]);
  pipes_close(pipe);
  return status == PIPES_OK ? 0 : fail("talk to the server", status);
}
