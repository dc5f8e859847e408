// The meta file of a pipe: what is written is read back, and nothing else is read.
#include "wire/meta.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "pipes/pipes.h"
#include "wire/layout.h"

namespace pipes::wire {
namespace {

PipeMeta sample() {
  PipeMeta meta;
  meta.display =
      "Gr\xC3\xBC\xC3\x9F"
      "e";
  meta.folded = u"GR\u00DC\u00DFE";
  meta.type = PIPES_TYPE_MESSAGE;
  meta.access = PIPES_ACCESS_DUPLEX;
  meta.max_instances = 7;
  meta.default_timeout_ms = 0xFFFFFFFF;
  meta.ring_capacity = kRingCapacityMin;
  meta.owner_uid = 1000;
  meta.owner_gid = 100;
  meta.descriptor = {std::byte{1}, std::byte{0}, std::byte{255}};
  meta.servers = {{42, 1000, 0x0102030405060708u, 3, "s.42.0102030405060708"}, {7, 0, 1, 1, "s.7.1"}};
  return meta;
}

std::vector<std::byte> encoded(const PipeMeta& meta) {
  const auto bytes = encode_meta(meta);
  EXPECT_TRUE(bytes.has_value());
  return bytes.value_or(std::vector<std::byte>{});
}

TEST(Meta, ReadsBackWhatItWrote) { EXPECT_EQ(sample(), decode_meta(encoded(sample()))); }

TEST(Meta, HasThePublishedLayout) {
  const std::vector<std::byte> bytes = encoded(sample());

  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EXPECT_EQ("PIPEMETA", text.substr(0, 8));
  EXPECT_EQ(std::string("\1\0\0\0", 4), text.substr(8, 4));
  EXPECT_EQ(std::string("\4\0\0\0\3\0\0\0\7\0\0\0\xFF\xFF\xFF\xFF", 16), text.substr(12, 16));
  EXPECT_EQ(std::string("\0\0\x40\0\0\0\0\0", 8), text.substr(28, 8));
  EXPECT_EQ(std::string("\xE8\3\0\0\x64\0\0\0\7\0\0\0Gr", 14), text.substr(36, 14));
}

TEST(Meta, ReadsTheLimitsThemselves) {
  PipeMeta meta = sample();
  meta.display = std::string(kMetaDisplayBytesMax, 'x');
  meta.folded = std::u16string(kMetaNameUnitsMax, u'X');
  meta.descriptor.resize(kMetaDescriptorBytesMax);
  meta.ring_capacity = kRingCapacityMax;
  meta.servers.assign(kMetaServersMax, {1, 2, 3, 4, std::string(kMetaSocketBytesMax, 's')});

  const std::vector<std::byte> bytes = encoded(meta);

  EXPECT_LE(bytes.size(), kMetaBytesMax);
  EXPECT_EQ(meta, decode_meta(bytes));
}

TEST(Meta, RefusesEveryBeginningOfItself) {
  const std::vector<std::byte> bytes = encoded(sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_meta(std::span(bytes).first(size)).has_value()) << size;
  }
}

TEST(Meta, RefusesBytesLeftOver) {
  std::vector<std::byte> bytes = encoded(sample());
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(decode_meta(bytes).has_value());
}

TEST(Meta, WritesBackWhateverItReadsOfDamagedBytes) {
  const std::vector<std::byte> whole = encoded(sample());
  size_t read = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<std::byte> bytes = whole;
      bytes[at] ^= std::byte{1} << bit;
      const auto meta = decode_meta(bytes);
      if (!meta) continue;
      ++read;
      EXPECT_EQ(bytes, encode_meta(*meta)) << at << '.' << bit;
    }
  }
  EXPECT_GT(read, 0u);
}

// Each number of items is at the given place of the sample; the number alone must not make the reader allocate or run
// on.
TEST(Meta, RefusesCountsBeyondTheEnd) {
  const std::vector<std::byte> whole = encoded(sample());
  const size_t display = 44;
  const size_t folded = display + 4 + sample().display.size();
  const size_t descriptor = folded + 4 + 2 * sample().folded.size();
  const size_t servers = descriptor + 4 + sample().descriptor.size();
  for (const size_t at : {display, folded, descriptor, servers}) {
    std::vector<std::byte> bytes = whole;
    for (size_t i = 0; i < 4; ++i) bytes[at + i] = std::byte{0xFF};
    EXPECT_FALSE(decode_meta(bytes).has_value()) << at;
  }
}

using Damage = std::pair<const char*, std::function<void(PipeMeta&)>>;

TEST(Meta, WritesNothingBeyondTheLimits) {
  const std::vector<Damage> damages = {
      {"type", [](PipeMeta& m) { m.type = 1; }},
      {"no access", [](PipeMeta& m) { m.access = 0; }},
      {"access", [](PipeMeta& m) { m.access = 4; }},
      {"no instances", [](PipeMeta& m) { m.max_instances = 0; }},
      {"instances", [](PipeMeta& m) { m.max_instances = 256; }},
      {"small ring", [](PipeMeta& m) { m.ring_capacity = kRingCapacityMin / 2; }},
      {"odd ring", [](PipeMeta& m) { m.ring_capacity = kRingCapacityMin + 1; }},
      {"large ring", [](PipeMeta& m) { m.ring_capacity = kRingCapacityMax * 2; }},
      {"no display", [](PipeMeta& m) { m.display.clear(); }},
      {"display", [](PipeMeta& m) { m.display.assign(kMetaDisplayBytesMax + 1, 'x'); }},
      {"zero in display", [](PipeMeta& m) { m.display.push_back('\0'); }},
      {"no folded", [](PipeMeta& m) { m.folded.clear(); }},
      {"folded", [](PipeMeta& m) { m.folded.assign(kMetaNameUnitsMax + 1, u'X'); }},
      {"descriptor", [](PipeMeta& m) { m.descriptor.resize(kMetaDescriptorBytesMax + 1); }},
      {"servers", [](PipeMeta& m) { m.servers.resize(kMetaServersMax + 1, m.servers.front()); }},
      {"no instances of a server", [](PipeMeta& m) { m.servers[0].instances = 0; }},
      {"no socket", [](PipeMeta& m) { m.servers[0].socket.clear(); }},
      {"socket", [](PipeMeta& m) { m.servers[0].socket.assign(kMetaSocketBytesMax + 1, 's'); }},
      {"socket elsewhere", [](PipeMeta& m) { m.servers[0].socket = "../s"; }},
      {"socket above", [](PipeMeta& m) { m.servers[0].socket = ".."; }},
      {"socket itself", [](PipeMeta& m) { m.servers[0].socket = "."; }},
      {"zero in socket", [](PipeMeta& m) { m.servers[0].socket.push_back('\0'); }},
  };
  for (const auto& [what, damage] : damages) {
    PipeMeta meta = sample();
    damage(meta);
    EXPECT_FALSE(encode_meta(meta).has_value()) << what;
  }
}

// The reader refuses what the writer would: replace bytes of equal length in a valid file.
TEST(Meta, RefusesASocketThatIsAPath) {
  std::vector<std::byte> bytes = encoded(sample());
  const std::string name = "s.7.1";
  const auto at = std::search(bytes.begin(), bytes.end(), name.begin(), name.end(),
                              [](std::byte b, char c) { return b == static_cast<std::byte>(c); });
  ASSERT_NE(bytes.end(), at);
  ASSERT_TRUE(decode_meta(bytes).has_value());
  at[1] = std::byte{'/'};
  EXPECT_FALSE(decode_meta(bytes).has_value());
}

TEST(Meta, RefusesAnotherMagicOrVersion) {
  for (const size_t at : {size_t{0}, size_t{7}, size_t{8}, size_t{11}}) {
    std::vector<std::byte> bytes = encoded(sample());
    bytes[at] ^= std::byte{2};
    EXPECT_FALSE(decode_meta(bytes).has_value()) << at;
  }
}

}  // namespace
}  // namespace pipes::wire
