// How a property is tried in this folder: so many random cases, more of them at full scale, and a failure that tells
// how to repeat it.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <sstream>
#include <string>
#include <vector>

#include "multiprocess/rounds.h"

namespace pipes::test {

// Performs one step after the other. A failure tells how it came to that: `beginning` and every step until then.
template <class Beginning, class Step, class Perform>
void perform_all(const Beginning& beginning, const std::vector<Step>& steps, Perform&& perform) {
  for (size_t i = 0; i < steps.size(); ++i) {
    try {
      perform(steps[i]);
    } catch (const rc::detail::CaseResult& result) {
      std::ostringstream message;
      message << "step " << i + 1 << ", " << steps[i] << ": " << result.description << "\nBefore it: " << beginning;
      for (size_t earlier = 0; earlier < i; ++earlier) message << "; " << steps[earlier];
      throw rc::detail::CaseResult(result.type, message.str());
    }
  }
}

// Tries `property` on `cases` random cases, or on `full_cases` with PIPES_TEST_FULL. The case that failed first and the
// smallest one are told: where it was a race that failed, the smallest one may well pass when it is tried again.
// RC_PARAMS="seed=N" repeats a run.
template <class Property>
void expect_property(const Property& property, int cases, int full_cases) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.maxSuccess = rounds(cases, full_cases, 10);
  rc::detail::TestMetadata metadata;
  metadata.id = testing::UnitTest::GetInstance()->current_test_info()->name();
  std::string first_failure;
  const auto remembering = [&] {
    // RapidCheck tries the smallest case once more for its report; where that is the first one, all is known.
    if (params.disableShrinking && !first_failure.empty()) RC_FAIL(first_failure);
    try {
      property();
    } catch (const rc::detail::CaseResult& result) {
      if (result.type == rc::detail::CaseResult::Type::Failure && first_failure.empty()) {
        first_failure = result.description;
      }
      throw;
    }
  };
  const auto result = rc::detail::checkTestable(remembering, metadata, params);
  if (result.template is<rc::detail::SuccessResult>()) return;
  std::ostringstream message;
  rc::detail::printResultMessage(result, message);
  ADD_FAILURE() << message.str() << "\nWhat failed first: " << first_failure
                << "\nTo repeat the run: RC_PARAMS=\"seed=" << params.seed << '"';
}

}  // namespace pipes::test
