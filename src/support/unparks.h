// Unparks: threads that a decision under a lock wants woken, once the lock is dropped. Waking is a system call, and no
// system call happens under a lock.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "support/parker.h"

namespace pipes {

class Unparks {  // NOLINT(cppcoreguidelines-pro-type-member-init): see few_
 public:
  Unparks() = default;  // NOLINT(cppcoreguidelines-pro-type-member-init): see few_
  Unparks(const Unparks&) = delete;
  Unparks& operator=(const Unparks&) = delete;

  // Parkers are never freed, so one may be kept beyond the lock. The thread that decides does not sleep, and looks at
  // what it has completed of its own.
  void add(Parker* parker) {
    if (parker == &Parker::mine()) return;
    if (count_ < few_.size()) {
      few_[count_++] = parker;
    } else {
      many_.push_back(parker);
    }
  }

  void perform() {
    for (size_t i = 0; i < count_; ++i) few_[i]->unpark();
    count_ = 0;
    for (Parker* parker : many_) parker->unpark();
    many_.clear();
  }

 private:
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the first count_ are set, and there are many of these
  std::array<Parker*, 8> few_;
  size_t count_ = 0;
  std::vector<Parker*> many_;
};

}  // namespace pipes
