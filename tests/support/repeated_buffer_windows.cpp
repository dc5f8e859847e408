// The repeated mappings on Windows: one piece of shared memory, mapped at consecutive addresses.
#include <gtest/gtest.h>

#include <cstring>

#include "support/harness.h"
#include "support/process_windows.h"
#include "support/repeated_buffer.h"

namespace pipes::test {
namespace {

KernelHandle pattern_memory() {
  KernelHandle memory(::CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, 0,
                                           static_cast<DWORD>(kPatternPeriod), nullptr));
  void* const view = ::MapViewOfFile(memory, FILE_MAP_WRITE, 0, 0, kPatternPeriod);
  if (view == nullptr) return {};
  const std::string pattern = bytes(kPatternPeriod, 7);
  std::memcpy(view, pattern.data(), pattern.size());
  ::UnmapViewOfFile(view);
  return memory;
}

void unmap(char* data, size_t mapped) {
  for (size_t at = 0; at < mapped; at += kPatternPeriod) ::UnmapViewOfFile(data + at);
}

// Maps the memory again and again from `data` on. Returns how many bytes are mapped; something else may be in the way.
size_t map_all(HANDLE memory, char* data, size_t wanted) {
  for (size_t at = 0; at < wanted; at += kPatternPeriod) {
    if (::MapViewOfFileEx(memory, FILE_MAP_READ, 0, 0, kPatternPeriod, data + at) == nullptr) return at;
  }
  return wanted;
}

}  // namespace

RepeatedBuffer::RepeatedBuffer(size_t size) {
  const size_t wanted = (size + kPatternPeriod - 1) / kPatternPeriod * kPatternPeriod;
  const KernelHandle memory = pattern_memory();
  // A free range is found by reserving one and letting it go; should another thread take it, the next try finds
  // another.
  for (int tries = 0; memory.valid() && data_ == nullptr && tries < 100; ++tries) {
    auto* const space = static_cast<char*>(::VirtualAlloc(nullptr, wanted, MEM_RESERVE, PAGE_NOACCESS));
    if (space == nullptr) break;
    ::VirtualFree(space, 0, MEM_RELEASE);
    const size_t mapped = map_all(memory, space, wanted);
    if (mapped == wanted) {
      data_ = space;
      mapped_ = wanted;
    } else {
      unmap(space, mapped);
    }
  }
  if (data_ == nullptr) ADD_FAILURE() << "no long buffer: " << last_error_text();
}

RepeatedBuffer::~RepeatedBuffer() { unmap(data_, mapped_); }

}  // namespace pipes::test
