/* What the server and the client of the demonstration agree on, and the little that both need.
 *
 * All messages travel on one pipe of message type, both ways:
 *
 *   client sends                      server answers
 *   'e', any bytes                    the same message (a round trip)
 *   'g'                               a message with the size of its file (uint64_t), then the file in messages
 *   'p', struct upload, then a file   once everything is stored, the message "stored"
 *
 * A file travels in messages of at most DEMO_CHUNK bytes. Numbers are in the machine's own order: it is one machine.
 */
#ifndef PIPES_EXAMPLES_DEMO_PROTOCOL_H
#define PIPES_EXAMPLES_DEMO_PROTOCOL_H

#include <pipes/pipes.h>
#include <stdint.h>
#include <stdio.h>

#define DEMO_CHUNK 262144u
#define DEMO_QUOTA (4u * DEMO_CHUNK)
#define DEMO_ECHO_SIZE 64u

struct upload {
  uint64_t size;
  uint32_t client_number; /* names the file that the server makes */
};

/* Prints one line and returns 1, so that it can end main. */
static inline int demo_fail(const char* program, const char* what, pipes_status status) {
  fprintf(stderr, "%s: cannot %s: error %u: %s\n", program, what, (unsigned)status, pipes_status_message(status));
  return 1;
}

/* Called with the bytes of each message that has moved. May be null. */
typedef void (*demo_moved)(uint32_t bytes);

/* Sends what `file` still has, in messages. Returns the first status that is not 0. */
static inline pipes_status demo_send_file(pipes_handle pipe, FILE* file, char* buffer, demo_moved moved) {
  size_t size;
  while ((size = fread(buffer, 1, DEMO_CHUNK, file)) > 0) {
    uint32_t written = 0;
    const pipes_status status = pipes_write(pipe, buffer, (uint32_t)size, &written, NULL);
    if (status != PIPES_OK) return status;
    if (moved != NULL) moved(written);
  }
  return PIPES_OK;
}

/* Receives `size` bytes in messages and stores them. PIPES_ERROR_MORE_DATA, a message longer than agreed, is a failure
 * like any other; so is more than was announced (PIPES_ERROR_INVALID_PARAMETER). */
static inline pipes_status demo_receive_file(pipes_handle pipe, uint64_t size, FILE* file, char* buffer,
                                             demo_moved moved) {
  while (size > 0) {
    uint32_t received = 0;
    const pipes_status status = pipes_read(pipe, buffer, DEMO_CHUNK, &received, NULL);
    if (status != PIPES_OK) return status;
    if (received > size) return PIPES_ERROR_INVALID_PARAMETER;
    if (fwrite(buffer, 1, received, file) != received) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
    size -= received;
    if (moved != NULL) moved(received);
  }
  return fflush(file) == 0 ? PIPES_OK : PIPES_ERROR_NO_SYSTEM_RESOURCES;
}

#endif
