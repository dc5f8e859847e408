// Users and groups of this system as SIDs with names: what the name service (NSS) tells. Names are spelled as Samba
// does.
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "linux/engine_guard.h"

namespace pipes::engine {
namespace {

constexpr std::string_view kUsers = "Unix User\\";
constexpr std::string_view kGroups = "Unix Group\\";
constexpr uint64_t kUnixAuthority = 22;
constexpr uint32_t kUserKind = 1;
constexpr uint32_t kGroupKind = 2;

// A group's entry holds the names of all its members. A name service that fills more than this is refused.
constexpr size_t kEntryBytesMax = size_t{16} << 20;

// look_up asks the name service with a buffer that grows as it wants. `ask(buffer, &found)` calls one of get..._r.
template <class Entry, class Ask, class Use>
Status look_up(Ask ask, Use use) {
  std::vector<char> buffer(1024);
  for (;;) {
    Entry entry{};
    Entry* found = nullptr;
    const int failed = ask(&entry, buffer, &found);
    if (failed == EINTR) continue;
    if (failed == ERANGE && buffer.size() < kEntryBytesMax) {
      buffer.resize(buffer.size() * 4);
      continue;
    }
    if (failed == ENOMEM || failed == EMFILE || failed == ENFILE) return PIPES_ERROR_NO_SYSTEM_RESOURCES;
    if (found == nullptr) return PIPES_ERROR_NONE_MAPPED;
    use(*found);
    return PIPES_OK;
  }
}

Status name_of_user(uid_t uid, std::string* name) {
  return look_up<passwd>(
      [uid](passwd* entry, std::vector<char>& buffer, passwd** found) {
        return ::getpwuid_r(uid, entry, buffer.data(), buffer.size(), found);
      },
      [name](const passwd& entry) { *name = std::string(kUsers) + entry.pw_name; });
}

Status name_of_group(gid_t gid, std::string* name) {
  return look_up<group>([gid](group* entry, std::vector<char>& buffer,
                              group** found) { return ::getgrgid_r(gid, entry, buffer.data(), buffer.size(), found); },
                        [name](const group& entry) { *name = std::string(kGroups) + entry.gr_name; });
}

Status user_of_name(const std::string& name, std::optional<Sid>* sid) {
  return look_up<passwd>(
      [&name](passwd* entry, std::vector<char>& buffer, passwd** found) {
        return ::getpwnam_r(name.c_str(), entry, buffer.data(), buffer.size(), found);
      },
      [sid](const passwd& entry) { *sid = sid_of_uid(entry.pw_uid); });
}

Status group_of_name(const std::string& name, std::optional<Sid>* sid) {
  return look_up<group>(
      [&name](group* entry, std::vector<char>& buffer, group** found) {
        return ::getgrnam_r(name.c_str(), entry, buffer.data(), buffer.size(), found);
      },
      [sid](const group& entry) { *sid = sid_of_gid(entry.gr_gid); });
}

// The supplementary groups of this thread.
std::vector<uint32_t> own_groups() {
  for (;;) {
    const int count = ::getgroups(0, nullptr);
    std::vector<gid_t> groups(count > 0 ? static_cast<size_t>(count) : 0);
    const int got = ::getgroups(static_cast<int>(groups.size()), groups.data());
    if (got < 0 && errno == EINVAL) continue;  // They became more in between.
    groups.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return {groups.begin(), groups.end()};
  }
}

}  // namespace

Status own_token(std::optional<Token>* token) noexcept {
  return guard([&]() -> Status {
    Credentials credentials;
    credentials.uid = ::geteuid();
    credentials.gid = ::getegid();
    credentials.groups = own_groups();
    *token = token_of(credentials);
    return PIPES_OK;
  });
}

Status account_name(const Sid& sid, std::string* name) noexcept {
  return guard([&]() -> Status {
    const std::span<const uint32_t> parts = sid.sub_authorities();
    if (sid.authority() != kUnixAuthority || parts.size() != 2) return PIPES_ERROR_NONE_MAPPED;
    if (parts[0] == kUserKind) return name_of_user(parts[1], name);
    if (parts[0] == kGroupKind) return name_of_group(parts[1], name);
    return PIPES_ERROR_NONE_MAPPED;
  });
}

Status account_sid(const std::string& name, std::optional<Sid>* sid) noexcept {
  return guard([&]() -> Status {
    if (name.starts_with(kUsers)) return user_of_name(name.substr(kUsers.size()), sid);
    if (name.starts_with(kGroups)) return group_of_name(name.substr(kGroups.size()), sid);
    if (name.empty() || name.find('\\') != std::string::npos) return PIPES_ERROR_NONE_MAPPED;
    const Status failed = user_of_name(name, sid);
    return failed == PIPES_ERROR_NONE_MAPPED ? group_of_name(name, sid) : failed;
  });
}

}  // namespace pipes::engine
