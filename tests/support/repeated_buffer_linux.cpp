// The repeated mappings: one sealed piece of memory, mapped at consecutive addresses.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/harness.h"
#include "support/repeated_buffer.h"

namespace pipes::test {
namespace {

bool fill(int fd) {
  const std::string pattern = bytes(kPatternPeriod, 7);
  return ::write(fd, pattern.data(), pattern.size()) == static_cast<ssize_t>(pattern.size());
}

}  // namespace

RepeatedBuffer::RepeatedBuffer(size_t size) {
  const size_t wanted = (size + kPatternPeriod - 1) / kPatternPeriod * kPatternPeriod;
  const int fd = ::memfd_create("pipes-test-pattern", MFD_CLOEXEC);
  void* const space = ::mmap(nullptr, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  bool good = fd >= 0 && space != MAP_FAILED && fill(fd);
  for (size_t at = 0; good && at < wanted; at += kPatternPeriod) {
    good =
        ::mmap(static_cast<char*>(space) + at, kPatternPeriod, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
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

}  // namespace pipes::test
