// Pipe names: what callers write, `\\.\pipe\name`, checked and taken apart, and what the engine looks up by (NAME).
// Apart from everything else because the name is the one string a caller hands us, and often a hostile one. Relies on
// the case table and on UTF conversion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/status.h"

namespace pipes {

// A name is at most this many UTF-16 units, its prefix included (NAME-4).
inline constexpr std::size_t kNameUnitsMax = 256;

// PipeName is a well-formed name. Two names are the same pipe if `folded` is equal and `server` is empty for both.
struct PipeName {
  std::string server;     // UTF-8, as written; empty for this computer.
  std::string display;    // UTF-8, what follows the prefix, as written but for `/`, which has become `\` (NAME-8).
  std::u16string folded;  // `display`, each unit upper-cased (NAME-7).
};

// NameUse says which call was given the name; their refusals differ.
enum class NameUse { kCreate, kOpen, kWait };

// parse_pipe_name takes apart the zero-terminated `text`. The checks, in their order (OPEN-27, decision 29):
//
//                                                            create, open             wait
//   null or empty                                            3 PATH_NOT_FOUND         161 BAD_PATHNAME
//   not well-formed UTF-8                                    123 INVALID_NAME         123 INVALID_NAME
//   no prefix, or nothing after it (NAME-10, NAME-11)        123 INVALID_NAME         161 BAD_PATHNAME
//   `\\server\pipe\name` (NAME-2)                            create: 123              `server` is filled in
//   longer than kNameUnitsMax, prefix included (NAME-5)      206 FILENAME_EXCED_RANGE 206
//
// The prefix is `\\.\pipe\` or `\\?\pipe\` (NAME-20) or `\\server\pipe\`; `/` counts as `\`, and `pipe` may be written
// in any case. Whatever follows is the name, verbatim: further backslashes (NAME-13), dots and spaces, one at the end
// too (FINE-28).
//
// Reads no further than shows that the name is too long, which is at most 772 bytes: a byte that is not UTF-8 beyond
// unit 257 is not seen, and the answer is then 206 (or that of a wrong prefix).
[[nodiscard]] Result<PipeName> parse_pipe_name(const char* text, NameUse use);

// name_digest returns the first 40 lower-case hexadecimal digits of SHA-256 over the folded units, low byte first: the
// same for every spelling of a name, of one length, and fit for a file name.
[[nodiscard]] std::string name_digest(std::u16string_view folded);
[[nodiscard]] std::string name_digest(const PipeName& name);
// name_hash returns the first eight bytes of the same, the first the lowest: what a request names its pipe by.
[[nodiscard]] uint64_t name_hash(std::u16string_view folded);

// parent_names returns what stands before each backslash of the name, folded, shortest first: for `a\b\c` the names `A`
// and `A\B`. While a pipe bears one of them, `name` can be neither opened nor created (NAME-14).
[[nodiscard]] std::vector<std::u16string> parent_names(const PipeName& name);

}  // namespace pipes
