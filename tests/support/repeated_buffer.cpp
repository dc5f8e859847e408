// Checking a stream against the pattern.
#include "support/repeated_buffer.h"

#include <algorithm>
#include <cstring>

#include "support/harness.h"

namespace pipes::test {

RepeatedPattern::RepeatedPattern() : period_(bytes(kPatternPeriod, 7)) {}

bool RepeatedPattern::continues_with(std::string_view piece) {
  while (!piece.empty()) {
    const size_t offset = static_cast<size_t>(position_ % kPatternPeriod);
    const size_t run = std::min(piece.size(), kPatternPeriod - offset);
    if (std::memcmp(piece.data(), period_.data() + offset, run) != 0) return false;
    piece.remove_prefix(run);
    position_ += run;
  }
  return true;
}

}  // namespace pipes::test
