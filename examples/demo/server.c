/* The server of the demonstration: a thread and an instance for each client.
 *
 *   demo_server FILE DIRECTORY CLIENTS TRANSFERS
 *
 * Serves FILE on \\.\pipe\demo to CLIENTS clients, stores what they send back in DIRECTORY, and ends with the last of
 * them: 0 if every conversation ended well. The first line of its output is "listening on PATH"; PATH is another one if
 * somebody serves \\.\pipe\demo already. TRANSFERS files are expected either way; on a terminal a bar shows how many of
 * their bytes have moved.
 */
#define _POSIX_C_SOURCE 200809L

#include <pipes/pipes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol.h"

#define PROGRAM "demo_server"

struct settings {
  const char* file;
  const char* directory;
  uint64_t file_size;
};

struct conversation {
  const struct settings* settings;
  pipes_handle pipe;
  char* buffer;
};

/* The bar. Guarded by its mutex. */
static struct {
  pthread_mutex_t mutex;
  int visible;
  uint64_t moved;
  uint64_t expected;
  unsigned shown_percent;
} progress = {PTHREAD_MUTEX_INITIALIZER, 0, 0, 0, 0};

static void show_progress(uint32_t bytes) {
  static const char full[] = "########################################";
  pthread_mutex_lock(&progress.mutex);
  progress.moved += bytes;
  if (progress.visible && progress.expected > 0) {
    const unsigned percent = (unsigned)(progress.moved * 100 / progress.expected);
    if (percent != progress.shown_percent) {
      progress.shown_percent = percent;
      fprintf(stderr, "\r[%-40.*s] %3u %%  %llu MB", (int)(percent * 40 / 100), full, percent,
              (unsigned long long)(progress.moved / 1000000));
      if (percent >= 100) fputc('\n', stderr);
    }
  }
  pthread_mutex_unlock(&progress.mutex);
}

static pipes_status send_message(pipes_handle pipe, const void* message, uint32_t size) {
  uint32_t written = 0;
  return pipes_write(pipe, message, size, &written, NULL);
}

static pipes_status serve_file(const struct conversation* conversation) {
  const uint64_t size = conversation->settings->file_size;
  pipes_status status = send_message(conversation->pipe, &size, sizeof size);
  FILE* file = fopen(conversation->settings->file, "rb");
  if (file == NULL) return PIPES_ERROR_FILE_NOT_FOUND;
  if (status == PIPES_OK) status = demo_send_file(conversation->pipe, file, conversation->buffer, show_progress);
  fclose(file);
  return status;
}

static pipes_status store_file(const struct conversation* conversation, const struct upload* upload) {
  char path[4096];
  pipes_status status;
  FILE* file;
  snprintf(path, sizeof path, "%s/upload-%u", conversation->settings->directory, (unsigned)upload->client_number);
  file = fopen(path, "wb");
  if (file == NULL) return PIPES_ERROR_ACCESS_DENIED;
  status = demo_receive_file(conversation->pipe, upload->size, file, conversation->buffer, show_progress);
  if (fclose(file) != 0 && status == PIPES_OK) status = PIPES_ERROR_NO_SYSTEM_RESOURCES;
  return status == PIPES_OK ? send_message(conversation->pipe, "stored", 6) : status;
}

static pipes_status answer(const struct conversation* conversation, uint32_t size) {
  struct upload upload;
  switch (size > 0 ? conversation->buffer[0] : 0) {
    case 'e':
      return send_message(conversation->pipe, conversation->buffer, size);
    case 'g':
      return serve_file(conversation);
    case 'p':
      if (size != 1 + sizeof upload) return PIPES_ERROR_INVALID_PARAMETER;
      memcpy(&upload, conversation->buffer + 1, sizeof upload);
      return store_file(conversation, &upload);
    default:
      return PIPES_ERROR_INVALID_PARAMETER;
  }
}

/* Answers one client until it closes. Returns null if all went well. */
static void* converse(void* argument) {
  struct conversation* conversation = argument;
  pipes_status status = PIPES_OK;
  int failed;
  conversation->buffer = malloc(DEMO_CHUNK);
  if (conversation->buffer == NULL) status = PIPES_ERROR_NOT_ENOUGH_MEMORY;
  while (status == PIPES_OK) {
    uint32_t size = 0;
    status = pipes_read(conversation->pipe, conversation->buffer, DEMO_CHUNK, &size, NULL);
    if (status == PIPES_ERROR_BROKEN_PIPE) break; /* The client has closed, between two requests. */
    if (status == PIPES_OK) {
      status = answer(conversation, size);
      if (status == PIPES_ERROR_BROKEN_PIPE) status = PIPES_ERROR_NO_DATA; /* It closed in the middle of one. */
    }
  }
  failed = status != PIPES_ERROR_BROKEN_PIPE;
  if (failed) demo_fail(PROGRAM, "serve a client", status);
  pipes_close(conversation->pipe);
  free(conversation->buffer);
  free(conversation);
  return failed ? (void*)&progress : NULL;
}

static pipes_status create_instance(const char* path, uint32_t first, pipes_handle* pipe) {
  return pipes_create_named(path, PIPES_ACCESS_DUPLEX | first,
                            PIPES_TYPE_MESSAGE | PIPES_READMODE_MESSAGE | PIPES_REJECT_REMOTE_CLIENTS,
                            PIPES_UNLIMITED_INSTANCES, DEMO_QUOTA, DEMO_QUOTA, 0, NULL, pipe, NULL);
}

/* Takes \\.\pipe\demo, or a name of its own if that one is in use. */
static pipes_status take_name(char* path, size_t size, pipes_handle* pipe) {
  pipes_status status;
  snprintf(path, size, "\\\\.\\pipe\\demo");
  status = create_instance(path, PIPES_FLAG_FIRST_PIPE_INSTANCE, pipe);
  if (status != PIPES_ERROR_ACCESS_DENIED) return status;
  fprintf(stderr, PROGRAM ": %s is in use\n", path);
  snprintf(path, size, "\\\\.\\pipe\\demo-%ld", (long)getpid());
  return create_instance(path, PIPES_FLAG_FIRST_PIPE_INSTANCE, pipe);
}

/* Gives `pipe`, which has a client, to a new thread. */
static pipes_status start_conversation(const struct settings* settings, pipes_handle pipe, pthread_t* thread) {
  struct conversation* conversation = malloc(sizeof *conversation);
  if (conversation == NULL) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  conversation->settings = settings;
  conversation->pipe = pipe;
  conversation->buffer = NULL;
  if (pthread_create(thread, NULL, converse, conversation) == 0) return PIPES_OK;
  free(conversation);
  return PIPES_ERROR_NO_SYSTEM_RESOURCES;
}

/* Waits for a client of `*pipe` and starts its conversation. Replaces `*pipe` by a new instance if there are `more` to
 * come. That one is made before the conversation starts: the name lives only as long as an instance does. */
static pipes_status accept_client(const struct settings* settings, const char* path, int more, pipes_handle* pipe,
                                  pthread_t* thread) {
  const pipes_handle client = *pipe;
  pipes_status status = pipes_connect(client, NULL);
  /* NO_DATA: the client has gone again; its conversation will find that out. */
  if (status != PIPES_OK && status != PIPES_ERROR_PIPE_CONNECTED && status != PIPES_ERROR_NO_DATA) return status;
  status = more ? create_instance(path, 0, pipe) : PIPES_OK;
  return status == PIPES_OK ? start_conversation(settings, client, thread) : status;
}

static int serve(const struct settings* settings, int clients) {
  char path[256];
  pipes_handle pipe = PIPES_INVALID_HANDLE;
  pthread_t* threads = calloc((size_t)clients, sizeof *threads);
  int failures = 0;
  int i;
  pipes_status status = threads == NULL ? PIPES_ERROR_NOT_ENOUGH_MEMORY : take_name(path, sizeof path, &pipe);
  if (status != PIPES_OK) return demo_fail(PROGRAM, "create the pipe", status);
  printf("listening on %s\n", path);
  fflush(stdout);

  for (i = 0; i < clients; ++i) {
    status = accept_client(settings, path, i + 1 < clients, &pipe, &threads[i]);
    if (status != PIPES_OK) return demo_fail(PROGRAM, "accept a client", status);
  }
  for (i = 0; i < clients; ++i) {
    void* failed = NULL;
    pthread_join(threads[i], &failed);
    if (failed != NULL) ++failures;
  }
  free(threads);
  return failures == 0 ? 0 : 1;
}

int main(int argc, char** argv) {
  struct settings settings;
  const int clients = argc == 5 ? atoi(argv[3]) : 0;
  FILE* file;
  long size;
  if (clients < 1) {
    fprintf(stderr, "usage: demo_server FILE DIRECTORY CLIENTS TRANSFERS\n");
    return 2;
  }
  file = fopen(argv[1], "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
    perror(argv[1]);
    return 1;
  }
  fclose(file);
  settings.file = argv[1];
  settings.directory = argv[2];
  settings.file_size = (uint64_t)size;
  progress.visible = isatty(STDERR_FILENO);
  progress.expected = (uint64_t)size * (uint64_t)strtoul(argv[4], NULL, 10);
  return serve(&settings, clients);
}
