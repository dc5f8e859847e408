// Events, waits and completion ports.
#include <array>

#include "io/nt_status.h"
#include "io/waits.h"
#include "linux/engine_guard.h"

namespace pipes::engine {
namespace {

constexpr uint32_t kAllAccess = 0x001F0003;  // of events and of ports

template <class Object>
std::shared_ptr<Object> object_of(pipes_handle handle) {
  const HandleTable::Pin pin(HandleTable::instance(), handle);
  return pin ? pin->as<Object>() : nullptr;
}

std::shared_ptr<Waitable> waitable_of(pipes_handle handle) {
  const HandleTable::Pin pin(HandleTable::instance(), handle);
  return pin ? pin->waitable() : nullptr;
}

Status add_handle(std::shared_ptr<SharedObject> object, pipes_handle* handle) {
  HandleTarget target;
  target.other = std::move(object);
  target.access = kAllAccess;
  const pipes_handle made = HandleTable::instance().add(std::move(target), 0);
  if (made == nullptr) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
  *handle = made;
  return PIPES_OK;
}

}  // namespace

Status event_create(bool manual_reset, bool initial_state, pipes_handle* event) noexcept {
  return guard([&] {
    if (!forks_are_minded()) return Status{PIPES_ERROR_NOT_ENOUGH_MEMORY};
    const auto reset = manual_reset ? Waitable::Reset::kManual : Waitable::Reset::kAutomatic;
    return add_handle(std::make_shared<Event>(reset, initial_state), event);
  });
}

Status event_set(pipes_handle event) noexcept {
  return guard([&]() -> Status {
    const auto found = object_of<Event>(event);
    if (found == nullptr) return PIPES_ERROR_INVALID_HANDLE;
    Unparks unparks;
    found->waitable.signal(unparks);
    unparks.perform();
    return PIPES_OK;
  });
}

Status event_reset(pipes_handle event) noexcept {
  return guard([&]() -> Status {
    const auto found = object_of<Event>(event);
    if (found == nullptr) return PIPES_ERROR_INVALID_HANDLE;
    found->waitable.clear();
    return PIPES_OK;
  });
}

// The objects are kept while they are waited for, whatever becomes of their handles.
Status wait(std::span<const pipes_handle> handles, bool wait_all, uint32_t timeout, bool alertable,
            uint32_t* index) noexcept {
  return guard([&]() -> Status {
    std::array<std::shared_ptr<Waitable>, PIPES_WAIT_OBJECTS_MAX> kept;
    std::array<Waitable*, PIPES_WAIT_OBJECTS_MAX> objects{};
    for (size_t i = 0; i < handles.size(); ++i) {
      kept[i] = waitable_of(handles[i]);
      objects[i] = kept[i].get();
      if (objects[i] == nullptr) return PIPES_ERROR_INVALID_HANDLE;
    }
    return wait_for_objects(std::span(objects).first(handles.size()), wait_all, deadline_of(timeout), alertable, index);
  });
}

Status signal_and_wait(pipes_handle signal, pipes_handle object, uint32_t timeout, bool alertable) noexcept {
  return guard([&]() -> Status {
    const auto waited_for = waitable_of(object);
    if (waited_for == nullptr) return PIPES_ERROR_INVALID_HANDLE;
    if (const Status refused = event_set(signal); refused != PIPES_OK) return refused;
    Waitable* const objects[] = {waited_for.get()};
    return wait_for_objects(objects, false, deadline_of(timeout), alertable, nullptr);
  });
}

Status sleep(uint32_t timeout, bool alertable) noexcept {
  return guard([&] { return wait_for_time(deadline_of(timeout), alertable); });
}

Status queue_routine(pipes_thread thread, pipes_thread_routine routine, uintptr_t context) noexcept {
  class Queued final : public Routine {
   public:
    Queued(pipes_thread_routine function, uintptr_t argument) : function_(function), argument_(argument) {}
    void run() override { function_(argument_); }

   private:
    pipes_thread_routine function_;
    uintptr_t argument_;
  };
  return guard([&]() -> Status {
    const auto found = Thread::find(thread);
    if (found == nullptr) return PIPES_ERROR_INVALID_HANDLE;
    Unparks unparks;
    const bool queued = found->queue(std::make_unique<Queued>(routine, context), unparks);
    unparks.perform();
    return queued ? Status{PIPES_OK} : PIPES_ERROR_INVALID_HANDLE;
  });
}

Status port_create(uint32_t, pipes_handle* port) noexcept {
  return guard([&] {
    if (!forks_are_minded()) return Status{PIPES_ERROR_NOT_ENOUGH_MEMORY};
    return add_handle(std::make_shared<SharedPort>(), port);
  });
}

Status port_associate(pipes_handle port, pipes_handle handle, uint64_t key) noexcept {
  return guard([&]() -> Status {
    auto found = object_of<SharedPort>(port);
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (found == nullptr || !pin || (!pin->named && pin->anonymous() == nullptr)) return PIPES_ERROR_INVALID_HANDLE;
    if (!pin->named || (pin->open_flags & PIPES_FLAG_OVERLAPPED) == 0) return PIPES_ERROR_INVALID_PARAMETER;  // IOCP-2
    return pin->named->bind(std::move(found), key);
  });
}

Status port_get(pipes_handle port, uint32_t* transferred, uint64_t* key, pipes_overlapped** overlapped,
                uint32_t timeout) noexcept {
  return guard([&]() -> Status {
    const auto found = object_of<SharedPort>(port);
    if (found == nullptr) return PIPES_ERROR_INVALID_HANDLE;
    pipes_port_entry entry{};
    uint32_t taken = 0;
    const Status status = found->port.take({&entry, 1}, &taken, deadline_of(timeout), false);
    if (status != PIPES_OK) return status;
    *transferred = entry.transferred;
    *key = entry.key;
    *overlapped = entry.overlapped;
    return status_of_nt(entry.internal);
  });
}

Status port_get_many(pipes_handle port, std::span<pipes_port_entry> entries, uint32_t* taken, uint32_t timeout,
                     bool alertable) noexcept {
  return guard([&]() -> Status {
    const auto found = object_of<SharedPort>(port);
    if (found == nullptr) return PIPES_ERROR_INVALID_HANDLE;
    return found->port.take(entries, taken, deadline_of(timeout), alertable);
  });
}

Status port_post(pipes_handle port, uint32_t transferred, uint64_t key, pipes_overlapped* overlapped) noexcept {
  return guard([&]() -> Status {
    const auto found = object_of<SharedPort>(port);
    if (found == nullptr) return PIPES_ERROR_INVALID_HANDLE;
    Unparks unparks;
    found->port.post(std::make_unique<Packet>(pipes_port_entry{key, overlapped, 0, transferred, 0}), unparks);
    unparks.perform();
    return PIPES_OK;
  });
}

Status set_notification_modes(pipes_handle handle, uint32_t modes) noexcept {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin || (!pin->named && pin->anonymous() == nullptr)) return PIPES_ERROR_INVALID_HANDLE;
    if (!pin->named || (pin->open_flags & PIPES_FLAG_OVERLAPPED) == 0) return PIPES_ERROR_INVALID_PARAMETER;
    pin->named->add_notification_modes(modes);
    return PIPES_OK;
  });
}

}  // namespace pipes::engine
