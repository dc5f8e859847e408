// Child processes for tests: the test program started again in a role, and a channel of lines between the two.
//
//   PIPES_CHILD_ROLE(echo_server) {            // in any test file
//     parent.say("ready");
//     return parent.expect_line("go") ? 0 : 1;
//   }
//   Child child = Child::spawn("echo_server", {name});
//   ASSERT_TRUE(child.expect_line("ready"));
//   child.say("go");
//   EXPECT_EQ(0, child.wait().code);
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pipes::test {

// LineChannel carries lines both ways over what a system carries bytes with. Sending may come from several threads,
// receiving from one.
class LineChannel {
 public:
  virtual ~LineChannel() = default;
  // Returns false if the other side is gone.
  bool say(const std::string& line);
  // Waits for the next line. Nothing means that the other side is gone.
  [[nodiscard]] std::optional<std::string> next_line();

 protected:
  // Each carries some bytes, waits until there is at least one or none could be carried, and says how many they were.
  // Nothing means that the other side is gone.
  virtual std::optional<size_t> send_some(std::string_view bytes) = 0;
  virtual std::optional<size_t> receive_some(std::span<char> room) = 0;

 private:
  std::mutex sending_;  // guards the order of bytes
  std::string received_;
  size_t searched_ = 0;  // bytes of received_ known to hold no line end
};

// Parent is what a role sees of the test that started it.
class Parent {
 public:
  Parent(LineChannel& channel, std::vector<std::string> arguments)
      : channel_(channel), arguments_(std::move(arguments)) {}

  bool say(const std::string& line) { return channel_.say(line); }
  [[nodiscard]] std::optional<std::string> next_line() { return channel_.next_line(); }
  // Waits for the next line and says whether it is this one.
  [[nodiscard]] bool expect_line(const std::string& line) { return channel_.next_line() == line; }
  // Waits until the test closes its side, says a line or ends. For roles that only have to stay alive.
  void wait_for_end() { (void)channel_.next_line(); }

  [[nodiscard]] size_t argument_count() const { return arguments_.size(); }
  [[nodiscard]] const std::string& argument(size_t index) const { return arguments_.at(index); }
  [[nodiscard]] uint32_t number(size_t index) const {
    return static_cast<uint32_t>(std::stoul(arguments_.at(index), nullptr, 0));
  }

 private:
  LineChannel& channel_;
  std::vector<std::string> arguments_;
};

// How a process ended.
struct Exit {
  int code = -1;   // what main returned, or -1
  int signal = 0;  // the signal that killed it, or 0
};

// How a child differs from the test program beside its role.
struct ChildOptions {
  // Variables to set, as `NAME=value`.
  std::vector<std::string> environment;
  // The user to become before the role begins; 0 stays what it is. Only root can ask for it (can_change_user).
  uint32_t user = 0;
};

// Whether this program may start children as other users.
[[nodiscard]] bool can_change_user();

// Child is a running copy of this test program. Its destructor kills what still runs. A child whose test program ends
// finds its channel closed; spawn it from the thread that runs the tests.
class Child {
 public:
  // Starts the role. Expects that the system can start processes: failure fails the test, and the child is then gone.
  [[nodiscard]] static Child spawn(const std::string& role, const std::vector<std::string>& arguments = {},
                                   const ChildOptions& options = {});

  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();

  bool say(const std::string& line);
  [[nodiscard]] std::optional<std::string> next_line();
  // EXPECT_TRUE(child.expect_line("ready")) waits for the next line and tells what came instead.
  [[nodiscard]] testing::AssertionResult expect_line(const std::string& line);
  // Closes the test's side of the channel.
  void hang_up();

  // Ends the process at once (SIGKILL, TerminateProcess). Its handles are closed by the system some time after; wait()
  // returns after that.
  void kill();
  // Suspends the process, and lets it go on.
  void stop();
  void resume();
  // Waits for the process to end. May be asked again.
  Exit wait();

  [[nodiscard]] uint32_t process_id() const;

 private:
  class Process;
  explicit Child(std::unique_ptr<Process> process);
  std::unique_ptr<Process> process_;
};

// What a role's code is, and how it is found by name.
using RoleBody = int (*)(Parent& parent);
struct RoleRegistration {
  RoleRegistration(const char* name, RoleBody body);
};
[[nodiscard]] RoleBody find_role(const std::string& name);

// Runs the role the command line asks for. Nothing if it asks for none, so that the tests are to be run.
[[nodiscard]] std::optional<int> run_role_if_asked(int argc, char** argv);

}  // namespace pipes::test

// Defines a role: PIPES_CHILD_ROLE(name) { ...; return exit_code; }, with `parent` in scope.
#define PIPES_CHILD_ROLE(name)                                                                                  \
  static int pipes_child_role_##name(::pipes::test::Parent& parent);                                            \
  static const ::pipes::test::RoleRegistration pipes_role_registration_##name(#name, &pipes_child_role_##name); \
  static int pipes_child_role_##name([[maybe_unused]] ::pipes::test::Parent& parent)
