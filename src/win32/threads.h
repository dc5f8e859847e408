// Threads of this process, those that CreateThread made and those that it did not.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>

#include "support/mutex.h"
#include "win32/objects.h"

namespace pipes::win32 {

struct TokenFacts;

class Thread : public Object {
 public:
  Thread() : done_(true, false) {}

  // The calling thread; null without memory.
  static std::shared_ptr<Thread> current();
  // What a handle names, GetCurrentThread() included; null if it is no thread's.
  static std::shared_ptr<Thread> behind(HANDLE handle);

  [[nodiscard]] pipes_handle event() const override { return done_.get(); }
  [[nodiscard]] DWORD id() const { return id_; }
  // What the C ABI calls it: waits for a thread that was made and has not begun yet.
  [[nodiscard]] pipes_thread name() const;
  // STILL_ACTIVE until the thread has ended.
  [[nodiscard]] DWORD exit_code() const { return exit_code_.load(std::memory_order_acquire); }

  // Whom the thread acts for since it said so to this layer; null: nobody. Set by the thread itself.
  [[nodiscard]] std::shared_ptr<const TokenFacts> impersonated() const;
  void set_impersonated(std::shared_ptr<const TokenFacts> facts);

  // Of the thread itself. begin tells it apart from all others, finish is the last that it does.
  void begin();
  void set_exit_code(DWORD code) { wanted_exit_code_ = code; }
  void finish();

 private:
  static DWORD new_id();

  const OwnEvent done_;
  const DWORD id_ = new_id();
  std::atomic<pipes_thread> name_{0};  // 0 until the thread has begun
  DWORD wanted_exit_code_ = 0;         // the thread's own
  std::atomic<DWORD> exit_code_{STILL_ACTIVE};
  mutable Mutex impersonated_mutex_;
  std::shared_ptr<const TokenFacts> impersonated_ PIPES_GUARDED_BY(impersonated_mutex_);
};

}  // namespace pipes::win32
