// Text between UTF-8, in which the command thinks, and UTF-16, in which Windows does.
#pragma once

#include <string>
#include <string_view>

namespace pipes::cli {

// What is no text in the one becomes U+FFFD in the other.
std::wstring utf16(std::string_view text);
std::string utf8(std::wstring_view text);

}  // namespace pipes::cli
