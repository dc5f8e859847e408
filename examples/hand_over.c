/* hand_over: puts one end of a pipe into another process that runs, so that the two are connected directly.
 *
 *   hand_over worker PIPE    takes an end from whoever connects to PIPE, writes to it and ends
 *   hand_over boss PIPE      makes an anonymous pipe, gives its writing end to the worker, and prints what comes
 *
 * PIPE is a name, or all of a path, \\.\pipe\name. The worker consents by pipes_accept_handles. The boss learns its
 * process id from the named pipe, puts the handle in with pipes_duplicate_into, and tells its value there, which is all
 * that has to be told. With PIPES_DUPLICATE_CLOSE_SOURCE the boss keeps no copy, else it would wait for the end of its
 * own pipe for ever.
 */
#include <pipes/pipes.h>
#include <stdio.h>
#include <string.h>

static int fail(const char* what, pipes_status status) {
  fprintf(stderr, "hand_over: cannot %s: error %u: %s\n", what, (unsigned)status, pipes_status_message(status));
  return 1;
}

static int work(const char* name) {
  static const char kText[] = "from the worker, without a detour\n";
  pipes_handle pipe = NULL;
  uint64_t value = 0;
  uint32_t size = 0;
  pipes_handle given;
  pipes_status status = pipes_accept_handles(1);
  if (status != PIPES_OK) return fail("take handles", status);
  status = pipes_create_named(name, PIPES_ACCESS_INBOUND, PIPES_TYPE_MESSAGE, 1, 0, 0, 0, NULL, &pipe, NULL);
  if (status != PIPES_OK) return fail("create the pipe", status);
  printf("listening on %s\n", name);
  fflush(stdout);
  status = pipes_connect(pipe, NULL);
  if (status == PIPES_OK || status == PIPES_ERROR_PIPE_CONNECTED) {
    status = pipes_read(pipe, &value, sizeof value, &size, NULL);
  }
  pipes_close(pipe);
  pipes_accept_handles(0); /* one is enough */
  if (status != PIPES_OK || size != sizeof value) return fail("learn of a handle", status);
  given = (pipes_handle)(uintptr_t)value;
  status = pipes_write(given, kText, sizeof kText - 1, &size, NULL);
  pipes_close(given);
  return status == PIPES_OK ? 0 : fail("write to the handle", status);
}

static pipes_status give(pipes_handle worker, pipes_handle end) {
  uint32_t process_id = 0;
  pipes_handle there = NULL;
  pipes_status status = pipes_get_server_process_id(worker, &process_id);
  if (status == PIPES_OK) {
    status =
        pipes_duplicate_into(end, process_id, 0, 0, PIPES_DUPLICATE_SAME_ACCESS | PIPES_DUPLICATE_CLOSE_SOURCE, &there);
  }
  if (status == PIPES_OK) {
    const uint64_t value = (uint64_t)(uintptr_t)there;
    uint32_t size = 0;
    status = pipes_write(worker, &value, sizeof value, &size, NULL);
  }
  return status;
}

static int order(const char* name) {
  pipes_handle worker = NULL;
  pipes_handle reading = NULL;
  pipes_handle writing = NULL;
  char text[256];
  pipes_status status = pipes_open(name, PIPES_GENERIC_WRITE, 0, NULL, &worker);
  if (status != PIPES_OK) return fail("open the pipe", status);
  status = pipes_create_anonymous(&reading, &writing, NULL, 0);
  if (status != PIPES_OK) return fail("create a pipe", status);
  status = give(worker, writing);
  pipes_close(worker);
  if (status != PIPES_OK) return fail("hand over the end", status);
  for (;;) {
    uint32_t size = 0;
    status = pipes_read(reading, text, sizeof text, &size, NULL);
    if (status != PIPES_OK) break;
    fwrite(text, 1, size, stdout);
  }
  pipes_close(reading);
  return status == PIPES_ERROR_BROKEN_PIPE ? 0 : fail("read", status); /* the worker has closed its end */
}

int main(int argc, char** argv) {
  char name[512];
  if (argc != 3 || (strcmp(argv[1], "worker") != 0 && strcmp(argv[1], "boss") != 0)) {
    fprintf(stderr, "usage: hand_over worker|boss PIPE\n");
    return 2;
  }
  snprintf(name, sizeof name, "%s%s", strncmp(argv[2], "\\\\", 2) == 0 ? "" : "\\\\.\\pipe\\", argv[2]);
  return strcmp(argv[1], "worker") == 0 ? work(name) : order(name);
}
