/* child_redirect: runs a command, feeds it a file through a pipe and reads its output through another.
 *
 *   child_redirect FILE [COMMAND...]      COMMAND is `tr a-z A-Z` unless told (on Windows `sort`); its output goes to
 *                                         standard output
 *
 * Shows anonymous pipes as a child's standard handles: pipes_get_native_handle lends what the system calls them, and
 * start_process.h gives them to the child as each system does. Three rules make it end properly:
 *   - the pipes are not inheritable, so the child gets only the two ends that become its standard handles;
 *   - the parent closes its copies of the child's ends once the child runs, else its read would never end;
 *   - input is written by a thread of its own, else both sides could wait for each other with full pipes.
 */
#define _POSIX_C_SOURCE 200809L

#include <pipes/pipes.h>
#include <pthread.h>
#include <stdio.h>

#include "start_process.h"

struct feeding {
  FILE* file;
  pipes_handle to_child;
};

static int fail(const char* what, pipes_status status) {
  fprintf(stderr, "child_redirect: cannot %s: error %u: %s\n", what, (unsigned)status, pipes_status_message(status));
  return 1;
}

/* Writes the file to the child and closes the pipe, which is how the child learns that its input has ended. */
static void* feed(void* argument) {
  struct feeding* feeding = argument;
  char buffer[16384];
  size_t size;
  while ((size = fread(buffer, 1, sizeof buffer, feeding->file)) > 0) {
    uint32_t written = 0;
    /* A child that ends without reading everything is its own business. */
    if (pipes_write(feeding->to_child, buffer, (uint32_t)size, &written, NULL) != PIPES_OK) break;
  }
  pipes_close(feeding->to_child);
  return NULL;
}

static pipes_status copy_output(pipes_handle from_child) {
  char buffer[16384];
  for (;;) {
    uint32_t size = 0;
    const pipes_status status = pipes_read(from_child, buffer, sizeof buffer, &size, NULL);
    if (status == PIPES_ERROR_BROKEN_PIPE) return PIPES_OK; /* The child has closed its output. */
    if (status != PIPES_OK) return status;
    fwrite(buffer, 1, size, stdout);
  }
}

/* Starts `command` with the two ends as its standard input and output. */
static int spawn(char** command, pipes_handle input, pipes_handle output, process* child) {
  intptr_t native_input = -1;
  intptr_t native_output = -1;
  int error;
  pipes_status status = pipes_get_native_handle(input, &native_input);
  if (status == PIPES_OK) status = pipes_get_native_handle(output, &native_output);
  if (status != PIPES_OK) return fail("get the system's handles", status);
  error = start_process(command, native_input, native_output, child);
  if (error != 0) print_start_error(command[0], error);
  return error;
}

int main(int argc, char** argv) {
  static char* default_command[] = DEFAULT_COMMAND;
  char** command = argc > 2 ? argv + 2 : default_command;
  pipes_handle child_input, to_child, from_child, child_output;
  struct feeding feeding;
  pthread_t feeder;
  process child;
  pipes_status status;
  int exit_code;

  if (argc < 2) {
    fprintf(stderr, "usage: child_redirect FILE [COMMAND...]\n");
    return 2;
  }
  use_binary_output();
  feeding.file = fopen(argv[1], "rb");
  if (feeding.file == NULL) {
    perror(argv[1]);
    return 1;
  }
  status = pipes_create_anonymous(&child_input, &to_child, NULL, 65536);
  if (status == PIPES_OK) status = pipes_create_anonymous(&from_child, &child_output, NULL, 65536);
  if (status != PIPES_OK) return fail("create the pipes", status);
  if (spawn(command, child_input, child_output, &child) != 0) return 1;
  pipes_close(child_input);
  pipes_close(child_output);

  feeding.to_child = to_child;
  if (pthread_create(&feeder, NULL, feed, &feeding) != 0) {
    fprintf(stderr, "child_redirect: cannot start a thread\n");
    return 1;
  }
  status = copy_output(from_child);
  pthread_join(feeder, NULL);
  pipes_close(from_child);
  fclose(feeding.file);
  exit_code = wait_for_process(child);
  if (status != PIPES_OK) return fail("read the child's output", status);
  return exit_code;
}
