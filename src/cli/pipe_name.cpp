// Folding uses the system's tables, since the library's own are not part of its ABI. They agree with NAME-7 by the rule
// that a letter folds only where folding can be undone.
#include "cli/pipe_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "cli/system.h"

namespace pipes::cli {
namespace {

constexpr std::string_view kPrefix = R"(\\.\pipe\)";

bool is_slash(char c) { return c == '\\' || c == '/'; }

bool has_prefix(std::string_view name) {
  if (name.size() < kPrefix.size()) return false;
  return std::equal(kPrefix.begin(), kPrefix.end(), name.begin(), [](char expected, char given) {
    if (is_slash(expected)) return is_slash(given);
    return expected == std::tolower(static_cast<unsigned char>(given));
  });
}

struct CodePoint {
  std::uint32_t value;
  std::size_t length;
};

// Names come from the library or have been accepted by it, so they are valid; what is not stands for itself, a byte
// each.
CodePoint first_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length == 1 || length > text.size()) return {lead, 1};
  std::uint32_t value = lead & (0xFFu >> (length + 1));
  for (const char next : text.substr(1, length - 1)) value = (value << 6) | (static_cast<unsigned char>(next) & 0x3Fu);
  return {value, length};
}

std::uint32_t fold(std::uint32_t code_point) {
  if (code_point > 0xFFFF) return code_point;
  const auto letter = static_cast<char16_t>(code_point);
  const char16_t upper = upper_case(letter);
  return lower_case(upper) == letter ? upper : letter;
}

}  // namespace

std::string full_name(std::string_view name) {
  const bool full = name.size() >= 2 && is_slash(name[0]) && is_slash(name[1]);
  return full ? std::string(name) : std::string(kPrefix) + std::string(name);
}

std::string short_name(std::string_view name) {
  return std::string(has_prefix(name) ? name.substr(kPrefix.size()) : name);
}

bool same_name(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const CodePoint a = first_code_point(left);
    const CodePoint b = first_code_point(right);
    if (fold(a.value) != fold(b.value)) return false;
    left.remove_prefix(a.length);
    right.remove_prefix(b.length);
  }
  return left.empty() && right.empty();
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    const bool control = next.value < 0x20 || (next.value >= 0x7F && next.value < 0xA0);
    result += control ? fmt::format("\\x{:02x}", next.value) : std::string(text.substr(0, next.length));
    text.remove_prefix(next.length);
  }
  return result;
}

}  // namespace pipes::cli
