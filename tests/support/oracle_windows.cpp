// Whether this is Wine, and the marks of what it does differently.
#include "support/oracle.h"
#include "support/process_windows.h"

namespace pipes::test {

bool is_oracle() {
  // Wine's ntdll alone exports this.
  static const bool found = ::GetProcAddress(::GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
  return found;
}

OracleDiffers::OracleDiffers(const char* file, int line, const char* reason)
    : file_(file), line_(line), reason_(reason) {
  if (!is_oracle()) return;
  testing::Test::RecordProperty("oracle_differs", reason);  // what is counted as shown under Wine leaves this test out
  catcher_.emplace(testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &results_);
}

OracleDiffers::~OracleDiffers() {
  if (!catcher_) return;
  catcher_.reset();
  for (int i = 0; i < results_.size(); ++i) {
    if (results_.GetTestPartResult(i).failed()) return;
  }
  ADD_FAILURE_AT(file_, line_) << "the oracle is right now, so take this mark away: " << reason_;
}

}  // namespace pipes::test
