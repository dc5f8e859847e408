/* A client of the demonstration.
 *
 *   demo_client PIPE NUMBER ROUND_TRIPS [DIRECTORY]
 *
 * Makes ROUND_TRIPS round trips of a small message to the server at PIPE, a name or all of its path. With DIRECTORY it
 * then fetches the server's file into DIRECTORY/download-NUMBER and sends it back. Prints one line of numbers:
 *
 *   NUMBER round_trips median_ns p99_ns file_bytes fetch_ns send_ns
 *
 * Ends with 0 if everything worked. Whether the files are equal is for others to check.
 */
#define _POSIX_C_SOURCE 200809L

#include <pipes/pipes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol.h"

#define PROGRAM "demo_client"
#define BUSY_TIMEOUT_MS 10000

struct results {
  uint64_t median_ns;
  uint64_t p99_ns;
  uint64_t file_bytes;
  uint64_t fetch_ns;
  uint64_t send_ns;
};

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Another client may be faster after each wait: waiting reserves nothing. */
static pipes_status open_pipe(const char* path, pipes_handle* pipe) {
  const uint32_t message_mode = PIPES_READMODE_MESSAGE | PIPES_WAIT;
  for (;;) {
    pipes_status status = pipes_open(path, PIPES_GENERIC_READ | PIPES_GENERIC_WRITE, 0, NULL, pipe);
    if (status == PIPES_OK) return pipes_set_state(*pipe, &message_mode, NULL, NULL);
    if (status != PIPES_ERROR_PIPE_BUSY) return status;
    status = pipes_wait_available(path, BUSY_TIMEOUT_MS);
    if (status != PIPES_OK) return status;
  }
}

static int ascending(const void* left, const void* right) {
  const uint64_t a = *(const uint64_t*)left;
  const uint64_t b = *(const uint64_t*)right;
  return (a > b) - (a < b);
}

/* One request and its reply, which must be equal. */
static pipes_status round_trip(pipes_handle pipe, uint64_t sequence) {
  char request[DEMO_ECHO_SIZE] = "e";
  char reply[DEMO_ECHO_SIZE];
  uint32_t size = 0;
  pipes_status status;
  memcpy(request + 1, &sequence, sizeof sequence);
  status = pipes_transact(pipe, request, sizeof request, reply, sizeof reply, &size, NULL);
  if (status != PIPES_OK) return status;
  return size == sizeof request && memcmp(request, reply, size) == 0 ? PIPES_OK : PIPES_ERROR_INVALID_PARAMETER;
}

static pipes_status measure_round_trips(pipes_handle pipe, size_t count, struct results* results) {
  uint64_t* samples;
  size_t i;
  if (count == 0) return PIPES_OK;
  samples = malloc(count * sizeof *samples);
  if (samples == NULL) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  for (i = 0; i < count; ++i) {
    const uint64_t start = now_ns();
    const pipes_status status = round_trip(pipe, i);
    samples[i] = now_ns() - start;
    if (status != PIPES_OK) {
      free(samples);
      return status;
    }
  }
  qsort(samples, count, sizeof *samples, ascending);
  results->median_ns = samples[count / 2];
  results->p99_ns = samples[count * 99 / 100];
  free(samples);
  return PIPES_OK;
}

static pipes_status fetch_file(pipes_handle pipe, const char* path, char* buffer, struct results* results) {
  const uint64_t start = now_ns();
  uint32_t size = 0;
  FILE* file;
  pipes_status status = pipes_transact(pipe, "g", 1, &results->file_bytes, sizeof results->file_bytes, &size, NULL);
  if (status != PIPES_OK) return status;
  if (size != sizeof results->file_bytes) return PIPES_ERROR_INVALID_PARAMETER;
  file = fopen(path, "wb");
  if (file == NULL) return PIPES_ERROR_ACCESS_DENIED;
  status = demo_receive_file(pipe, results->file_bytes, file, buffer, NULL);
  if (fclose(file) != 0 && status == PIPES_OK) status = PIPES_ERROR_NO_SYSTEM_RESOURCES;
  results->fetch_ns = now_ns() - start;
  return status;
}

static pipes_status send_file(pipes_handle pipe, const char* path, uint32_t number, char* buffer,
                              struct results* results) {
  const uint64_t start = now_ns();
  char request[1 + sizeof(struct upload)] = "p";
  char reply[16];
  uint32_t size = 0;
  struct upload upload;
  FILE* file = fopen(path, "rb");
  pipes_status status;
  if (file == NULL) return PIPES_ERROR_FILE_NOT_FOUND;
  memset(&upload, 0, sizeof upload);
  upload.size = results->file_bytes;
  upload.client_number = number;
  memcpy(request + 1, &upload, sizeof upload);
  status = pipes_write(pipe, request, sizeof request, &size, NULL);
  if (status == PIPES_OK) status = demo_send_file(pipe, file, buffer, NULL);
  fclose(file);
  if (status == PIPES_OK) status = pipes_read(pipe, reply, sizeof reply, &size, NULL);
  if (status == PIPES_OK && (size != 6 || memcmp(reply, "stored", 6) != 0)) status = PIPES_ERROR_INVALID_PARAMETER;
  results->send_ns = now_ns() - start;
  return status;
}

static pipes_status transfer(pipes_handle pipe, const char* directory, uint32_t number, struct results* results) {
  char path[4096];
  char* buffer = malloc(DEMO_CHUNK);
  pipes_status status;
  if (buffer == NULL) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  snprintf(path, sizeof path, "%s/download-%u", directory, (unsigned)number);
  status = fetch_file(pipe, path, buffer, results);
  if (status == PIPES_OK) status = send_file(pipe, path, number, buffer, results);
  free(buffer);
  return status;
}

int main(int argc, char** argv) {
  struct results results = {0, 0, 0, 0, 0};
  char path[300]; /* a name has at most 247 characters behind the prefix */
  pipes_handle pipe = PIPES_INVALID_HANDLE;
  uint32_t number;
  size_t round_trips;
  pipes_status status;
  if (argc < 4 || argc > 5) {
    fprintf(stderr, "usage: demo_client PIPE NUMBER ROUND_TRIPS [DIRECTORY]\n");
    return 2;
  }
  number = (uint32_t)strtoul(argv[2], NULL, 10);
  round_trips = strtoul(argv[3], NULL, 10);
  snprintf(path, sizeof path, "%s%s", strncmp(argv[1], "\\\\", 2) == 0 ? "" : "\\\\.\\pipe\\", argv[1]);
  status = open_pipe(path, &pipe);
  if (status != PIPES_OK) return demo_fail(PROGRAM, "open the pipe", status);
  status = measure_round_trips(pipe, round_trips, &results);
  if (status != PIPES_OK) return demo_fail(PROGRAM, "exchange messages", status);
  if (argc == 5) status = transfer(pipe, argv[4], number, &results);
  if (status != PIPES_OK) return demo_fail(PROGRAM, "exchange files", status);
  pipes_close(pipe);
  printf("%u %zu %llu %llu %llu %llu %llu\n", (unsigned)number, round_trips, (unsigned long long)results.median_ns,
         (unsigned long long)results.p99_ns, (unsigned long long)results.file_bytes,
         (unsigned long long)results.fetch_ns, (unsigned long long)results.send_ns);
  return 0;
}
