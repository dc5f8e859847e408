// Processes that act as users of their own, for tests of who may do what: each takes on the ids it is told before it
// calls the library, and then makes the calls that it is told, one at a time.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/child.h"
#include "support/harness.h"

namespace pipes::test {

struct UserIds {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::vector<uint32_t> groups;
};

// What a call of another process came to.
struct Answered {
  Code status;
  std::string text;
};

class User {
 public:
  User(const UserIds& ids, const std::string& folder);

  // One end at a time: what `create` or `open` made.
  Code create(const std::string& name, const std::string& sddl = "-", uint32_t open_mode = PIPES_ACCESS_DUPLEX,
              uint32_t max_instances = PIPES_UNLIMITED_INSTANCES);
  Code open(const std::string& name, uint32_t access = kReadWrite, uint32_t flags = 0, const std::string& owner = "-");
  Code close() { return ask("close").status; }
  Code write(const std::string& text) { return ask("write " + text).status; }
  Answered read() { return ask("read"); }
  Answered peek() { return ask("peek"); }
  Code connect() { return ask("connect").status; }
  Code disconnect() { return ask("disconnect").status; }
  Answered get_security(uint32_t information) { return ask("get_security " + std::to_string(information)); }
  Code set_security(uint32_t information, const std::string& sddl) {
    return ask("set_security " + std::to_string(information) + " " + sddl).status;
  }
  Code impersonate() { return ask("impersonate").status; }
  Code revert() { return ask("revert").status; }
  // "uid gid groups" of the thread, in this order, as it acts; and of another thread of the process.
  std::string acting_as() { return ask("acting_as").text; }
  std::string other_thread() { return ask("other_thread").text; }
  // "pid uid gid groups level" of the client.
  Answered client_identity() { return ask("client_identity"); }
  Code make_file(const std::string& path) { return ask("make_file " + path).status; }

  // Keeps the end in a place of its own, and works with the one in place `number` from now on.
  void use(uint32_t number) { (void)ask("use " + std::to_string(number)); }

  Answered ask(const std::string& command);
  void kill();
  [[nodiscard]] uint32_t pid() const { return child_.process_id(); }

 private:
  Child child_;
};

// A runtime directory for all users, for as long as a test runs. Needs root.
class UsersTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] User user(const UserIds& ids) const { return {ids, folder_}; }

  static constexpr uint32_t kAnna = 61001;
  static constexpr uint32_t kBert = 61002;
  static constexpr uint32_t kCarl = 61003;
  static constexpr uint32_t kStaff = 61100;
  static constexpr uint32_t kGuests = 61101;
  [[nodiscard]] static UserIds root() { return {0, 0, {}}; }
  [[nodiscard]] static UserIds anna() { return {kAnna, kAnna, {kStaff}}; }
  [[nodiscard]] static UserIds bert() { return {kBert, kBert, {kStaff, kGuests}}; }
  [[nodiscard]] static UserIds carl() { return {kCarl, kCarl, {}}; }
  [[nodiscard]] static std::string sid(uint32_t uid) { return "S-1-22-1-" + std::to_string(uid); }
  [[nodiscard]] static std::string group_sid(uint32_t gid) { return "S-1-22-2-" + std::to_string(gid); }

  const std::string name_ = unique_name();

 private:
  std::string folder_;
};

}  // namespace pipes::test
