// The words in which `sddl explain` tells what a descriptor says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/descriptor.h"

namespace pipes::cli {

// sid_words reads like `Unix User\ada (S-1-22-1-1000)`, or the text alone where nobody is called so.
std::string sid_words(const Bytes& sid);

// rights_words tells what the rights of `mask` allow on a pipe, as in `open to read and write, change the DACL`.
std::string rights_words(std::uint32_t mask);

// label_words does the same for the mask of a mandatory label, which forbids.
std::string label_words(std::uint32_t mask);

// kind_words tells what an entry of `type` does: `allow`, `deny`, `audit` and so on.
std::string_view kind_words(std::uint8_t type);

// remark_on tells what is special about an entry, in parentheses; nothing for an ordinary one.
std::string remark_on(const Entry& entry);

}  // namespace pipes::cli
