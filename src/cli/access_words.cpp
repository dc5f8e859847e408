#include "cli/access_words.h"

#include <fmt/format.h>

#include <array>

#include "cli/pipe_name.h"
#include "pipes/pipes.h"

namespace pipes::cli {
namespace {

struct Word {
  std::uint32_t bits;
  const char* text;
};

// Whole sets first: what a set covers is not told again bit by bit.
constexpr std::uint32_t kOpenToWrite = PIPES_FILE_GENERIC_WRITE & ~PIPES_FILE_CREATE_PIPE_INSTANCE;
constexpr Word kWords[] = {
    {PIPES_FILE_ALL_ACCESS, "full control"},
    {PIPES_FILE_GENERIC_READ | kOpenToWrite, "open to read and write"},
    {PIPES_FILE_GENERIC_READ, "open to read"},
    {kOpenToWrite, "open to write"},
    {PIPES_GENERIC_ALL, "everything (generic)"},
    {PIPES_GENERIC_READ, "reading (generic)"},
    {PIPES_GENERIC_WRITE, "writing (generic)"},
    {PIPES_GENERIC_EXECUTE, "executing (generic)"},
    {PIPES_FILE_CREATE_PIPE_INSTANCE, "create instances"},
    {PIPES_FILE_READ_DATA, "read data"},
    {PIPES_FILE_WRITE_DATA, "write data"},
    {PIPES_FILE_READ_ATTRIBUTES, "read attributes"},
    {PIPES_FILE_WRITE_ATTRIBUTES, "change modes"},
    {PIPES_FILE_READ_EA, "read extended attributes"},
    {PIPES_FILE_WRITE_EA, "write extended attributes"},
    {PIPES_FILE_EXECUTE, "execute"},
    {0x40, "delete children"},
    {PIPES_DELETE, "delete"},
    {PIPES_READ_CONTROL, "read the descriptor"},
    {PIPES_WRITE_DAC, "change the DACL"},
    {PIPES_WRITE_OWNER, "change the owner"},
    {PIPES_SYNCHRONIZE, "wait"},
    {PIPES_ACCESS_SYSTEM_SECURITY, "read and change the SACL"},
};

std::string name_of(const Bytes& sid) {
  std::array<char, 1024> name{};
  const auto size = static_cast<std::uint32_t>(sid.size());
  if (pipes_sid_to_name(sid.data(), size, name.data(), name.size()) != PIPES_OK) return {};
  return name.data();
}

}  // namespace

std::string sid_words(const Bytes& sid) {
  const std::string name = name_of(sid);
  return name.empty() ? sid_text(sid) : fmt::format("{} ({})", printable(name), sid_text(sid));
}

std::string rights_words(std::uint32_t mask) {
  if (mask == 0) return "nothing";
  std::string words;
  std::uint32_t untold = mask;
  const auto add = [&words](std::string_view word) {
    if (!words.empty()) words += ", ";
    words += word;
  };
  for (const Word& word : kWords) {
    if ((mask & word.bits) != word.bits || (untold & word.bits) == 0) continue;
    // A set whose bits were nearly all told as another's is no news.
    const bool is_set = (word.bits & (word.bits - 1)) != 0;
    if (is_set && (untold & word.bits) != word.bits) continue;
    add(word.text);
    untold &= ~word.bits;
  }
  if (untold != 0) add(fmt::format("{:#x}", untold));
  return words;
}

std::string label_words(std::uint32_t mask) {
  std::string words;
  const auto add = [&words](std::string_view word) { words += fmt::format("{}{}", words.empty() ? "" : ", ", word); };
  if ((mask & 1u) != 0) add("no writing from below");
  if ((mask & 2u) != 0) add("no reading from below");
  if ((mask & 4u) != 0) add("no executing from below");
  return words.empty() ? "nothing" : words;
}

std::string_view kind_words(std::uint8_t type) {
  switch (type) {
    case 0x00:
    case 0x05:
    case 0x09:
    case 0x0B:
      return "allow";
    case 0x01:
    case 0x06:
    case 0x0A:
    case 0x0C:
      return "deny";
    case 0x02:
    case 0x07:
    case 0x0D:
    case 0x0F:
      return "audit";
    case 0x03:
    case 0x08:
      return "alarm";
    case 0x11:
      return "label";
    case 0x12:
      return "resource attribute";
    case 0x13:
      return "scoped policy";
    default:
      return "unknown";
  }
}

std::string remark_on(const Entry& entry) {
  constexpr std::uint8_t kInheritOnly = 0x08;
  constexpr std::uint8_t kInherited = 0x10;
  std::string remarks;
  const auto add = [&remarks](std::string_view remark) {
    remarks += remarks.empty() ? " (" : "; ";
    remarks += remark;
  };
  if ((entry.flags & kInheritOnly) != 0) add("meant for objects below, not for this one");
  if ((entry.flags & kInherited) != 0) add("inherited");
  if (entry.type >= 0x09 && entry.type <= 0x0F) add("with a condition, which is not evaluated: it allows nothing");
  if (entry.has_guids) add("for objects of a certain kind, which a pipe is not");
  if (!remarks.empty()) remarks += ')';
  return remarks;
}

}  // namespace pipes::cli
