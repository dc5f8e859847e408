// The reactor: one thread that watches descriptors for the process.
#include "linux/reactor.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <atomic>

#include "support/unique_fd.h"

namespace pipes {
namespace {

// Whether each call finds the name by which it is called.
class Named : public Reactor::Source {
 public:
  void on_ready(uint64_t name, uint32_t) override {
    if (told.load() != name) wrong.store(true);
    called.store(true);
    called.notify_one();
    if (Reactor* const reactor = Reactor::running()) reactor->pause(fd.get());
  }
  const UniqueFd fd{::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<uint64_t> told{0};
  std::atomic<bool> called{false};
  std::atomic<bool> wrong{false};
};

// A source that changes its watch by a name it does not know yet would lose all further calls.
TEST(Reactor, ANameIsKnownBeforeItsSourceIsCalled) {
  Reactor* const reactor = Reactor::running();
  ASSERT_NE(nullptr, reactor);
  for (int round = 0; round < 2000; ++round) {
    const auto source = std::make_shared<Named>();
    const auto name = reactor->watch(source->fd.get(), EPOLLIN, source, Deadline::never(), &source->told);
    ASSERT_TRUE(name);
    source->called.wait(false);
    EXPECT_FALSE(source->wrong.load()) << "round " << round;
    EXPECT_EQ(*name, source->told.load());
    reactor->unwatch(*name, source->fd.get());
  }
}

TEST(Reactor, WhatCannotBeWatchedHasNoName) {
  Reactor* const reactor = Reactor::running();
  ASSERT_NE(nullptr, reactor);
  std::atomic<uint64_t> told{7};
  EXPECT_FALSE(reactor->watch(-1, EPOLLIN, std::make_shared<Named>(), Deadline::never(), &told));
  EXPECT_EQ(0u, told.load());
}

}  // namespace
}  // namespace pipes
