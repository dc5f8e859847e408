/* One instance of an echo pipe for event loops: what it does when it can, and what it waits for when it cannot. No
 * loop's own: epoll_server.c, uv_server.c and asio_server.cpp wait for its descriptors, each in its way.
 */
#ifndef PIPES_EXAMPLES_ECHO_INSTANCE_H
#define PIPES_EXAMPLES_ECHO_INSTANCE_H

#include <pipes/pipes.h>
#include <stdio.h>
#include <string.h>

#define ECHO_BUFFER_SIZE 4096
#define ECHO_INSTANCES 8

struct echo_instance {
  pipes_handle pipe;
  int readable; /* borrowed descriptors: become readable when there is something to read, */
  int writable; /* and when there is room to write */
  int unsent;   /* whether `size` bytes of `buffer` have yet to go back */
  uint32_t size;
  char buffer[ECHO_BUFFER_SIZE];
};

static int echo_fail(const char* what, pipes_status status) {
  fprintf(stderr, "cannot %s: error %u: %s\n", what, (unsigned)status, pipes_status_message(status));
  return -1;
}

/* Makes an instance that never waits. Returns 0, or -1 with a word on standard error. */
static int echo_open(struct echo_instance* one, const char* path) {
  pipes_status status =
      pipes_create_named(path, PIPES_ACCESS_DUPLEX, PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | PIPES_NOWAIT,
                         ECHO_INSTANCES, ECHO_BUFFER_SIZE, ECHO_BUFFER_SIZE, 0, NULL, &one->pipe, NULL);
  if (status == PIPES_OK) status = pipes_get_event_fd(one->pipe, PIPES_EVENT_READABLE, &one->readable);
  if (status == PIPES_OK) status = pipes_get_event_fd(one->pipe, PIPES_EVENT_WRITABLE, &one->writable);
  one->unsent = 0;
  return status == PIPES_OK ? 0 : echo_fail("create the pipe", status);
}

/* Echoes until nothing is there to read, or no room to write; makes the instance listen again when its client has gone.
 * Returns the descriptor to wait for until it is readable, or -1 with a word on standard error. */
static int echo_go_on(struct echo_instance* one) {
  for (;;) {
    uint32_t count = 0;
    pipes_status status;
    if (one->unsent) {
      status = pipes_write(one->pipe, one->buffer, one->size, &count, NULL);
      if (status == PIPES_OK && count < one->size) return one->writable;
      one->unsent = 0;
    } else {
      status = pipes_read(one->pipe, one->buffer, sizeof one->buffer, &one->size, NULL);
      if (status == PIPES_ERROR_NO_DATA || status == PIPES_ERROR_PIPE_LISTENING) return one->readable;
      /* A message longer than the buffer comes in parts and goes back in as many messages. */
      one->unsent = status == PIPES_OK || status == PIPES_ERROR_MORE_DATA;
      if (one->unsent) continue;
    }
    if (status == PIPES_OK) continue;
    status = pipes_disconnect(one->pipe);
    if (status == PIPES_OK) status = pipes_connect(one->pipe, NULL);
    if (status != PIPES_OK && status != PIPES_ERROR_PIPE_LISTENING && status != PIPES_ERROR_PIPE_CONNECTED) {
      return echo_fail("wait for the next client", status);
    }
  }
}

/* The path of the pipe that the command line names, and its announcement. */
static void echo_path(int argc, char** argv, char* path, size_t size) {
  const char* name = argc > 1 ? argv[1] : "echo";
  snprintf(path, size, "%s%s", strncmp(name, "\\\\", 2) == 0 ? "" : "\\\\.\\pipe\\", name);
}

static void echo_announce(const char* path) {
  printf("listening on %s\n", path);
  fflush(stdout);
}

#endif
