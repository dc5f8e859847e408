// A ring without processes: control words and memory of this process, a writer and a reader on them. For tests of the
// pure ring, its models and its fuzzers.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "wire/ring.h"

namespace pipes::wire {

struct RingPair {
  static constexpr uint64_t kCapacity = kRingCapacityMin;

  RingPair()
      : words(std::make_unique<DirectionWords>()),
        memory(kCapacity / sizeof(uint64_t)),
        writer(words.get(), ring()),
        reader(words.get(), ring()) {
    writer.set_populated(kCapacity);
  }
  RingMemory ring() { return {reinterpret_cast<std::byte*>(memory.data()), kCapacity, kCapacity}; }

  std::unique_ptr<DirectionWords> words;
  std::vector<uint64_t> memory;
  RingWriter writer;
  RingReader reader;
};

}  // namespace pipes::wire
