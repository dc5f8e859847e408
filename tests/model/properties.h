// How a property is tried in this folder: so many random cases, more of them at full scale, and a failure that tells
// how to repeat it.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <sstream>
#include <string>
#include <utility>

#include "multiprocess/rounds.h"

namespace pipes::test {

// Tries `property` on `cases` random cases, or on `full_cases` with PIPES_TEST_FULL. The smallest case that fails is
// told. RC_PARAMS="seed=N" repeats a run.
template <class Property>
void expect_property(Property&& property, int cases, int full_cases) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.maxSuccess = rounds(cases, full_cases, 10);
  rc::detail::TestMetadata metadata;
  metadata.id = testing::UnitTest::GetInstance()->current_test_info()->name();
  const auto result = rc::detail::checkTestable(std::forward<Property>(property), metadata, params);
  if (result.template is<rc::detail::SuccessResult>()) return;
  std::ostringstream message;
  rc::detail::printResultMessage(result, message);
  ADD_FAILURE() << message.str() << "\nRC_PARAMS=\"seed=" << params.seed << '"';
}

}  // namespace pipes::test
