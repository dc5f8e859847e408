/* child_redirect: runs a command, feeds it a file through a pipe and reads its output through another.
 *
 *   child_redirect FILE [COMMAND...]      COMMAND is `tr a-z A-Z` unless told; its output goes to standard output
 *
 * Shows anonymous pipes as a child's standard handles on Linux: pipes_get_native_handle lends the descriptors, and
 * posix_spawn gives them to the child. Three rules make it end properly:
 *   - the pipes are not inheritable, so the child gets only the two ends that become its standard handles;
 *   - the parent closes its copies of the child's ends once the child runs, else its read would never end;
 *   - input is written by a thread of its own, else both sides could wait for each other with full pipes.
 */
#define _POSIX_C_SOURCE 200809L

#include <pipes/pipes.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

extern char** environ;

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
static int spawn(char** command, pipes_handle input, pipes_handle output, pid_t* process) {
  posix_spawn_file_actions_t actions;
  intptr_t input_descriptor = -1;
  intptr_t output_descriptor = -1;
  int error;
  pipes_status status = pipes_get_native_handle(input, &input_descriptor);
  if (status == PIPES_OK) status = pipes_get_native_handle(output, &output_descriptor);
  if (status != PIPES_OK) return fail("get the descriptors", status);

  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, (int)input_descriptor, 0);
  posix_spawn_file_actions_adddup2(&actions, (int)output_descriptor, 1);
  error = posix_spawnp(process, command[0], &actions, NULL, command, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fprintf(stderr, "child_redirect: cannot run %s: %s\n", command[0], strerror(error));
  return error;
}

int main(int argc, char** argv) {
  static char* upper_case[] = {"tr", "a-z", "A-Z", NULL};
  char** command = argc > 2 ? argv + 2 : upper_case;
  pipes_handle child_input, to_child, from_child, child_output;
  struct feeding feeding;
  pthread_t feeder;
  pid_t process;
  pipes_status status;
  int exit_status = 0;

  if (argc < 2) {
    fprintf(stderr, "usage: child_redirect FILE [COMMAND...]\n");
    return 2;
  }
  feeding.file = fopen(argv[1], "rb");
  if (feeding.file == NULL) {
    perror(argv[1]);
    return 1;
  }
  status = pipes_create_anonymous(&child_input, &to_child, NULL, 65536);
  if (status == PIPES_OK) status = pipes_create_anonymous(&from_child, &child_output, NULL, 65536);
  if (status != PIPES_OK) return fail("create the pipes", status);
  if (spawn(command, child_input, child_output, &process) != 0) return 1;
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
  waitpid(process, &exit_status, 0);
  if (status != PIPES_OK) return fail("read the child's output", status);
  return WIFEXITED(exit_status) ? WEXITSTATUS(exit_status) : 1;
}
