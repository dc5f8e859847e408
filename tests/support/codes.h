// How tests speak of statuses: Code prints as name and number, and EXPECT_STATUS compares two of them.
//
// It is apart from the library's own vocabulary because the shared tests see nothing but the C ABI.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "pipes/pipes.h"

namespace pipes::test {

// Code is a pipes_status that GoogleTest prints as `PIPES_ERROR_MORE_DATA (234)`.
struct Code {
  pipes_status number = PIPES_OK;

  Code() = default;
  Code(pipes_status status) : number(status) {}  // NOLINT: implicit, so that tests can compare with constants
  friend bool operator==(Code left, Code right) { return left.number == right.number; }
  [[nodiscard]] bool ok() const { return number == PIPES_OK; }
};

// What an outcome carries when the process that made the call is gone, or when no call was made. No status of the
// library has this number.
inline constexpr pipes_status kNoAnswer = 0xDEAD0001u;

// status_name gives the constant's name, or "unknown status".
[[nodiscard]] const char* status_name(pipes_status status);

std::ostream& operator<<(std::ostream& stream, Code code);

testing::AssertionResult statuses_equal(const char* expected_text, const char* actual_text, Code expected, Code actual);

}  // namespace pipes::test

// EXPECT_STATUS(PIPES_ERROR_NO_DATA, pipes_connect(server, nullptr)): equal statuses, printed with their names.
#define EXPECT_STATUS(expected, actual) EXPECT_PRED_FORMAT2(::pipes::test::statuses_equal, expected, actual)
#define ASSERT_STATUS(expected, actual) ASSERT_PRED_FORMAT2(::pipes::test::statuses_equal, expected, actual)
