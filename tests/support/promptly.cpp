#include "support/promptly.h"

#include <algorithm>

#include "support/harness.h"

namespace pipes::test {

using std::chrono::milliseconds;

testing::AssertionResult takes_less_than(milliseconds limit, const std::function<milliseconds()>& attempt) {
  constexpr int kAttempts = 5;
  milliseconds quickest = milliseconds::max();
  for (int i = 0; i < kAttempts && quickest >= limit && !testing::Test::HasFailure(); ++i) {
    quickest = std::min(quickest, attempt());
  }
  if (quickest < limit || testing::Test::HasFailure()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "the quickest of " << kAttempts << " attempts took " << quickest.count()
                                     << " ms, not less than " << limit.count();
}

milliseconds promptly() { return milliseconds(100) * time_factor(); }

milliseconds two_seconds_and_slack() {
  return milliseconds(2000) + std::max(milliseconds(2000), milliseconds(500) * time_factor());
}

}  // namespace pipes::test
