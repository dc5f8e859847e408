// Names and other text between UTF-8, which the C ABI speaks, and UTF-16, which the kernel does.
#pragma once

#include <string>
#include <string_view>

#include "support/status.h"

namespace pipes::engine {

enum class NameUse { kCreate, kOpen, kWait };

// The name for the kernel, `/` turned into `\`; the same refusals in the same order as elsewhere (decision 29): null or
// empty, not UTF-8, no name of a pipe, too long. Files and devices are thus out of reach.
Result<std::wstring> pipe_name(const char* name, NameUse use);

// Copies `text` with its terminator to `to`; PIPES_ERROR_INSUFFICIENT_BUFFER if `size` bytes are too few.
Status copy_text(std::wstring_view text, char* to, uint32_t size);

// What cannot be told in UTF-8, a lone surrogate, becomes U+FFFD.
std::string utf8(std::wstring_view text);

}  // namespace pipes::engine
