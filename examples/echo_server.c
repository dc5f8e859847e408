/* echo_server: sends every message of every client back, one client after the other.
 *
 *   echo_server [name]      serves the pipe of that name or path, \\.\pipe\echo unless told; ends when interrupted
 *
 * Shows the server's side of a message pipe in plain C99: create, connect, read while there is more, write, disconnect.
 * Runs unchanged on Linux and Windows. Try it with echo_client, or with `pipes connect --message echo`.
 */
#include <pipes/pipes.h>
#include <stdio.h>
#include <string.h>

#define BUFFER_SIZE 4096

static int fail(const char* what, pipes_status status) {
  fprintf(stderr, "echo_server: cannot %s: error %u: %s\n", what, (unsigned)status, pipes_status_message(status));
  return 1;
}

/* Answers until the client goes; returns the status that ended it. A message longer than the buffer comes in parts
 * (PIPES_ERROR_MORE_DATA) and goes back in as many messages. */
static pipes_status echo(pipes_handle pipe) {
  char buffer[BUFFER_SIZE];
  for (;;) {
    uint32_t received = 0;
    uint32_t sent = 0;
    pipes_status status = pipes_read(pipe, buffer, sizeof buffer, &received, NULL);
    if (status != PIPES_OK && status != PIPES_ERROR_MORE_DATA) return status;
    status = pipes_write(pipe, buffer, received, &sent, NULL);
    if (status != PIPES_OK) return status;
  }
}

int main(int argc, char** argv) {
  char path[300]; /* a name has at most 247 characters behind the prefix */
  const char* name = argc > 1 ? argv[1] : "echo";
  pipes_handle pipe = PIPES_INVALID_HANDLE;
  pipes_status status;

  snprintf(path, sizeof path, "%s%s", strncmp(name, "\\\\", 2) == 0 ? "" : "\\\\.\\pipe\\", name);
  /* FIRST_PIPE_INSTANCE refuses a name that somebody serves already. One instance: one client at a time. */
  status = pipes_create_named(path, PIPES_ACCESS_DUPLEX | PIPES_FLAG_FIRST_PIPE_INSTANCE,
                              PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | PIPES_WAIT | PIPES_REJECT_REMOTE_CLIENTS, 1,
                              BUFFER_SIZE, BUFFER_SIZE, 0, NULL, &pipe, NULL);
  if (status != PIPES_OK) return fail("create the pipe", status);
  printf("listening on %s\n", path);
  fflush(stdout);

  for (;;) {
    status = pipes_connect(pipe, NULL);
    /* PIPE_CONNECTED: the client was faster than this call. NO_DATA: it has gone again; what it sent can be read. */
    if (status != PIPES_OK && status != PIPES_ERROR_PIPE_CONNECTED && status != PIPES_ERROR_NO_DATA) {
      return fail("wait for a client", status);
    }
    status = echo(pipe);
    if (status != PIPES_ERROR_BROKEN_PIPE && status != PIPES_ERROR_NO_DATA) fail("serve the client", status);
    /* The same instance serves the next client once it is disconnected from this one. */
    status = pipes_disconnect(pipe);
    if (status != PIPES_OK) return fail("disconnect", status);
  }
}
