#include "wire/end_page.h"

#include <algorithm>

#include "pipes/pipes.h"

namespace pipes::wire {
namespace {

constexpr uint32_t kRights = PIPES_FILE_GENERIC_READ | PIPES_FILE_GENERIC_WRITE | 0x011F01FFu;
constexpr uint32_t kHandleFlags = PIPES_HANDLE_FLAG_INHERIT | PIPES_HANDLE_FLAG_PROTECT_FROM_CLOSE;

bool is_access_mode(uint32_t access) { return access >= PIPES_ACCESS_INBOUND && access <= PIPES_ACCESS_DUPLEX; }

}  // namespace

std::optional<EndFacts> facts_of(const EndPage& page) {
  EndFacts facts;
  copy_words(facts, page.facts);
  const bool possible = facts.magic == kEndPageMagic && facts.version == kEndPageVersion && facts.role <= 1 &&
                        is_access_mode(facts.access) && facts.type <= 1 && facts.max_instances >= 1 &&
                        facts.max_instances <= PIPES_UNLIMITED_INSTANCES && facts.display_bytes <= kDisplayBytesMax &&
                        facts.folded_units <= kFoldedUnitsMax && facts.folded_units > 0;
  if (!possible) return std::nullopt;
  return facts;
}

std::optional<Token> token_of(std::span<const std::byte> bytes) {
  Token token;
  if (bytes.size() != sizeof token) return std::nullopt;
  std::memcpy(&token, bytes.data(), sizeof token);
  const uint32_t count = token.kind == Token::kNamedEnd ? 3 : 1;
  const auto counted = std::span(token.descriptors).first(count);
  const bool possible = token.magic == kTokenMagic && token.version == kEndPageVersion &&
                        (token.kind == Token::kAnonymousEnd || token.kind == Token::kNamedEnd) &&
                        (token.handle & 3) == 0 && token.handle >> 32 != 0 && (token.access & ~kRights) == 0 &&
                        (token.handle_flags & ~kHandleFlags) == 0 &&
                        (token.handle_flags & PIPES_HANDLE_FLAG_INHERIT) != 0 &&
                        std::ranges::all_of(counted, [](const auto& file) { return file.number >= 0; });
  if (!possible) return std::nullopt;
  return token;
}

}  // namespace pipes::wire
