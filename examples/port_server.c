/* port_server: sends every message of every client back, many clients at once, all on one thread.
 *
 *   port_server [name]      serves the pipe of that name or path, \\.\pipe\echo unless told; ends when interrupted
 *
 * Shows overlapped operations and a completion port in plain C99: each instance has one operation pending, and the port
 * says which has completed. Runs unchanged on Linux and Windows. Try it with several echo_client at a time.
 */
#include <pipes/pipes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE 4096
#define INSTANCES 8
#define PACKETS 64

/* What an instance waits for. */
enum state { CONNECTING, READING, WRITING };

struct instance {
  pipes_overlapped operation;
  pipes_handle pipe;
  enum state state;
  char buffer[BUFFER_SIZE];
};

static int fail(const char* what, pipes_status status) {
  fprintf(stderr, "port_server: cannot %s: error %u: %s\n", what, (unsigned)status, pipes_status_message(status));
  return 1;
}

/* Whether an operation has begun. What is over at once has a packet in the port like everything else. */
static int has_begun(pipes_status status) {
  return status == PIPES_OK || status == PIPES_ERROR_MORE_DATA || status == PIPES_ERROR_IO_PENDING;
}

/* Waits for the next client. One that came before this could wait for it has no packet: it gets one here. */
static pipes_status begin_to_connect(struct instance* one, pipes_handle port) {
  pipes_status status;
  one->state = CONNECTING;
  status = pipes_connect(one->pipe, &one->operation);
  if (status != PIPES_ERROR_PIPE_CONNECTED) return has_begun(status) ? PIPES_OK : status;
  return pipes_port_post(port, 0, 0, &one->operation);
}

/* Takes the last step's result and begins the next one. Returns what ended the conversation, or 0. */
static pipes_status go_on(struct instance* one, pipes_status result, uint32_t transferred) {
  pipes_status status;
  if (result != PIPES_OK && result != PIPES_ERROR_MORE_DATA) return result;
  if (one->state == READING) {
    /* A message longer than the buffer comes in parts and goes back in as many messages. */
    one->state = WRITING;
    status = pipes_write(one->pipe, one->buffer, transferred, NULL, &one->operation);
  } else {
    one->state = READING;
    status = pipes_read(one->pipe, one->buffer, sizeof one->buffer, NULL, &one->operation);
  }
  return has_begun(status) ? PIPES_OK : status;
}

static int serve(pipes_handle port) {
  for (;;) {
    pipes_port_entry packets[PACKETS];
    uint32_t taken = 0;
    uint32_t i;
    pipes_status status = pipes_port_get_many(port, packets, PACKETS, &taken, PIPES_INFINITE, 0);
    if (status != PIPES_OK) return fail("wait for clients", status);
    for (i = 0; i < taken; ++i) {
      /* The operation is the first member of its instance. */
      struct instance* one = (struct instance*)packets[i].overlapped;
      uint32_t transferred = 0;
      status = pipes_get_overlapped_result(one->pipe, &one->operation, &transferred, 0, 0);
      if (status == PIPES_ERROR_IO_INCOMPLETE) status = PIPES_OK; /* the packet of begin_to_connect */
      if (go_on(one, status, transferred) == PIPES_OK) continue;
      /* The client has gone. The same instance serves the next. */
      status = pipes_disconnect(one->pipe);
      if (status == PIPES_OK) status = begin_to_connect(one, port);
      if (status != PIPES_OK) return fail("wait for the next client", status);
    }
  }
}

int main(int argc, char** argv) {
  char path[300]; /* a name has at most 247 characters behind the prefix */
  const char* name = argc > 1 ? argv[1] : "echo";
  struct instance* instances = calloc(INSTANCES, sizeof *instances);
  pipes_handle port = PIPES_INVALID_HANDLE;
  pipes_status status = pipes_port_create(1, &port);
  uint32_t i;

  if (instances == NULL) return 1;
  if (status != PIPES_OK) return fail("make a completion port", status);
  snprintf(path, sizeof path, "%s%s", strncmp(name, "\\\\", 2) == 0 ? "" : "\\\\.\\pipe\\", name);
  for (i = 0; i < INSTANCES; ++i) {
    struct instance* one = &instances[i];
    status = pipes_create_named(path, PIPES_ACCESS_DUPLEX | PIPES_FLAG_OVERLAPPED,
                                PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | PIPES_WAIT | PIPES_REJECT_REMOTE_CLIENTS,
                                INSTANCES, BUFFER_SIZE, BUFFER_SIZE, 0, NULL, &one->pipe, NULL);
    if (status != PIPES_OK) return fail("create the pipe", status);
    status = pipes_port_associate(port, one->pipe, 0);
    if (status == PIPES_OK) status = begin_to_connect(one, port);
    if (status != PIPES_OK) return fail("wait for a client", status);
  }
  printf("listening on %s\n", path);
  fflush(stdout);
  return serve(port);
}
