// Names of the statuses, for messages of failed tests.
#include "support/codes.h"

namespace pipes::test {

const char* status_name(pipes_status status) {
#define PIPES_NAME(constant) \
  case constant:             \
    return #constant
  switch (status) {
    PIPES_NAME(PIPES_OK);
    PIPES_NAME(PIPES_ERROR_INVALID_FUNCTION);
    PIPES_NAME(PIPES_ERROR_FILE_NOT_FOUND);
    PIPES_NAME(PIPES_ERROR_PATH_NOT_FOUND);
    PIPES_NAME(PIPES_ERROR_ACCESS_DENIED);
    PIPES_NAME(PIPES_ERROR_INVALID_HANDLE);
    PIPES_NAME(PIPES_ERROR_NOT_ENOUGH_MEMORY);
    PIPES_NAME(PIPES_ERROR_NOT_SUPPORTED);
    PIPES_NAME(PIPES_ERROR_INVALID_PARAMETER);
    PIPES_NAME(PIPES_ERROR_BROKEN_PIPE);
    PIPES_NAME(PIPES_ERROR_SEM_TIMEOUT);
    PIPES_NAME(PIPES_ERROR_INSUFFICIENT_BUFFER);
    PIPES_NAME(PIPES_ERROR_INVALID_NAME);
    PIPES_NAME(PIPES_ERROR_BAD_PATHNAME);
    PIPES_NAME(PIPES_ERROR_ALREADY_EXISTS);
    PIPES_NAME(PIPES_ERROR_FILENAME_EXCED_RANGE);
    PIPES_NAME(PIPES_ERROR_PIPE_LOCAL);
    PIPES_NAME(PIPES_ERROR_BAD_PIPE);
    PIPES_NAME(PIPES_ERROR_PIPE_BUSY);
    PIPES_NAME(PIPES_ERROR_NO_DATA);
    PIPES_NAME(PIPES_ERROR_PIPE_NOT_CONNECTED);
    PIPES_NAME(PIPES_ERROR_MORE_DATA);
    PIPES_NAME(PIPES_ERROR_WAIT_TIMEOUT);
    PIPES_NAME(PIPES_ERROR_PIPE_CONNECTED);
    PIPES_NAME(PIPES_ERROR_PIPE_LISTENING);
    PIPES_NAME(PIPES_ERROR_OPERATION_ABORTED);
    PIPES_NAME(PIPES_ERROR_IO_INCOMPLETE);
    PIPES_NAME(PIPES_ERROR_IO_PENDING);
    PIPES_NAME(PIPES_ERROR_NOT_FOUND);
    PIPES_NAME(PIPES_ERROR_UNKNOWN_REVISION);
    PIPES_NAME(PIPES_ERROR_INVALID_OWNER);
    PIPES_NAME(PIPES_ERROR_PRIVILEGE_NOT_HELD);
    PIPES_NAME(PIPES_ERROR_NONE_MAPPED);
    PIPES_NAME(PIPES_ERROR_INVALID_ACL);
    PIPES_NAME(PIPES_ERROR_INVALID_SID);
    PIPES_NAME(PIPES_ERROR_INVALID_SECURITY_DESCR);
    PIPES_NAME(PIPES_ERROR_BAD_IMPERSONATION_LEVEL);
    PIPES_NAME(PIPES_ERROR_CANT_OPEN_ANONYMOUS);
    PIPES_NAME(PIPES_ERROR_GENERIC_NOT_MAPPED);
    PIPES_NAME(PIPES_ERROR_CANNOT_IMPERSONATE);
    PIPES_NAME(PIPES_ERROR_NO_SYSTEM_RESOURCES);
    PIPES_NAME(PIPES_ERROR_NOT_ENOUGH_QUOTA);
    case kNoAnswer:
      return "no answer from the other process";
    default:
      return "unknown status";
  }
#undef PIPES_NAME
}

std::ostream& operator<<(std::ostream& stream, Code code) {
  return stream << status_name(code.number) << " (" << code.number << ")";
}

testing::AssertionResult statuses_equal(const char* expected_text, const char* actual_text, Code expected,
                                        Code actual) {
  if (expected == actual) return testing::AssertionSuccess();
  return testing::AssertionFailure() << actual_text << "\n  gave     " << actual << "\n  expected " << expected << " ["
                                     << expected_text << "]";
}

}  // namespace pipes::test
