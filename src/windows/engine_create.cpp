// Making pipes, opening, connecting, disconnecting, waiting for an instance, listing: each one call of the kernel's.
#include <cstddef>
#include <optional>
#include <vector>

#include "pipe/parameters.h"
#include "windows/names.h"
#include "windows/win32.h"

// Of ntdll, declared in the headers for drivers only.
extern "C" BOOLEAN NTAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, ULONG length,
                                                            SECURITY_INFORMATION required);

namespace pipes::engine {
namespace {

// The kernel's form of `attributes`, which it borrows.
class Attributes {
 public:
  explicit Attributes(const pipes_security_attributes* attributes) {
    if (attributes == nullptr) return;
    value_.emplace(SECURITY_ATTRIBUTES{sizeof(SECURITY_ATTRIBUTES), const_cast<void*>(attributes->security_descriptor),
                                       attributes->inherit_handle != 0});
  }
  SECURITY_ATTRIBUTES* get() { return value_ ? &*value_ : nullptr; }

 private:
  std::optional<SECURITY_ATTRIBUTES> value_;
};

// The kernel believes a descriptor's own lengths; the caller has said how many bytes there are.
Status check_descriptor(const pipes_security_attributes* attributes) {
  if (attributes == nullptr || attributes->security_descriptor == nullptr) return PIPES_OK;
  if (attributes->descriptor_size < SECURITY_DESCRIPTOR_MIN_LENGTH) return PIPES_ERROR_INVALID_SECURITY_DESCR;
  auto* descriptor = const_cast<void*>(attributes->security_descriptor);
  SECURITY_DESCRIPTOR_CONTROL control = 0;
  DWORD revision = 0;
  const bool readable = ::GetSecurityDescriptorControl(descriptor, &control, &revision) != FALSE &&
                        (control & SE_SELF_RELATIVE) != 0 &&
                        ::RtlValidRelativeSecurityDescriptor(descriptor, attributes->descriptor_size, 0) != FALSE;
  return readable ? PIPES_OK : PIPES_ERROR_INVALID_SECURITY_DESCR;
}

// Whether the pipe belongs to `owner`.
Status check_owner(HANDLE pipe, const Sid& owner) {
  std::vector<std::byte> descriptor;
  if (const Status failed = get_security(ours(pipe), PIPES_OWNER_SECURITY_INFORMATION, &descriptor)) return failed;
  const auto read = descriptor_from_bytes(descriptor);
  return read && read->owner == owner ? PIPES_OK : PIPES_ERROR_INVALID_OWNER;
}

// The folder of all pipes, open for listing.
class Directory {
 public:
  Directory()
      : handle_(::CreateFileW(LR"(\\.\pipe\)", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                              OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr)) {}
  ~Directory() {
    if (*this) ::CloseHandle(handle_);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  explicit operator bool() const { return handle_ != INVALID_HANDLE_VALUE; }
  [[nodiscard]] HANDLE handle() const { return handle_; }

 private:
  HANDLE handle_;
};

// Whether the callback wants to hear of more. A pipe's "file size" is the number of its instances, its "allocation
// size" how many there may be (NAME-19).
bool tell(const FILE_FULL_DIR_INFO& entry, pipes_enumerate_callback callback, void* context) {
  const std::string name = utf8({entry.FileName, entry.FileNameLength / sizeof entry.FileName[0]});
  pipes_pipe_info info{};
  info.size = sizeof info;
  info.instances = entry.EndOfFile.LowPart;
  info.max_instances = instances_max(entry.AllocationSize.LowPart);
  info.type = 0xFFFFFFFF;
  info.owner_uid = 0xFFFFFFFF;
  info.name = name.c_str();
  return callback(&info, context) != 0;
}

}  // namespace

Status create_named(const char* name, uint32_t open_mode, uint32_t pipe_mode, uint32_t max_instances,
                    uint32_t out_buffer, uint32_t in_buffer, uint32_t default_timeout,
                    const pipes_security_attributes* attributes, pipes_handle* handle, uint32_t* disposition) noexcept {
  return guard([&]() -> Status {
    const auto wide = pipe_name(name, NameUse::kCreate);
    if (!wide) {
      // The kernel, which does not get to see this name, would have looked at the numbers first (OPEN-27).
      const auto parameters =
          check_create_parameters(open_mode, pipe_mode, max_instances, out_buffer, in_buffer, default_timeout);
      return parameters ? wide.status() : parameters.status();
    }
    if (const Status refused = check_descriptor(attributes); refused != PIPES_OK) return refused;
    Attributes kernels(attributes);
    ::SetLastError(ERROR_SUCCESS);
    const HANDLE made = ::CreateNamedPipeW(wide->c_str(), open_mode, pipe_mode, max_instances, out_buffer, in_buffer,
                                           default_timeout, kernels.get());
    if (made == INVALID_HANDLE_VALUE) return status_of(FALSE);
    const bool added = ::GetLastError() == ERROR_ALREADY_EXISTS;
    *handle = ours(made);
    if (disposition != nullptr) *disposition = added ? PIPES_ERROR_ALREADY_EXISTS : PIPES_OK;
    return PIPES_OK;
  });
}

Status create_anonymous(pipes_handle* read_end, pipes_handle* write_end, const pipes_security_attributes* attributes,
                        uint32_t size) noexcept {
  if (const Status refused = check_descriptor(attributes); refused != PIPES_OK) return refused;
  Attributes kernels(attributes);
  HANDLE reading = nullptr;
  HANDLE writing = nullptr;
  const Status status = status_of(::CreatePipe(&reading, &writing, kernels.get(), size));
  if (status != PIPES_OK) return status;
  *read_end = ours(reading);
  *write_end = ours(writing);
  return PIPES_OK;
}

Status open(const char* name, uint32_t desired_access, uint32_t flags, const OpenOptions& options,
            pipes_handle* handle) noexcept {
  // What CreateFile knows besides is for files.
  constexpr uint32_t kFlags = PIPES_FLAG_OVERLAPPED | PIPES_FLAG_WRITE_THROUGH | PIPES_SECURITY_SQOS_PRESENT |
                              PIPES_SECURITY_DELEGATION | PIPES_SECURITY_CONTEXT_TRACKING |
                              PIPES_SECURITY_EFFECTIVE_ONLY;
  return guard([&]() -> Status {
    const auto wide = pipe_name(name, NameUse::kOpen);
    if (!wide) return wide.status();
    SECURITY_ATTRIBUTES attributes{sizeof attributes, nullptr, options.inherit};
    const uint32_t access = desired_access | (options.server_owner ? PIPES_READ_CONTROL : 0);
    const HANDLE opened = ::CreateFileW(wide->c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE, &attributes,
                                        OPEN_EXISTING, flags & kFlags, nullptr);
    if (opened == INVALID_HANDLE_VALUE) return status_of(FALSE);
    if (options.server_owner) {
      if (const Status refused = check_owner(opened, *options.server_owner); refused != PIPES_OK) {
        ::CloseHandle(opened);
        return refused;
      }
    }
    *handle = ours(opened);
    return PIPES_OK;
  });
}

Status connect(pipes_handle handle, pipes_overlapped* overlapped) noexcept {
  return status_of(::ConnectNamedPipe(kernel(handle), kernel(overlapped)));
}

Status disconnect(pipes_handle handle) noexcept { return status_of(::DisconnectNamedPipe(kernel(handle))); }

Status wait_available(const char* name, uint32_t timeout) noexcept {
  return guard([&]() -> Status {
    const auto wide = pipe_name(name, NameUse::kWait);
    return wide ? status_of(::WaitNamedPipeW(wide->c_str(), timeout)) : wide.status();
  });
}

Status enumerate(pipes_enumerate_callback callback, void* context) noexcept {
  return guard([&]() -> Status {
    const Directory pipes;
    if (!pipes) return status_of(FALSE);
    // Entries that come in one answer lie one after the other, each at a multiple of 8.
    std::vector<uint64_t> answer(8192);
    while (::GetFileInformationByHandleEx(pipes.handle(), FileFullDirectoryInfo, answer.data(),
                                          static_cast<DWORD>(answer.size() * sizeof answer[0])) != FALSE) {
      const auto* at = reinterpret_cast<const std::byte*>(answer.data());
      while (true) {
        const auto& entry = *reinterpret_cast<const FILE_FULL_DIR_INFO*>(at);
        if (!tell(entry, callback, context)) return PIPES_OK;
        if (entry.NextEntryOffset == 0) break;
        at += entry.NextEntryOffset;
      }
    }
    const Status ended = status_of(FALSE);
    return ended == ERROR_NO_MORE_FILES || ended == PIPES_ERROR_FILE_NOT_FOUND ? Status{PIPES_OK} : ended;
  });
}

}  // namespace pipes::engine
