#include "support/promptly.h"

#include <algorithm>

#include "support/harness.h"

namespace pipes::test {

using std::chrono::milliseconds;

testing::AssertionResult takes_less_than(milliseconds limit, const std::function<milliseconds()>& attempt) {
  const milliseconds first = attempt();
  if (first < limit || testing::Test::HasFailure()) return testing::AssertionSuccess();
  constexpr int kProofs = 3;
  for (int i = 0; i < kProofs; ++i) {
    const milliseconds again = attempt();
    if (testing::Test::HasFailure()) return testing::AssertionSuccess();
    if (again < limit) continue;
    return testing::AssertionFailure() << "it took " << first.count() << " ms, and " << again.count()
                                       << " ms once more, not less than " << limit.count();
  }
  return testing::AssertionSuccess();
}

milliseconds promptly() { return milliseconds(100) * time_factor(); }

milliseconds two_seconds_and_slack() {
  return milliseconds(2000) + std::max(milliseconds(2000), milliseconds(500) * time_factor());
}

}  // namespace pipes::test
