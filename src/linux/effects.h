// Effects: what a decision under a lock wants done once the lock is dropped. Waking is a system call, and no system
// call, wake or callback happens under a lock; so who decides fills one of these, and its owner performs it afterwards.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <vector>

#include "support/futex.h"
#include "support/parker.h"

namespace pipes {

class Effects {  // NOLINT(cppcoreguidelines-pro-type-member-init): see few_
 public:
  Effects() = default;  // NOLINT(cppcoreguidelines-pro-type-member-init): see few_
  Effects(const Effects&) = delete;
  Effects& operator=(const Effects&) = delete;

  // Parkers are never freed, so one may be kept beyond the lock. The thread that decides does not sleep, and looks at
  // what it has completed of its own.
  void unpark(Parker* parker) {
    if (parker == &Parker::mine()) return;
    if (count_ < few_.size()) {
      few_[count_++] = parker;
    } else {
      many_.push_back(parker);
    }
  }
  // The word may be unmapped by the time it is woken: the kernel then finds nobody, and that is all.
  void wake_shared(std::atomic<uint32_t>* word) {
    for (auto& slot : shared_) {
      if (slot == nullptr || slot == word) {
        slot = word;
        return;
      }
    }
  }

  void perform() {
    for (auto& word : shared_) {
      if (word == nullptr) break;
      futex_wake_shared(word);
      word = nullptr;
    }
    for (size_t i = 0; i < count_; ++i) few_[i]->unpark();
    count_ = 0;
    for (Parker* parker : many_) parker->unpark();
    many_.clear();
  }

 private:
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the first count_ are set, and there are many Effects
  std::array<Parker*, 8> few_;
  size_t count_ = 0;
  std::array<std::atomic<uint32_t>*, 4> shared_{};  // a connection has four flags
  std::vector<Parker*> many_;
};

}  // namespace pipes
