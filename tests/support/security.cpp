#include "support/security.h"

#include <gtest/gtest.h>

namespace pipes::test {

Told parse_sddl(std::string_view text, uint32_t revision) {
  void* descriptor = nullptr;
  uint32_t size = 0;
  Told told{pipes_sd_parse(std::string(text).c_str(), revision, &descriptor, &size), {}};
  if (told.status == Code(PIPES_OK)) told.value.assign(static_cast<const char*>(descriptor), size);
  pipes_sd_free(descriptor);
  return told;
}

Told format_sddl(const std::string& descriptor, uint32_t information, uint32_t revision) {
  char* text = nullptr;
  Told told{pipes_sd_format(descriptor.data(), static_cast<uint32_t>(descriptor.size()), revision, information, &text),
            {}};
  if (told.status == Code(PIPES_OK)) told.value = text;
  pipes_sd_free(text);
  return told;
}

std::string rewritten(std::string_view text, uint32_t information) {
  const Told parsed = parse_sddl(text);
  if (!(parsed.status == Code(PIPES_OK))) return "status " + std::to_string(parsed.status.number);
  const Told formatted = format_sddl(parsed.value, information);
  if (!(formatted.status == Code(PIPES_OK))) return "status " + std::to_string(formatted.status.number);
  return formatted.value;
}

std::string bytes_of(std::string_view text) {
  Told parsed = parse_sddl(text);
  EXPECT_EQ(Code(PIPES_OK), parsed.status) << text;
  return parsed.value;
}

Told parse_sid(std::string_view text) {
  std::string sid(PIPES_SID_BYTES_MAX, '\0');
  auto size = static_cast<uint32_t>(sid.size());
  Told told{pipes_sid_parse(std::string(text).c_str(), sid.data(), &size), {}};
  if (told.status == Code(PIPES_OK)) told.value = sid.substr(0, size);
  return told;
}

Told format_sid(const std::string& sid) {
  std::string text(PIPES_SID_TEXT_MAX, '\0');
  Told told{
      pipes_sid_format(sid.data(), static_cast<uint32_t>(sid.size()), text.data(), static_cast<uint32_t>(text.size())),
      {}};
  if (told.status == Code(PIPES_OK)) told.value = text.c_str();
  return told;
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  std::string pair;
  for (const char digit : digits) {
    if (digit == ' ') continue;
    pair += digit;
    if (pair.size() < 2) continue;
    bytes += static_cast<char>(std::stoul(pair, nullptr, 16));
    pair.clear();
  }
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  std::string digits;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    digits += "0123456789abcdef"[value >> 4];
    digits += "0123456789abcdef"[value & 0xF];
  }
  return digits;
}

uint32_t u16_at(const std::string& bytes, size_t at) {
  return static_cast<uint8_t>(bytes.at(at)) | static_cast<uint32_t>(static_cast<uint8_t>(bytes.at(at + 1))) << 8;
}

uint32_t u32_at(const std::string& bytes, size_t at) { return u16_at(bytes, at) | u16_at(bytes, at + 2) << 16; }

void set_u16(std::string* bytes, size_t at, uint32_t value) {
  bytes->at(at) = static_cast<char>(value & 0xFF);
  bytes->at(at + 1) = static_cast<char>(value >> 8 & 0xFF);
}

void set_u32(std::string* bytes, size_t at, uint32_t value) {
  set_u16(bytes, at, value & 0xFFFF);
  set_u16(bytes, at + 2, value >> 16);
}

Who& Who::in(std::string group, uint32_t attributes) {
  groups_.emplace_back(std::move(group), attributes);
  return *this;
}

Who& Who::with(uint32_t privileges) {
  privileges_ |= privileges;
  return *this;
}

Who& Who::at_level(uint32_t impersonation_level) {
  level_ = impersonation_level;
  return *this;
}

pipes_identity Who::identity() {
  listed_.clear();
  for (const auto& [sid, attributes] : groups_) listed_.push_back({sid.c_str(), attributes, 0});
  pipes_identity identity{};
  identity.size = sizeof identity;
  identity.user_sid = user_.c_str();
  identity.group_sids = listed_.data();
  identity.group_sid_count = static_cast<uint32_t>(listed_.size());
  identity.privileges = privileges_;
  identity.impersonation_level = level_;
  return identity;
}

Checked check_access(const std::string& descriptor, Who who, uint32_t desired) {
  const pipes_identity identity = who.identity();
  Checked checked{};
  checked.decision.size = sizeof checked.decision;
  checked.status = pipes_sd_check_access(descriptor.data(), static_cast<uint32_t>(descriptor.size()), &identity,
                                         desired, &checked.granted, &checked.decision);
  return checked;
}

Checked check_dacl(std::string_view dacl, Who who, uint32_t desired) {
  return check_access(bytes_of("O:S-1-22-1-1G:S-1-22-2-1" + std::string(dacl)), std::move(who), desired);
}

}  // namespace pipes::test
