/* Starting a process whose standard input and output are two ends of anonymous pipes, and awaiting it: the part of
 * child_redirect that differs from system to system. pipes_get_native_handle lends what the system calls an end.
 */
#ifndef PIPES_EXAMPLES_START_PROCESS_H
#define PIPES_EXAMPLES_START_PROCESS_H

#include <pipes/pipes.h>
#include <stdio.h>
#include <string.h>

#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#include <windows.h>

typedef HANDLE process;

#define DEFAULT_COMMAND \
  { "sort", NULL }

/* What passes through is nobody's text: no CR before LF. */
static void use_binary_output(void) { _setmode(_fileno(stdout), _O_BINARY); }

/* Appends a space and `word` so that the child's run-time library reads it back unchanged: in quotes where needed, with
 * a backslash before each quote and before each backslash that a quote follows. */
static char* append_word(char* to, const char* word) {
  const int plain = *word != '\0' && strpbrk(word, " \t\n\v\"") == NULL;
  size_t backslashes = 0;
  *to++ = ' ';
  if (!plain) *to++ = '"';
  for (; *word != '\0'; ++word) {
    if (*word == '"') {
      for (++backslashes; backslashes > 0; --backslashes) *to++ = '\\';
    }
    backslashes = *word == '\\' ? backslashes + 1 : 0;
    *to++ = *word;
  }
  for (; !plain && backslashes > 0; --backslashes) *to++ = '\\';
  if (!plain) *to++ = '"';
  *to = '\0';
  return to;
}

/* Returns 0, or what the system says. The child inherits whatever is inheritable when it starts; a program that starts
 * several children at once tells each of them which handles are its own (PROC_THREAD_ATTRIBUTE_HANDLE_LIST). */
static int start_process(char** command, intptr_t input, intptr_t output, process* started) {
  char line[32767]; /* no command line is longer */
  char* end = line;
  STARTUPINFOA start;
  PROCESS_INFORMATION made;
  memset(&start, 0, sizeof start);
  start.cb = sizeof start;
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = (HANDLE)input;
  start.hStdOutput = (HANDLE)output;
  start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  for (; *command != NULL; ++command) {
    if (2 * strlen(*command) + 4 > sizeof line - (size_t)(end - line)) return ERROR_FILENAME_EXCED_RANGE;
    end = append_word(end, *command);
  }
  SetHandleInformation(start.hStdInput, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
  SetHandleInformation(start.hStdOutput, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
  if (!CreateProcessA(NULL, line + 1, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made)) return (int)GetLastError();
  CloseHandle(made.hThread);
  *started = made.hProcess;
  return 0;
}

static void print_start_error(const char* program, int error) {
  fprintf(stderr, "child_redirect: cannot run %s: error %d\n", program, error);
}

static int wait_for_process(process started) {
  DWORD code = 1;
  WaitForSingleObject(started, INFINITE);
  GetExitCodeProcess(started, &code);
  CloseHandle(started);
  return (int)code;
}

#else
#include <spawn.h>
#include <sys/wait.h>

typedef pid_t process;

#define DEFAULT_COMMAND \
  { "tr", "a-z", "A-Z", NULL }

extern char** environ;

static void use_binary_output(void) {}

/* Returns 0 or an errno. */
static int start_process(char** command, intptr_t input, intptr_t output, process* started) {
  posix_spawn_file_actions_t actions;
  int error;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, (int)input, 0);
  posix_spawn_file_actions_adddup2(&actions, (int)output, 1);
  error = posix_spawnp(started, command[0], &actions, NULL, command, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

static void print_start_error(const char* program, int error) {
  fprintf(stderr, "child_redirect: cannot run %s: %s\n", program, strerror(error));
}

static int wait_for_process(process started) {
  int status = 0;
  waitpid(started, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

#endif

#endif
