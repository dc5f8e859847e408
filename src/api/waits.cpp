// Events, waits and completion ports.
#include <algorithm>
#include <span>

#include "api/engine.h"

using namespace pipes;

namespace {

// A wait for all of several objects would need one of them twice.
bool any_twice(std::span<const pipes_handle> handles) {
  for (size_t i = 1; i < handles.size(); ++i) {
    const auto before = handles.first(i);
    if (std::ranges::find(before, handles[i]) != before.end()) return true;
  }
  return false;
}

}  // namespace

pipes_status pipes_event_create(uint32_t manual_reset, uint32_t initial_state, pipes_handle* event) {
  if (manual_reset > 1 || initial_state > 1 || event == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::event_create(manual_reset != 0, initial_state != 0, event);
}

pipes_status pipes_event_set(pipes_handle event) { return engine::event_set(event); }

pipes_status pipes_event_reset(pipes_handle event) { return engine::event_reset(event); }

pipes_status pipes_wait(const pipes_handle* handles, uint32_t count, uint32_t wait_all, uint32_t timeout,
                        uint32_t alertable, uint32_t* index) {
  if (handles == nullptr || count == 0 || count > PIPES_WAIT_OBJECTS_MAX || wait_all > 1 || alertable > 1) {
    return PIPES_ERROR_INVALID_PARAMETER;
  }
  const std::span objects(handles, count);
  if (wait_all != 0 && any_twice(objects)) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::wait(objects, wait_all != 0, timeout, alertable != 0, index);
}

pipes_status pipes_signal_and_wait(pipes_handle signal, pipes_handle object, uint32_t timeout, uint32_t alertable) {
  if (alertable > 1) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::signal_and_wait(signal, object, timeout, alertable != 0);
}

pipes_status pipes_sleep(uint32_t timeout, uint32_t alertable) {
  return alertable > 1 ? Status{PIPES_ERROR_INVALID_PARAMETER} : engine::sleep(timeout, alertable != 0);
}

pipes_status pipes_queue_routine(pipes_thread thread, pipes_thread_routine routine, uintptr_t context) {
  return routine == nullptr ? Status{PIPES_ERROR_INVALID_PARAMETER} : engine::queue_routine(thread, routine, context);
}

pipes_status pipes_port_create(uint32_t concurrency, pipes_handle* port) {
  return port == nullptr ? Status{PIPES_ERROR_INVALID_PARAMETER} : engine::port_create(concurrency, port);
}

pipes_status pipes_port_associate(pipes_handle port, pipes_handle handle, uint64_t key) {
  return engine::port_associate(port, handle, key);
}

pipes_status pipes_port_get(pipes_handle port, uint32_t* transferred, uint64_t* key, pipes_overlapped** overlapped,
                            uint32_t timeout) {
  if (transferred == nullptr || key == nullptr || overlapped == nullptr) return PIPES_ERROR_INVALID_PARAMETER;
  *overlapped = nullptr;
  return engine::port_get(port, transferred, key, overlapped, timeout);
}

pipes_status pipes_port_get_many(pipes_handle port, pipes_port_entry* entries, uint32_t count, uint32_t* taken,
                                 uint32_t timeout, uint32_t alertable) {
  if (entries == nullptr || count == 0 || taken == nullptr || alertable > 1) return PIPES_ERROR_INVALID_PARAMETER;
  *taken = 0;
  return engine::port_get_many(port, {entries, count}, taken, timeout, alertable != 0);
}

pipes_status pipes_port_post(pipes_handle port, uint32_t transferred, uint64_t key, pipes_overlapped* overlapped) {
  return engine::port_post(port, transferred, key, overlapped);
}

pipes_status pipes_set_notification_modes(pipes_handle handle, uint32_t modes) {
  constexpr uint32_t kModes = PIPES_SKIP_COMPLETION_PORT_ON_SUCCESS | PIPES_SKIP_SET_EVENT_ON_HANDLE;
  if ((modes & ~kModes) != 0) return PIPES_ERROR_INVALID_PARAMETER;
  return engine::set_notification_modes(handle, modes);
}
