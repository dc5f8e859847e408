// Plain files, terminals and other descriptors that are no pipes of the engine's.
#pragma once

#include "support/unique_fd.h"
#include "win32/objects.h"

namespace pipes::win32 {

class File : public Object {
 public:
  File(UniqueFd fd, DWORD access) : fd_(std::move(fd)), access_(access) {}

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] DWORD type() const;
  Status set_inheritable(bool inheritable) override;

  // With an `overlapped` from its offset, else from where the last call left off. At the end of a file: 0 bytes, or 38
  // with `overlapped`.
  Status read(void* buffer, DWORD size, DWORD* transferred, LPOVERLAPPED overlapped);
  Status write(const void* buffer, DWORD size, DWORD* transferred, LPOVERLAPPED overlapped);

 private:
  const UniqueFd fd_;
  const DWORD access_;  // FILE_READ_DATA, FILE_WRITE_DATA, FILE_APPEND_DATA
};

}  // namespace pipes::win32
