// Lazy: a value that is found out by whoever asks first, perhaps by several threads at once, all to the same end.
//
// A static variable of a function would be found out once, by one thread that all others wait for; but a process forked
// at that moment has not got that thread.
#pragma once

#include <atomic>

namespace pipes {

template <class T>
class Lazy {
 public:
  constexpr Lazy() = default;

  // `compute` gives the same value each time.
  template <class Compute>
  T get(Compute compute) {
    // Acquire: whoever sees that the value is known sees the value.
    if (!known_.load(std::memory_order_acquire)) [[unlikely]] {
      value_.store(compute(), std::memory_order_relaxed);
      known_.store(true, std::memory_order_release);
    }
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<T> value_{};
  std::atomic<bool> known_{false};
};

}  // namespace pipes
