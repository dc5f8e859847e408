/* epoll_server: an echo server for several clients at once in a loop of epoll.
 *
 *   epoll_server [name]      serves the pipe of that name or path, \\.\pipe\echo unless told; ends when interrupted
 *
 * Linux. Try it with several echo_client at a time.
 */
#include <sys/epoll.h>

#include "echo_instance.h"

/* One shot each: a descriptor is waited for only as long as its instance has nothing else to do. */
static int wait_for(int loop, int operation, int fd, struct echo_instance* one) {
  struct epoll_event event;
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.ptr = one;
  if (epoll_ctl(loop, operation, fd, &event) == 0) return 0;
  perror("epoll_ctl");
  return -1;
}

int main(int argc, char** argv) {
  static struct echo_instance instances[ECHO_INSTANCES];
  char path[300];
  int loop = epoll_create1(EPOLL_CLOEXEC);
  int i;

  echo_path(argc, argv, path, sizeof path);
  for (i = 0; i < ECHO_INSTANCES; ++i) {
    struct echo_instance* one = &instances[i];
    if (echo_open(one, path) != 0) return 1;
    /* Both are readable at first, or not: echo_go_on finds out. */
    if (wait_for(loop, EPOLL_CTL_ADD, one->readable, one) != 0) return 1;
    if (wait_for(loop, EPOLL_CTL_ADD, one->writable, one) != 0) return 1;
  }
  echo_announce(path);
  for (;;) {
    struct epoll_event events[64];
    int count = epoll_wait(loop, events, 64, -1);
    for (i = 0; i < count; ++i) {
      struct echo_instance* one = events[i].data.ptr;
      int fd = echo_go_on(one);
      if (fd < 0 || wait_for(loop, EPOLL_CTL_MOD, fd, one) != 0) return 1;
    }
  }
}
