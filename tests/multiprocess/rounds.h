// How often a test of this folder repeats itself. The figures that the specification names hold with PIPES_TEST_FULL;
// otherwise a small number, times the factor PIPES_TEST_SCALE, keeps the whole suite short.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace pipes::test {

inline bool full_scale() { return std::getenv("PIPES_TEST_FULL") != nullptr; }

// rounds(60, 500) is 500 at full scale and 60 times the factor otherwise, at least `at_least`.
inline int rounds(int scaled, int full, int at_least = 1) {
  if (full_scale()) return full;
  const char* const text = std::getenv("PIPES_TEST_SCALE");
  const double factor = text != nullptr ? std::strtod(text, nullptr) : 1.0;
  return std::max(at_least, static_cast<int>(std::lround(scaled * factor)));
}

}  // namespace pipes::test
