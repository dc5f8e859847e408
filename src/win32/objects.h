// The handles of what the C ABI does not know: threads, processes, files, mutexes, semaphores, registered waits.
//
// Their values have the second-lowest bit set, which those of the C ABI have not, so a handle says where it belongs;
// the upper half is a generation, so that a stale value finds nothing. INVALID_HANDLE_VALUE and the handles that stand
// for the current process and thread are never among them.
#pragma once

#include <memory>

#include "pipes/win32.h"
#include "support/status.h"

namespace pipes::win32 {

class Object {
 public:
  Object() = default;
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  // The event that is set while the object is signalled; null if it cannot be waited for.
  [[nodiscard]] virtual pipes_handle event() const { return nullptr; }
  // After a wait was satisfied by the event: whether the calling thread may have the object. If not, it waits on.
  virtual bool take() { return true; }
  // Whether the calling thread may have the object without waiting, as a mutex that it has already. take() follows.
  [[nodiscard]] virtual bool is_mine() const { return false; }
  // What SignalObjectAndWait does to it first.
  virtual Status signal() { return PIPES_ERROR_INVALID_HANDLE; }
  // When a flag of the handle is set or cleared, for those whose descriptor a child may inherit.
  virtual Status set_inheritable(bool) { return PIPES_OK; }
};

// OwnEvent is an event that an object owns. Null if there was no memory.
class OwnEvent {
 public:
  OwnEvent(bool manual_reset, bool initial_state) { (void)pipes_event_create(manual_reset, initial_state, &handle_); }
  ~OwnEvent() {
    if (handle_ != nullptr) pipes_close(handle_);
  }
  OwnEvent(const OwnEvent&) = delete;
  OwnEvent& operator=(const OwnEvent&) = delete;

  [[nodiscard]] pipes_handle get() const { return handle_; }
  void set() const { (void)pipes_event_set(handle_); }
  void reset() const { (void)pipes_event_reset(handle_); }

 private:
  pipes_handle handle_ = nullptr;
};

inline pipes_handle engine_handle(HANDLE handle) { return static_cast<pipes_handle>(handle); }

// belongs_to_layer says whether a handle is one of ours by its value; it may be stale.
inline bool belongs_to_layer(HANDLE handle) { return (reinterpret_cast<uintptr_t>(handle) & 3) == 2; }

// add_object makes a handle; null if there is no memory. find_object finds nothing for a value that is none of ours.
[[nodiscard]] HANDLE add_object(std::shared_ptr<Object> object, bool inheritable = false);
[[nodiscard]] std::shared_ptr<Object> find_object(HANDLE handle);

// find is find_object for objects of a type.
template <class T>
std::shared_ptr<T> find(HANDLE handle) {
  return std::dynamic_pointer_cast<T>(find_object(handle));
}

// new_handle makes a handle of a new object, or fails with null.
[[nodiscard]] HANDLE new_handle(std::shared_ptr<Object> object, bool inheritable = false);

inline bool is_inheritable(const SECURITY_ATTRIBUTES* attributes) {
  return attributes != nullptr && attributes->bInheritHandle != FALSE;
}

}  // namespace pipes::win32
