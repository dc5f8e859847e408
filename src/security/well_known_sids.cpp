#include "security/well_known_sids.h"

#include <algorithm>
#include <array>

namespace pipes {
namespace {

struct WellKnown {
  std::string_view alias;  // May be empty.
  Sid sid;
  std::string_view domain;  // May be empty.
  std::string_view name;    // May be empty.
};

constexpr std::string_view kAuthority = "NT AUTHORITY";
constexpr std::string_view kBuiltin = "BUILTIN";
constexpr std::string_view kLabel = "Mandatory Label";
constexpr std::string_view kPackages = "APPLICATION PACKAGE AUTHORITY";

constexpr Sid builtin(std::uint32_t rid) { return {5, {32, rid}}; }

constexpr std::array kWellKnown{
    WellKnown{"WD", kEveryone, "", "Everyone"},
    WellKnown{"CO", kCreatorOwner, "", "CREATOR OWNER"},
    WellKnown{"CG", kCreatorGroup, "", "CREATOR GROUP"},
    WellKnown{"OW", kOwnerRights, "", "OWNER RIGHTS"},
    WellKnown{"NU", kNetwork, kAuthority, "NETWORK"},
    WellKnown{"IU", {5, {4}}, kAuthority, "INTERACTIVE"},
    WellKnown{"SU", {5, {6}}, kAuthority, "SERVICE"},
    WellKnown{"AN", kAnonymous, kAuthority, "ANONYMOUS LOGON"},
    WellKnown{"ED", {5, {9}}, kAuthority, "ENTERPRISE DOMAIN CONTROLLERS"},
    WellKnown{"PS", {5, {10}}, kAuthority, "SELF"},
    WellKnown{"AU", kAuthenticatedUsers, kAuthority, "Authenticated Users"},
    WellKnown{"RC", {5, {12}}, kAuthority, "RESTRICTED"},
    WellKnown{"SY", kSystem, kAuthority, "SYSTEM"},
    WellKnown{"LS", {5, {19}}, kAuthority, "LOCAL SERVICE"},
    WellKnown{"NS", {5, {20}}, kAuthority, "NETWORK SERVICE"},
    WellKnown{"WR", {5, {33}}, kAuthority, "WRITE RESTRICTED"},
    WellKnown{"AC", {15, {2, 1}}, kPackages, "ALL APPLICATION PACKAGES"},
    WellKnown{"UD", {5, {84, 0, 0, 0, 0, 0}}, kAuthority, "USER MODE DRIVERS"},
    WellKnown{"SS", {18, {2}}, "", "Service asserted identity"},
    WellKnown{"BA", kAdministrators, kBuiltin, "Administrators"},
    WellKnown{"BU", builtin(545), kBuiltin, "Users"},
    WellKnown{"BG", builtin(546), kBuiltin, "Guests"},
    WellKnown{"PU", builtin(547), kBuiltin, "Power Users"},
    WellKnown{"AO", builtin(548), kBuiltin, "Account Operators"},
    WellKnown{"SO", builtin(549), kBuiltin, "Server Operators"},
    WellKnown{"PO", builtin(550), kBuiltin, "Print Operators"},
    WellKnown{"BO", builtin(551), kBuiltin, "Backup Operators"},
    WellKnown{"RE", builtin(552), kBuiltin, "Replicator"},
    WellKnown{"RU", builtin(554), kBuiltin, "Pre-Windows 2000 Compatible Access"},
    WellKnown{"RD", builtin(555), kBuiltin, "Remote Desktop Users"},
    WellKnown{"NO", builtin(556), kBuiltin, "Network Configuration Operators"},
    WellKnown{"MU", builtin(558), kBuiltin, "Performance Monitor Users"},
    WellKnown{"LU", builtin(559), kBuiltin, "Performance Log Users"},
    WellKnown{"IS", builtin(568), kBuiltin, "IIS_IUSRS"},
    WellKnown{"CY", builtin(569), kBuiltin, "Cryptographic Operators"},
    WellKnown{"ER", builtin(573), kBuiltin, "Event Log Readers"},
    WellKnown{"CD", builtin(574), kBuiltin, "Certificate Service DCOM Access"},
    WellKnown{"RA", builtin(575), kBuiltin, "RDS Remote Access Servers"},
    WellKnown{"ES", builtin(576), kBuiltin, "RDS Endpoint Servers"},
    WellKnown{"MS", builtin(577), kBuiltin, "RDS Management Servers"},
    WellKnown{"HA", builtin(578), kBuiltin, "Hyper-V Administrators"},
    WellKnown{"AA", builtin(579), kBuiltin, "Access Control Assistance Operators"},
    WellKnown{"RM", builtin(580), kBuiltin, "Remote Management Users"},
    WellKnown{"LW", {16, {4096}}, kLabel, "Low Mandatory Level"},
    WellKnown{"ME", {16, {8192}}, kLabel, "Medium Mandatory Level"},
    WellKnown{"MP", {16, {8448}}, kLabel, "Medium Plus Mandatory Level"},
    WellKnown{"HI", {16, {12288}}, kLabel, "High Mandatory Level"},
    WellKnown{"SI", {16, {16384}}, kLabel, "System Mandatory Level"},
    WellKnown{"", Sid{}, "", "NULL SID"},
};

constexpr std::array<std::string_view, 17> kDomainAliases{"RO", "LA", "LG", "DA", "DU", "DG", "DC", "DD", "CA",
                                                          "SA", "EA", "PA", "CN", "AP", "KA", "EK", "RS"};

constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool equal_in_any_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, upper, upper); }

}  // namespace

std::optional<Sid> sid_of_alias(std::string_view alias) {
  if (alias.empty()) return std::nullopt;
  for (const WellKnown& each : kWellKnown) {
    if (equal_in_any_case(each.alias, alias)) return each.sid;
  }
  return std::nullopt;
}

bool is_domain_alias(std::string_view alias) {
  return std::ranges::any_of(kDomainAliases, [&](std::string_view each) { return equal_in_any_case(each, alias); });
}

std::string_view alias_of(const Sid& sid) {
  for (const WellKnown& each : kWellKnown) {
    if (each.sid == sid) return each.alias;
  }
  return {};
}

std::string name_of_well_known(const Sid& sid) {
  for (const WellKnown& each : kWellKnown) {
    if (each.sid != sid) continue;
    std::string name(each.domain);
    if (!name.empty()) name += '\\';
    return name.append(each.name);
  }
  return {};
}

std::optional<Sid> well_known_of_name(std::string_view name) {
  const std::size_t backslash = name.find('\\');
  const bool has_domain = backslash != std::string_view::npos;
  const std::string_view domain = has_domain ? name.substr(0, backslash) : std::string_view{};
  const std::string_view last = has_domain ? name.substr(backslash + 1) : name;
  for (const WellKnown& each : kWellKnown) {
    if (has_domain && !equal_in_any_case(each.domain, domain)) continue;
    if (equal_in_any_case(each.name, last)) return each.sid;
  }
  return std::nullopt;
}

}  // namespace pipes
