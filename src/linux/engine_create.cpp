// Making pipes, opening, connecting, disconnecting, waiting for an instance, listing.
#include "linux/anonymous_security.h"
#include "linux/client.h"
#include "linux/client_identity.h"
#include "linux/engine_overlapped.h"
#include "linux/inheritance.h"
#include "linux/pipe_folder.h"
#include "linux/runtime_directory.h"
#include "linux/server_pipe.h"
#include "pipe/name.h"
#include "pipe/parameters.h"
#include "security/default_descriptor.h"
#include "security/rights.h"

namespace pipes::engine {
namespace {

// Nothing if there is none, which means the default.
Result<std::optional<SecurityDescriptor>> descriptor_of(const pipes_security_attributes* attributes) {
  if (attributes == nullptr || attributes->security_descriptor == nullptr) return std::optional<SecurityDescriptor>();
  auto read = descriptor_from_bytes(
      {static_cast<const std::byte*>(attributes->security_descriptor), attributes->descriptor_size});
  if (!read) return read.status();
  return std::optional<SecurityDescriptor>(std::move(*read));
}

bool is_inheritable(const pipes_security_attributes* attributes) {
  return attributes != nullptr && attributes->inherit_handle != 0;
}

// Closes the handle if that fails.
Status make_inheritable(pipes_handle handle) {
  Status status = PIPES_OK;
  {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (pin) status = inherit_handle(*pin.slot(), handle, true);
  }
  if (status != PIPES_OK) close(handle);
  return status;
}

// What a refused runtime directory may look like to a caller.
Status explained(Status status, DirectoryUse use) {
  if (status == PIPES_ERROR_FILE_NOT_FOUND || status == PIPES_ERROR_PATH_NOT_FOUND ||
      status == PIPES_ERROR_ACCESS_DENIED) {
    log_unusable_directory(use);
  }
  return status;
}

}  // namespace

Status create_named(const char* name, uint32_t open_mode, uint32_t pipe_mode, uint32_t max_instances,
                    uint32_t out_buffer, uint32_t in_buffer, uint32_t default_timeout,
                    const pipes_security_attributes* attributes, pipes_handle* handle, uint32_t* disposition) noexcept {
  return guard([&]() -> Status {
    if (!forks_are_minded()) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
    const auto parameters =
        check_create_parameters(open_mode, pipe_mode, max_instances, out_buffer, in_buffer, default_timeout);
    if (!parameters) return parameters.status();
    const auto descriptor = descriptor_of(attributes);
    if (!descriptor) return descriptor.status();
    const auto parsed = parse_pipe_name(name, NameUse::kCreate);
    if (!parsed) return parsed.status();
    if (parent_exists(*parsed)) return PIPES_ERROR_INVALID_NAME;
    auto created = ServerPipe::create(*parsed, *parameters, *descriptor ? &**descriptor : nullptr);
    if (!created) return explained(created.status(), DirectoryUse::kCreate);
    HandleTarget target;
    target.named = created->end;
    target.access = parameters->server_rights;
    target.open_flags = open_mode;
    const pipes_handle made = HandleTable::instance().add(std::move(target), 0);
    if (made == nullptr) {
      created->end->pipe()->end_closed(*created->end, created->end->close());
      return PIPES_ERROR_NOT_ENOUGH_MEMORY;
    }
    if (is_inheritable(attributes)) {
      if (const Status status = make_inheritable(made); status != PIPES_OK) return status;
    }
    *handle = made;
    if (disposition != nullptr) *disposition = created->added ? PIPES_ERROR_ALREADY_EXISTS : PIPES_OK;
    return PIPES_OK;
  });
}

Status create_anonymous(pipes_handle* read_end, pipes_handle* write_end, const pipes_security_attributes* attributes,
                        uint32_t size) noexcept {
  return guard([&]() -> Status {
    const auto supplied = descriptor_of(attributes);
    if (!supplied) return supplied.status();
    const auto token = token_of_thread();
    if (!token) return token.status();
    auto descriptor = prepare_descriptor(*token, *supplied ? &**supplied : nullptr);
    if (!descriptor) return descriptor.status();
    const bool inheritable = is_inheritable(attributes);
    auto ends = AnonymousEnd::create(size);
    if (!ends) return ends.status();
    const auto security = std::make_shared<AnonymousSecurity>(std::move(*descriptor));
    ends->first->set_security(security);
    ends->second->set_security(security);
    // ANON-15: each end also has the attribute right that the other direction would bring.
    Status status = PIPES_OK;
    const auto add = [&](std::shared_ptr<AnonymousEnd> end, uint32_t access) {
      HandleTarget target;
      target.other = std::make_shared<SharedAnonymousEnd>(std::move(end));
      target.access = access;
      return add_handle(std::move(target), inheritable, &status);
    };
    const pipes_handle reading = add(ends->first, PIPES_FILE_GENERIC_READ | PIPES_FILE_WRITE_ATTRIBUTES);
    if (reading == nullptr) return status;
    const pipes_handle writing = add(ends->second, PIPES_FILE_GENERIC_WRITE | PIPES_FILE_READ_ATTRIBUTES);
    if (writing == nullptr) {
      close(reading);
      return status;
    }
    *read_end = reading;
    *write_end = writing;
    return PIPES_OK;
  });
}

Status open(const char* name, uint32_t desired_access, uint32_t flags, const OpenOptions& options,
            pipes_handle* handle) noexcept {
  return guard([&]() -> Status {
    if (!forks_are_minded()) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
    const auto parsed = parse_pipe_name(name, NameUse::kOpen);
    if (!parsed) return parsed.status();
    if (!parsed->server.empty()) return PIPES_ERROR_NOT_SUPPORTED;
    auto opened = open_client(*parsed, desired_access, flags, options.server_owner);
    if (!opened) return explained(opened.status(), DirectoryUse::kLook);
    HandleTarget target;
    target.named = opened->end;
    target.access = opened->granted_access;
    target.open_flags = flags;
    const pipes_handle made = HandleTable::instance().add(std::move(target), 0);
    if (made == nullptr) {
      opened->end->close();
      return PIPES_ERROR_NOT_ENOUGH_MEMORY;
    }
    if (options.inherit) {
      if (const Status status = make_inheritable(made); status != PIPES_OK) return status;
    }
    *handle = made;
    return PIPES_OK;
  });
}

Status connect(pipes_handle handle, pipes_overlapped* overlapped) noexcept {
  return guard([&]() -> Status {
    const HandleTable::Pin pin(HandleTable::instance(), handle);
    if (!pin || (!pin->named && pin->anonymous() == nullptr)) return PIPES_ERROR_INVALID_HANDLE;
    const auto overlapping = Overlapping::begin(*pin.operator->(), overlapped);
    if (!overlapping) return overlapping.status();
    if (overlapping->is_asynchronous()) return pin->named->connect(overlapping->operation(nullptr, 0));
    return overlapping->finish(pin->named ? pin->named->connect() : pin->anonymous()->connect(), 0);
  });
}

Status disconnect(pipes_handle handle) noexcept {
  return with_end(
      handle, 0, [](NamedEnd& end) { return end.disconnect(); }, [](AnonymousEnd& end) { return end.disconnect(); });
}

Status wait_available(const char* name, uint32_t timeout) noexcept {
  return guard([&]() -> Status {
    if (!forks_are_minded()) return PIPES_ERROR_NOT_ENOUGH_MEMORY;
    const auto parsed = parse_pipe_name(name, NameUse::kWait);
    if (!parsed) return parsed.status();
    if (!parsed->server.empty()) return PIPES_ERROR_NOT_SUPPORTED;
    return explained(pipes::wait_available(*parsed, timeout), DirectoryUse::kLook);
  });
}

Status enumerate(pipes_enumerate_callback callback, void* context) noexcept {
  return guard([&]() -> Status {
    const auto all = list_pipes();
    if (!all) return explained(all.status(), DirectoryUse::kLook);
    if (all->empty()) log_unusable_directory(DirectoryUse::kLook);
    for (const PipeMeta& meta : *all) {
      pipes_pipe_info info{};
      info.size = sizeof info;
      for (const ServerRecord& server : meta.servers) info.instances += server.instances;
      info.max_instances = meta.max_instances;
      info.type = meta.type;
      info.access = meta.access;
      info.server_process_id = meta.servers.empty() ? 0 : meta.servers.front().pid;
      info.owner_uid = meta.owner_uid;
      info.name = meta.display.c_str();
      if (!meta.descriptor.empty()) {
        info.descriptor = meta.descriptor.data();
        info.descriptor_size = static_cast<uint32_t>(meta.descriptor.size());
      }
      if (callback(&info, context) == 0) break;
    }
    return PIPES_OK;
  });
}

}  // namespace pipes::engine
