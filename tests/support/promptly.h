// For the few facts that bound a duration from above.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

namespace pipes::test {

// Whether what `attempt` measures stays below the limit. What else a machine does may keep one attempt from it; then
// the next three must stay below. An attempt that fails the test is the last.
[[nodiscard]] testing::AssertionResult takes_less_than(std::chrono::milliseconds limit,
                                                       const std::function<std::chrono::milliseconds()>& attempt);

// How soon a peer learns of a death.
[[nodiscard]] std::chrono::milliseconds promptly();

// The two seconds for which another process is waited for, and as much again for a busy machine.
[[nodiscard]] std::chrono::milliseconds two_seconds_and_slack();

}  // namespace pipes::test
