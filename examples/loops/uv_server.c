/* uv_server: an echo server for several clients at once in a loop of libuv.
 *
 *   uv_server [name]      serves the pipe of that name or path, \\.\pipe\echo unless told; ends when interrupted
 *
 * Linux. Try it with several echo_client at a time.
 */
#include <uv.h>

#include "echo_instance.h"

struct client {
  struct echo_instance echo;
  uv_poll_t readable;
  uv_poll_t writable;
};

static void on_ready(uv_poll_t* poll, int status, int events) {
  struct client* one = poll->data;
  int fd = status == 0 ? echo_go_on(&one->echo) : -1;
  (void)events;
  if (fd < 0) {
    uv_stop(poll->loop);
    return;
  }
  /* It waits for one of the two. To start what has started already changes nothing. */
  uv_poll_stop(fd == one->echo.readable ? &one->writable : &one->readable);
  uv_poll_start(fd == one->echo.readable ? &one->readable : &one->writable, UV_READABLE, on_ready);
}

int main(int argc, char** argv) {
  static struct client clients[ECHO_INSTANCES];
  char path[300];
  uv_loop_t* loop = uv_default_loop();
  int i;

  echo_path(argc, argv, path, sizeof path);
  for (i = 0; i < ECHO_INSTANCES; ++i) {
    struct client* one = &clients[i];
    if (echo_open(&one->echo, path) != 0) return 1;
    if (uv_poll_init(loop, &one->readable, one->echo.readable) != 0) return 1;
    if (uv_poll_init(loop, &one->writable, one->echo.writable) != 0) return 1;
    one->readable.data = one->writable.data = one;
    if (uv_poll_start(&one->readable, UV_READABLE, on_ready) != 0) return 1;
  }
  echo_announce(path);
  uv_run(loop, UV_RUN_DEFAULT);
  return 1; /* stopped by a failure */
}
