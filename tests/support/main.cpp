// The main program of the test binaries: child roles first, then the tests in a runtime folder of their own, which must
// be empty after each of them.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "support/child.h"
#include "support/harness.h"

namespace {

// Fails the test after which something is left in the runtime folder.
class NothingLeftBehind : public testing::EmptyTestEventListener {
 public:
  explicit NothingLeftBehind(const pipes::test::RuntimeFolder& folder) : folder_(folder) {}

  void OnTestEnd(const testing::TestInfo&) override {
    // An instance whose server end is closed goes when the system reports that its client's process has let go of it;
    // that event is waited for, and only its not coming is a failure.
    std::vector<std::string> leavings = folder_.leavings();
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (leavings != known_ && !leavings.empty() && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      leavings = folder_.leavings();
    }
    if (leavings == known_ || leavings.empty()) return;
    known_ = leavings;
    for (const std::string& entry : leavings) ADD_FAILURE() << "left behind in the runtime folder: " << entry;
  }

 private:
  const pipes::test::RuntimeFolder& folder_;
  std::vector<std::string> known_;  // what was told already, so that only the test at fault fails
};

}  // namespace

int main(int argc, char** argv) {
  if (const std::optional<int> code = pipes::test::run_role_if_asked(argc, argv)) return *code;
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  const pipes::test::RuntimeFolder folder;
  if (folder.path().empty()) {
    std::cerr << "cannot make a runtime folder for the tests\n";
    return 1;
  }
  testing::UnitTest::GetInstance()->listeners().Append(new NothingLeftBehind(folder));
  const int result = RUN_ALL_TESTS();
  const std::vector<std::string> leavings = folder.leavings();
  for (const std::string& entry : leavings) std::cerr << "left behind in the runtime folder: " << entry << '\n';
  return leavings.empty() ? result : 1;
}
