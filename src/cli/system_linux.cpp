// Names of users come from the user database, names of programs from /proc. Letters go by the C library's tables.
#include <grp.h>
#include <locale.h>
#include <pwd.h>
#include <unistd.h>
#include <wctype.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "cli/system.h"

namespace pipes::cli {
namespace {

locale_t unicode_locale() {
  static const locale_t kLocale = newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
  return kLocale;
}

// A letter beyond the basic plane cannot be told, so the letter stays as it is.
char16_t in_basic_plane(wint_t mapped, char16_t letter) {
  return mapped <= 0xFFFF ? static_cast<char16_t>(mapped) : letter;
}

struct Account {
  std::string name;
  gid_t group = 0;
};

std::optional<Account> account_of(std::uint32_t uid) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return Account{.name = entry.pw_name, .group = entry.pw_gid};
}

}  // namespace

SystemError last_system_error() { return {static_cast<std::uint32_t>(errno)}; }

std::string text_of(SystemError error) {
  return "errno " + std::to_string(error.number) + ": " +
         std::generic_category().message(static_cast<int>(error.number));
}

std::vector<std::string> command_line(int argc, char** argv) { return {argv, argv + argc}; }

std::uint32_t own_process_id() { return static_cast<std::uint32_t>(getpid()); }

std::optional<UserIds> own_ids() {
  UserIds ids{.user = geteuid(), .group = getegid(), .groups = {}};
  const int count = getgroups(0, nullptr);
  if (count < 0) return std::nullopt;
  ids.groups.resize(static_cast<std::size_t>(count));
  const int filled = getgroups(count, ids.groups.data());
  if (filled < 0) return std::nullopt;
  ids.groups.resize(static_cast<std::size_t>(filled));
  return ids;
}

std::optional<UserIds> ids_of(std::uint32_t user) {
  const std::optional<Account> account = account_of(user);
  if (!account) return std::nullopt;
  UserIds ids{.user = user, .group = account->group, .groups = std::vector<std::uint32_t>(64)};
  for (;;) {
    int count = static_cast<int>(ids.groups.size());
    const bool all = getgrouplist(account->name.c_str(), ids.group, ids.groups.data(), &count) >= 0;
    const auto wanted = static_cast<std::size_t>(count);
    const bool grows = wanted > ids.groups.size();
    ids.groups.resize(wanted);
    if (all || !grows) return ids;
  }
}

std::optional<std::string> user_name(std::uint32_t uid) {
  const std::optional<Account> account = account_of(uid);
  if (!account) return std::nullopt;
  return account->name;
}

std::optional<std::string> program_name(std::uint32_t process_id) {
  std::ifstream file("/proc/" + std::to_string(process_id) + "/comm");
  std::string name;
  if (process_id == 0 || !std::getline(file, name)) return std::nullopt;
  return name;
}

char16_t upper_case(char16_t letter) {
  const locale_t locale = unicode_locale();
  return locale == locale_t{} ? letter : in_basic_plane(towupper_l(letter, locale), letter);
}

char16_t lower_case(char16_t letter) {
  const locale_t locale = unicode_locale();
  return locale == locale_t{} ? letter : in_basic_plane(towlower_l(letter, locale), letter);
}

}  // namespace pipes::cli
