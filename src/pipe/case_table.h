// Upper-casing as names are compared: NT's fixed table, one UTF-16 unit to one UTF-16 unit, without locale, expansion
// or normalisation (NAME-7). Apart from name.h because the table is generated: generate_case_table.py writes
// case_table.inc. Relies on nothing.
#pragma once

#include <string>
#include <string_view>

namespace pipes {

// upper_cased returns the unit that `unit` is compared as. Surrogates stand for themselves, so letters beyond U+FFFF
// keep their case.
[[nodiscard]] char16_t upper_cased(char16_t unit);

// folded returns `text` with each unit upper-cased; its length does not change.
[[nodiscard]] std::u16string folded(std::u16string_view text);

}  // namespace pipes
