// The repeated mappings: one sealed piece of memory, mapped at consecutive addresses.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "support/harness.h"
#include "support/repeated_buffer.h"

namespace pipes::test {
namespace {

constexpr size_t kPeriod = 2053 * size_t{4096};

bool fill(int fd) {
  const std::string pattern = bytes(kPeriod, 7);
  return ::write(fd, pattern.data(), pattern.size()) == static_cast<ssize_t>(pattern.size());
}

}  // namespace

RepeatedBuffer::RepeatedBuffer(size_t size) {
  const size_t wanted = (size + kPeriod - 1) / kPeriod * kPeriod;
  const int fd = ::memfd_create("pipes-test-pattern", MFD_CLOEXEC);
  void* const space = ::mmap(nullptr, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  bool good = fd >= 0 && space != MAP_FAILED && fill(fd);
  for (size_t at = 0; good && at < wanted; at += kPeriod) {
    good = ::mmap(static_cast<char*>(space) + at, kPeriod, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
  }
  if (fd >= 0) ::close(fd);
  if (space != MAP_FAILED) {
    data_ = static_cast<char*>(space);
    mapped_ = wanted;
  }
  if (!good) ADD_FAILURE() << "no long buffer: " << std::strerror(errno);
}

RepeatedBuffer::~RepeatedBuffer() {
  if (data_ != nullptr) ::munmap(data_, mapped_);
}

RepeatedPattern::RepeatedPattern() : period_(bytes(kPeriod, 7)) {}

bool RepeatedPattern::continues_with(std::string_view piece) {
  while (!piece.empty()) {
    const size_t offset = static_cast<size_t>(position_ % kPeriod);
    const size_t run = std::min(piece.size(), kPeriod - offset);
    if (std::memcmp(piece.data(), period_.data() + offset, run) != 0) return false;
    piece.remove_prefix(run);
    position_ += run;
  }
  return true;
}

}  // namespace pipes::test
