/* A user's C99 program: both ends of a message pipe in one process, and one message each way. */
#include <pipes/pipes.h>
#include <stdio.h>
#include <string.h>

static int failed(const char* what, pipes_status status) {
  fprintf(stderr, "%s: %s (%u)\n", what, pipes_status_message(status), (unsigned)status);
  return 1;
}

/* Writes `text` at one end and expects to read the same at the other. Returns 0 if so. */
static int pass(pipes_handle from, pipes_handle to, const char* text) {
  const uint32_t size = (uint32_t)strlen(text);
  char received[64];
  uint32_t transferred = 0;
  pipes_status status = pipes_write(from, text, size, &transferred, NULL);
  if (status != PIPES_OK || transferred != size) return failed("pipes_write", status);
  status = pipes_read(to, received, sizeof received, &transferred, NULL);
  if (status != PIPES_OK) return failed("pipes_read", status);
  if (transferred != size || memcmp(received, text, size) != 0) return failed("what was read", status);
  return 0;
}

int main(void) {
  const char* name = "\\\\.\\pipe\\consumer";
  pipes_handle server = PIPES_INVALID_HANDLE;
  pipes_handle client = PIPES_INVALID_HANDLE;

  pipes_status status = pipes_create_named(name, PIPES_ACCESS_DUPLEX, PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE, 1,
                                           4096, 4096, 0, NULL, &server, NULL);
  if (status != PIPES_OK) return failed("pipes_create_named", status);
  status = pipes_open(name, PIPES_GENERIC_READ | PIPES_GENERIC_WRITE, 0, NULL, &client);
  if (status != PIPES_OK) return failed("pipes_open", status);
  status = pipes_connect(server, NULL);
  if (status != PIPES_ERROR_PIPE_CONNECTED) return failed("pipes_connect", status);

  if (pass(client, server, "question") != 0 || pass(server, client, "answer") != 0) return 1;

  status = pipes_close(client);
  if (status != PIPES_OK) return failed("pipes_close", status);
  status = pipes_close(server);
  if (status != PIPES_OK) return failed("pipes_close", status);
  puts("one message each way");
  return 0;
}
