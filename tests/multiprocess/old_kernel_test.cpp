// Kernels that cannot wait for several words at once (futex_waitv came with 5.16), and containers whose filter of
// system calls does not know it: everything that ends a wait still does.
//
// Everything here is about Linux.
#include <errno.h>
#include <gtest/gtest.h>

#include <string>

#include "multiprocess/refused_calls.h"
#include "support/child.h"
#include "support/expect.h"
#include "support/harness.h"
#include "support/promptly.h"

namespace pipes::test {
namespace {

constexpr int kFutexWaitv = 449;

// What is wrong with the waits of this process; empty if nothing is.
std::string try_every_wait() {
  Pair pair = connected_pair(message_pipe());
  if (set_mode(pair.client, PIPES_READMODE_MESSAGE) != PIPES_OK) return "no message mode";
  {
    Background reading([&] { return read(pair.server); });
    if (!wait_until_blocked(reading)) return "a read did not wait";
    if (write(pair.client, "news").status != PIPES_OK) return "a write failed";
    if (reading.result().bytes != "news") return "a read missed its message";
  }
  {
    Background reading([&] { return read(pair.server); });
    if (!wait_until_blocked(reading)) return "a second read did not wait";
    if (reading.cancel() != PIPES_OK) return "a read could not be cancelled";
    if (reading.result().status != PIPES_ERROR_OPERATION_ABORTED) return "a cancelled read went on";
  }
  const std::string longer_than_the_quota(200'000, 'x');
  {
    Background writing([&] { return write(pair.client, longer_than_the_quota); });
    if (!wait_until_blocked(writing)) return "a write did not wait";
    if (read(pair.server, 200'000).bytes != longer_than_the_quota) return "a long message was not read";
    if (writing.result().status != PIPES_OK) return "a write that waited failed";
  }
  {
    Background asking([&] { return transact(pair.client, "question", 64); });
    if (!wait_until_blocked(asking)) return "a transaction did not wait";
    if (read(pair.server).bytes != "question") return "a question was lost";
    if (write(pair.server, "answer").status != PIPES_OK) return "an answer could not be written";
    if (asking.result().bytes != "answer") return "a transaction missed its answer";
  }
  Background reading([&] { return read(pair.server); });
  if (!wait_until_blocked(reading)) return "a third read did not wait";
  if (pair.client.close() != PIPES_OK) return "closing failed";
  return reading.result().status == PIPES_ERROR_BROKEN_PIPE ? "" : "a read outlived its peer";
}

// Argument 0: the error that the call is refused with. Waits also for a peer in a process that is killed, at the pipe
// that argument 1 names.
PIPES_CHILD_ROLE(on_an_old_kernel) {
  if (!refuse_system_call(kFutexWaitv, static_cast<int>(parent.number(0))))
    return parent.say("no filters here") ? 0 : 1;
  const std::string wrong = try_every_wait();
  if (!wrong.empty()) return parent.say(wrong) ? 0 : 1;
  const Handle client = open_client(parent.argument(1));
  Background reading([&] { return read(client); });
  if (!wait_until_blocked(reading)) return parent.say("a read did not wait for another process") ? 0 : 1;
  parent.say("waiting");
  return parent.say(reading.result().status == PIPES_ERROR_BROKEN_PIPE ? "fine" : "a read outlived a process") ? 0 : 1;
}

// Serves argument 0 until it is killed.
PIPES_CHILD_ROLE(silent_server) {
  const Handle server = create_server(parent.argument(0));
  parent.say("ready");
  (void)connect(server);
  (void)read(server);
  return 0;
}

class OldKernel : public testing::TestWithParam<int> {};

TEST_P(OldKernel, CLOSE_9_EverythingThatEndsAWaitStillDoes) {
  bool has_filters = true;
  EXPECT_TRUE(takes_less_than(promptly(), [&] {
    const std::string name = unique_name();
    Child server = Child::spawn("silent_server", {name});
    EXPECT_TRUE(server.expect_line("ready"));
    Child child = Child::spawn("on_an_old_kernel", {std::to_string(GetParam()), name});
    const std::optional<std::string> said = child.next_line();
    has_filters = said != "no filters here";
    if (!has_filters) return std::chrono::milliseconds(0);
    EXPECT_EQ("waiting", said);
    const Stopwatch watch;
    server.kill();
    EXPECT_EQ("fine", child.next_line());
    const auto took = watch.elapsed();
    EXPECT_EQ(0, child.wait().code);
    return took;
  }));
  if (!has_filters) GTEST_SKIP() << "this system lets no process filter its system calls";
}

INSTANTIATE_TEST_SUITE_P(FutexWaitv, OldKernel, testing::Values(ENOSYS, EPERM),
                         [](const auto& error) { return error.param == EPERM ? "Forbidden" : "Unknown"; });

}  // namespace
}  // namespace pipes::test
