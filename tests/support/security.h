// Descriptors, SIDs and access checks as values for tests: text in, outcome out. Everything goes through the C ABI.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipes/pipes.h"
#include "support/codes.h"

namespace pipes::test {

inline constexpr uint32_t kOwnerGroupDaclSacl = PIPES_OWNER_SECURITY_INFORMATION | PIPES_GROUP_SECURITY_INFORMATION |
                                                PIPES_DACL_SECURITY_INFORMATION | PIPES_SACL_SECURITY_INFORMATION;
inline constexpr uint32_t kAllParts = kOwnerGroupDaclSacl | PIPES_LABEL_SECURITY_INFORMATION |
                                      PIPES_ATTRIBUTE_SECURITY_INFORMATION | PIPES_SCOPE_SECURITY_INFORMATION;

// A status, and the bytes or the text that came with it.
struct Told {
  Code status;
  std::string value;
};

[[nodiscard]] Told parse_sddl(std::string_view text, uint32_t revision = PIPES_SDDL_REVISION_1);
[[nodiscard]] Told format_sddl(const std::string& descriptor, uint32_t information = kAllParts,
                               uint32_t revision = PIPES_SDDL_REVISION_1);

// rewritten reads `text` and writes it again; what failed is told as `status N`.
[[nodiscard]] std::string rewritten(std::string_view text, uint32_t information = kAllParts);

// bytes_of returns the descriptor of a text that is right.
[[nodiscard]] std::string bytes_of(std::string_view text);

[[nodiscard]] Told parse_sid(std::string_view text);
[[nodiscard]] Told format_sid(const std::string& sid);

// from_hex returns the bytes that pairs of hexadecimal digits name; blanks do not count. to_hex is its inverse.
[[nodiscard]] std::string from_hex(std::string_view digits);
[[nodiscard]] std::string to_hex(std::string_view bytes);

// Numbers in a descriptor.
[[nodiscard]] uint32_t u16_at(const std::string& bytes, size_t at);
[[nodiscard]] uint32_t u32_at(const std::string& bytes, size_t at);
void set_u16(std::string* bytes, size_t at, uint32_t value);
void set_u32(std::string* bytes, size_t at, uint32_t value);

// Who is somebody to ask about: a user, his groups, his privileges.
class Who {
 public:
  explicit Who(std::string user) : user_(std::move(user)) {}
  Who& in(std::string group, uint32_t attributes = PIPES_GROUP_MANDATORY | PIPES_GROUP_ENABLED);
  Who& with(uint32_t privileges);
  Who& at_level(uint32_t impersonation_level);

  // Valid while this lives.
  [[nodiscard]] pipes_identity identity();

 private:
  std::string user_;
  std::vector<std::pair<std::string, uint32_t>> groups_;
  std::vector<pipes_identity_group> listed_;
  uint32_t privileges_ = 0;
  uint32_t level_ = PIPES_SECURITY_LEVEL_IMPERSONATION;
};

// How an access check came out: `granted` is 0 unless the status is.
struct Checked {
  Code status;
  uint32_t granted = 0;
  pipes_access_decision decision{};
};
[[nodiscard]] Checked check_access(const std::string& descriptor, Who who, uint32_t desired);
// The same for a DACL as text, in a descriptor of S-1-22-1-1 and S-1-22-2-1.
[[nodiscard]] Checked check_dacl(std::string_view dacl, Who who, uint32_t desired);

}  // namespace pipes::test
