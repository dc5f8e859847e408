// The look-up in the generated ranges: a few hundred comparisons a name at most, and none for ASCII.
#include "pipe/case_table.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace pipes {
namespace {

struct CaseRange {
  char16_t first;
  char16_t last;
  char16_t step;  // 2 where upper and lower case alternate.
  std::int32_t to_upper;
};

constexpr CaseRange kCaseRanges[] = {
#include "pipe/case_table.inc"
};

constexpr bool ranges_ascend() {
  for (std::size_t i = 0; i < std::size(kCaseRanges); ++i) {
    if (kCaseRanges[i].last < kCaseRanges[i].first) return false;
    if (i > 0 && kCaseRanges[i].first <= kCaseRanges[i - 1].last) return false;
  }
  return true;
}
static_assert(ranges_ascend(), "upper_cased searches by halves");

}  // namespace

char16_t upper_cased(char16_t unit) {
  if (unit < 0x80) return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - 0x20) : unit;
  const auto* const range = std::lower_bound(std::begin(kCaseRanges), std::end(kCaseRanges), unit,
                                             [](const CaseRange& r, char16_t u) { return r.last < u; });
  if (range == std::end(kCaseRanges) || unit < range->first) return unit;
  if ((unit - range->first) % range->step != 0) return unit;
  return static_cast<char16_t>(unit + range->to_upper);
}

std::u16string folded(std::u16string_view text) {
  std::u16string result(text);
  std::transform(result.begin(), result.end(), result.begin(), upper_cased);
  return result;
}

}  // namespace pipes
