// Names and other text between UTF-8, which the C ABI speaks, and UTF-16, which the kernel does.
#pragma once

#include <string>
#include <string_view>

#include "pipe/name.h"
#include "support/status.h"

namespace pipes::engine {

// The name as the kernel is told it, after the refusals that hold on every system. Files and devices are thus out of
// reach.
Result<std::wstring> pipe_name(const char* name, NameUse use);

// Copies `text` with its terminator to `to`; PIPES_ERROR_INSUFFICIENT_BUFFER if `size` bytes are too few.
Status copy_text(std::wstring_view text, char* to, uint32_t size);

// What cannot be told in UTF-8, a lone surrogate, becomes U+FFFD.
std::string utf8(std::wstring_view text);

}  // namespace pipes::engine
