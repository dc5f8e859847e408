// Text of bytes for the lines that test processes exchange.
#pragma once

#include <string>
#include <string_view>

namespace pipes::test {

// to_hex writes two lower-case digits a byte, and "-" for no bytes.
[[nodiscard]] std::string to_hex(std::string_view bytes);

// from_hex reads what to_hex wrote.
[[nodiscard]] std::string from_hex(std::string_view text);

}  // namespace pipes::test
