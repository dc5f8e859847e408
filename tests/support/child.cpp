// What child processes are on every system: roles by name, and what is said about a line that should have come.
#include "support/child.h"

#include <map>

namespace pipes::test {
namespace {

std::map<std::string, RoleBody>& roles() {
  static std::map<std::string, RoleBody> registered;
  return registered;
}

}  // namespace

RoleRegistration::RoleRegistration(const char* name, RoleBody body) { roles()[name] = body; }

RoleBody find_role(const std::string& name) {
  const auto found = roles().find(name);
  return found != roles().end() ? found->second : nullptr;
}

testing::AssertionResult Child::expect_line(const std::string& line) {
  const std::optional<std::string> got = next_line();
  if (got == line) return testing::AssertionSuccess();
  if (!got) return testing::AssertionFailure() << "the child ended before it said \"" << line << '"';
  return testing::AssertionFailure() << "the child said \"" << *got << "\", not \"" << line << '"';
}

}  // namespace pipes::test
