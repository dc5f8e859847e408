#include "win32/inherited.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <exception>

#include "linux/adopt.h"

namespace pipes::win32 {
namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
constexpr std::size_t kEndsMax = 4096;

struct Header {
  std::array<char, 8> magic{'p', 'i', 'p', 'e', 's', 'i', 'n', 'h'};
  uint64_t count = 0;
};

bool write_all(int fd, const void* bytes, std::size_t size) {
  return ::write(fd, bytes, size) == static_cast<ssize_t>(size);
}

bool read_all(int fd, void* bytes, std::size_t size, off_t from) {
  return ::pread(fd, bytes, size, from) == static_cast<ssize_t>(size);
}

// Empty if the descriptor is no list.
std::vector<InheritableEnd> read_list(int fd) {
  Header header;
  const Header expected;
  if (::fcntl(fd, F_GET_SEALS) != kSeals || !read_all(fd, &header, sizeof header, 0)) return {};
  if (header.magic != expected.magic || header.count > kEndsMax) return {};
  std::vector<InheritableEnd> ends(header.count);
  if (!read_all(fd, ends.data(), ends.size() * sizeof(InheritableEnd), sizeof header)) return {};
  return ends;
}

[[gnu::constructor]] void inherit() {
  if (::fcntl(kInheritedList, F_GET_SEALS) != kSeals || getauxval(AT_SECURE) != 0) return;
  try {
    const std::vector<InheritableEnd> ends = read_list(kInheritedList);
    if (ends.empty()) return;
    ::close(kInheritedList);
    adopt_inherited_ends(ends);
  } catch (const std::exception&) {
    return;  // without memory the process will hardly come far, and these handles are none
  }
}

}  // namespace

UniqueFd list_for_child() {
  const std::vector<InheritableEnd> ends = inheritable_ends();
  if (ends.empty() || ends.size() > kEndsMax) return {};
  UniqueFd list(::memfd_create("pipes-inherited", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  Header header;
  header.count = ends.size();
  if (!list || !write_all(list.get(), &header, sizeof header) ||
      !write_all(list.get(), ends.data(), ends.size() * sizeof(InheritableEnd)) ||
      ::fcntl(list.get(), F_ADD_SEALS, kSeals) != 0) {
    return {};
  }
  return list;
}

}  // namespace pipes::win32
