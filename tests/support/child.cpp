// What child processes are on every system: roles by name, lines out of bytes, and what is said about a line that
// should have come.
#include "support/child.h"

#include <array>
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

bool LineChannel::say(const std::string& line) {
  const std::string text = line + '\n';
  const std::lock_guard lock(sending_);
  for (std::string_view rest = text; !rest.empty();) {
    const std::optional<size_t> count = send_some(rest);
    if (!count) return false;
    rest.remove_prefix(*count);
  }
  return true;
}

std::optional<std::string> LineChannel::next_line() {
  while (true) {
    const size_t end = received_.find('\n', searched_);
    if (end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      searched_ = 0;
      return line;
    }
    searched_ = received_.size();
    std::array<char, 65536> buffer{};
    const std::optional<size_t> count = receive_some(buffer);
    if (!count) return std::nullopt;
    received_.append(buffer.data(), *count);
  }
}

testing::AssertionResult Child::expect_line(const std::string& line) {
  const std::optional<std::string> got = next_line();
  if (got == line) return testing::AssertionSuccess();
  if (!got) return testing::AssertionFailure() << "the child ended before it said \"" << line << '"';
  return testing::AssertionFailure() << "the child said \"" << *got << "\", not \"" << line << '"';
}

}  // namespace pipes::test
