// What this process holds and a leak would make grow.
#pragma once

#include <cstddef>
#include <string>

namespace pipes::test {

struct Holdings {
  size_t descriptors = 0;
  size_t of_connections = 0;  // the sockets and the shared memory among the descriptors
  size_t mappings = 0;        // of memory shared between processes
  size_t threads = 0;
  std::string descriptor_names;  // what they are, for whoever has to find the leak
};

// At this moment: the library may still be giving something back in the background.
[[nodiscard]] Holdings holdings_of_this_process();

// Waits until this process has no more connections than `before` had, and tells what it holds then. For a measure of
// what the library makes once and keeps, after the first connections: some of theirs is given back in the background.
[[nodiscard]] Holdings holdings_without_connections_since(const Holdings& before);

// Waits until this process holds no more than `before`; what it holds too much, if that never happens.
[[nodiscard]] std::string kept_since(const Holdings& before, size_t allowed_descriptors = 0);

}  // namespace pipes::test
