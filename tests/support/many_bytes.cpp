// The loops of the tests that go over bytes by the million. Compiled optimised and without sanitizers, which watch the
// library and not these: see CMakeLists.txt.
#include "support/many_bytes.h"

#include <cstdint>

#include "support/harness.h"

namespace pipes::test {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

unsigned digit_value(char digit) { return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

}  // namespace

std::string bytes(size_t count, uint32_t seed) {
  std::string pattern(count, '\0');
  uint32_t state = seed * 2654435761u + 1;
  for (char& byte : pattern) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return pattern;
}

std::string to_hex(std::string_view bytes) {
  if (bytes.empty()) return "-";
  std::string text(bytes.size() * 2, '\0');
  char* to = text.data();
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    *to++ = kDigits[value >> 4];
    *to++ = kDigits[value & 15];
  }
  return text;
}

std::string from_hex(std::string_view text) {
  if (text == "-") return {};
  std::string bytes(text.size() / 2, '\0');
  const char* from = text.data();
  for (char& byte : bytes) {
    byte = static_cast<char>(digit_value(from[0]) << 4 | digit_value(from[1]));
    from += 2;
  }
  return bytes;
}

}  // namespace pipes::test
