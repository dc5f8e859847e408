// The descriptor codec compared with advapi32: Wine's, an independent implementation, or Windows' own. Generated texts
// go through both, and must become the same descriptors and the same texts. docs/security.md lists in what Wine is
// known to differ; the generator stays clear of that.
// clang-format off
#include <windows.h>
#include <sddl.h>  // relies on it
// clang-format on

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/harness.h"
#include "support/security.h"

namespace pipes::test {
namespace {

constexpr int kDescriptors = 5000;

std::wstring wide(std::string_view text) { return {text.begin(), text.end()}; }

// What advapi32 makes of a text.
Told parsed_by_windows(std::string_view text) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  ULONG size = 0;
  if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(wide(text).c_str(), SDDL_REVISION_1, &descriptor, &size) ==
      FALSE) {
    return {::GetLastError(), {}};
  }
  // Wine does not count what it pads with.
  Told told{PIPES_OK, std::string(static_cast<const char*>(descriptor), ::GetSecurityDescriptorLength(descriptor))};
  ::LocalFree(descriptor);
  return told;
}

// How advapi32 writes a descriptor.
Told formatted_by_windows(std::string descriptor) {
  wchar_t* text = nullptr;
  if (::ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor.data(), SDDL_REVISION_1, kOwnerGroupDaclSacl,
                                                             &text, nullptr) == FALSE) {
    return {::GetLastError(), {}};
  }
  const std::wstring found = text;
  ::LocalFree(text);
  return {PIPES_OK, std::string(found.begin(), found.end())};
}

// Generator makes texts of descriptors, the same ones from the same seed.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string descriptor() {
    std::vector<std::string> parts;
    if (chance(70)) parts.push_back("O:" + sid());
    if (chance(70)) parts.push_back("G:" + sid());
    // Wine takes the flags of one list for those of the other.
    const bool has_sacl = chance(40);
    const std::string flags = has_sacl ? "" : some_of({"P", "AR", "AI"});
    if (chance(90)) parts.push_back("D:" + flags + entries({"A", "A", "D"}, {"OI", "CI", "NP", "IO", "ID"}));
    if (has_sacl) parts.push_back("S:" + entries({"AU"}, {"OI", "CI", "NP", "IO", "ID", "SA", "FA"}));
    std::shuffle(parts.begin(), parts.end(), random_);
    std::string text;
    for (const std::string& part : parts) text += part;
    return text;
  }

 private:
  using Words = std::vector<std::string>;

  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  bool chance(unsigned percent) { return below(100) < percent; }
  const std::string& one_of(const Words& words) { return words[below(static_cast<unsigned>(words.size()))]; }

  // Some of `words`, each once, in any order.
  std::string some_of(Words words) {
    std::shuffle(words.begin(), words.end(), random_);
    std::string text;
    for (unsigned i = below(static_cast<unsigned>(words.size()) + 1); i > 0; --i) text += words[i - 1];
    return text;
  }

  std::string number() {
    static const Words kNumbers{"0", "1", "18", "544", "1000", "2147483647", "4294967295"};
    return chance(70) ? one_of(kNumbers) : std::to_string(static_cast<uint32_t>(random_()));
  }

  std::string sid() {
    static const Words kAliases{"WD", "CO", "CG", "NU", "IU", "SU", "AN", "PS", "AU", "RC", "SY", "LS", "NS",
                                "BA", "BU", "BG", "PU", "AO", "SO", "PO", "BO", "RE", "RU", "RD", "NO"};
    static const Words kAuthorities{"0", "1", "5", "22"};
    if (chance(60)) return one_of(kAliases);
    std::string text = "S-1-" + one_of(kAuthorities);
    for (unsigned i = below(15); i < 15; ++i) text += "-" + number();
    return text;
  }

  std::string rights() {
    static const Words kLetters{"CC", "DC", "LC", "SW", "RP", "WP", "DT", "LO", "CR",
                                "SD", "RC", "WD", "WO", "GA", "GX", "GW", "GR"};
    static const Words kWhole{"FA", "FR", "FW", "FX", "KA", "KR", "KW"};
    if (chance(20)) return one_of(kWhole);
    if (chance(70)) return one_of(kLetters) + some_of(kLetters);
    char text[16];
    std::snprintf(text, sizeof text, "0x%x", static_cast<unsigned>(random_()) | 0x00400000u);
    return text;
  }

  std::string entries(const Words& types, const Words& flags) {
    std::string text;
    for (unsigned i = below(6); i > 0; --i) {
      text += "(" + one_of(types) + ";" + some_of(flags) + ";" + rights() + ";;;" + sid() + ")";
    }
    return text;
  }

  std::mt19937 random_;
};

TEST(SddlCompared, SDDL_18_GeneratedTextsAgreeWithAdvapi32) {
  Generator generator(1);
  int different = 0;
  for (int i = 0; i < kDescriptors && different < 10; ++i) {
    const std::string text = generator.descriptor();
    const Told ours = parse_sddl(text);
    const Told theirs = parsed_by_windows(text);
    const bool was_same = !HasFailure();
    ASSERT_STATUS(PIPES_OK, ours.status) << text;
    EXPECT_STATUS(PIPES_OK, theirs.status) << text;
    if (!theirs.status.ok()) {
      ++different;
      continue;
    }
    // Their order of parts is another: as text, each by both.
    EXPECT_EQ(format_sddl(ours.value).value, format_sddl(theirs.value).value) << text;
    EXPECT_EQ(formatted_by_windows(theirs.value).value, formatted_by_windows(ours.value).value) << text;
    EXPECT_EQ(formatted_by_windows(theirs.value).value, format_sddl(ours.value).value) << text;
    EXPECT_EQ(to_hex(bytes_of(formatted_by_windows(ours.value).value)), to_hex(ours.value)) << text;
    if (was_same && HasFailure()) ++different;
  }
}

}  // namespace
}  // namespace pipes::test
