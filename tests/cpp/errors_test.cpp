// pipes.hpp, errors: the category, the exception and the result, none of which needs a pipe.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <system_error>
#include <type_traits>

#include "pipes/pipes.hpp"

namespace {

using pipes::Expected;

TEST(CppErrors, CodesCompareWithTheConditionsOfTheStandardLibrary) {
  EXPECT_EQ(pipes::make_error_code(PIPES_ERROR_FILE_NOT_FOUND), std::errc::no_such_file_or_directory);
  EXPECT_EQ(pipes::make_error_code(PIPES_ERROR_ACCESS_DENIED), std::errc::permission_denied);
  EXPECT_EQ(pipes::make_error_code(PIPES_ERROR_SEM_TIMEOUT), std::errc::timed_out);
  EXPECT_EQ(pipes::make_error_code(PIPES_ERROR_BROKEN_PIPE), std::errc::broken_pipe);
  EXPECT_NE(pipes::make_error_code(PIPES_ERROR_PIPE_BUSY), std::errc::broken_pipe);
}

TEST(CppErrors, ANumberWithoutACounterpartIsItsOwnCondition) {
  const std::error_code code = pipes::make_error_code(PIPES_ERROR_PIPE_LISTENING);

  EXPECT_EQ(code.default_error_condition().value(), 536);
  EXPECT_EQ(&code.default_error_condition().category(), &pipes::category());
}

TEST(CppErrors, StatusZeroIsNoError) { EXPECT_FALSE(pipes::make_error_code(PIPES_OK)); }

TEST(CppErrors, TheCategoryDescribesANumberAsTheLibraryDoes) {
  EXPECT_STREQ(pipes::category().name(), "pipes");
  EXPECT_EQ(pipes::category().message(231), pipes_status_message(PIPES_ERROR_PIPE_BUSY));
}

// 231 is what opening says, and what a transaction and a change of mode say on an end that is open.
TEST(CppErrors, TheTextForABusyPipeFitsAnOpenEnd) {
  const std::string text = pipes_status_message(PIPES_ERROR_PIPE_BUSY);
  EXPECT_NE(std::string::npos, text.find("no instance is free")) << text;
  EXPECT_NE(std::string::npos, text.find("unread")) << text;
}

TEST(CppErrors, AnErrorCarriesItsNumberAndNamesTheOperation) {
  const pipes::Error error(PIPES_ERROR_PIPE_BUSY, "open pipe");

  EXPECT_EQ(error.status(), PIPES_ERROR_PIPE_BUSY);
  EXPECT_EQ(error.code().value(), 231);
  EXPECT_NE(std::string(error.what()).find("open pipe (231)"), std::string::npos) << error.what();
}

TEST(CppErrors, ConversationEndedKnowsTheThreeNumbers) {
  for (const pipes_status status : {109u, 232u, 233u}) EXPECT_TRUE(pipes::conversation_ended(status)) << status;
  for (const pipes_status status : {0u, 5u, 230u, 231u, 234u, 995u}) {
    EXPECT_FALSE(pipes::conversation_ended(status)) << status;
  }
}

TEST(CppErrors, AnExpectedHoldsAValueThatCanBeMovedOut) {
  Expected<std::unique_ptr<int>> result(std::make_unique<int>(7));

  ASSERT_TRUE(result);
  EXPECT_EQ(result.status(), PIPES_OK);
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 7);
}

TEST(CppErrors, AnExpectedWithoutAValueThrowsItsStatus) {
  const auto result = Expected<int>::failure(PIPES_ERROR_NO_DATA);

  EXPECT_FALSE(result);
  EXPECT_EQ(result.status(), PIPES_ERROR_NO_DATA);
  try {
    static_cast<void>(result.value("peek"));
    FAIL() << "no exception";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), pipes::make_error_code(PIPES_ERROR_NO_DATA));
  }
}

TEST(CppErrors, AnExpectedOfNothingIsSuccessOrAStatus) {
  EXPECT_TRUE(Expected<void>());
  EXPECT_TRUE(Expected<void>::from(PIPES_OK));
  EXPECT_NO_THROW(Expected<void>().value());
  EXPECT_FALSE(Expected<void>::from(PIPES_ERROR_BAD_PIPE));
  EXPECT_THROW(Expected<void>::from(PIPES_ERROR_BAD_PIPE).value(), pipes::Error);
}

TEST(CppErrors, EndsMoveAndDoNotCopy) {
  static_assert(std::is_nothrow_move_constructible_v<pipes::ServerEnd>);
  static_assert(std::is_nothrow_move_assignable_v<pipes::ClientEnd>);
  static_assert(!std::is_copy_constructible_v<pipes::ServerEnd>);
  static_assert(!std::is_copy_assignable_v<pipes::ClientEnd>);
  static_assert(!std::is_copy_constructible_v<pipes::AnonymousPipe>);
  SUCCEED();
}

TEST(CppErrors, BytesAndTextAreViewsOfTheSameMemory) {
  const std::string text("a\0b", 3);

  const auto view = pipes::bytes(text);

  EXPECT_EQ(view.size(), 3u);
  EXPECT_EQ(static_cast<const void*>(view.data()), text.data());
  EXPECT_EQ(pipes::text(view), text);
}

}  // namespace
