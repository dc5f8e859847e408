// The words of SDDL, in the order in which they are written (SDDL-5, SDDL-6, SDDL-7, SDDL-9).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "security/acl.h"
#include "security/rights.h"

namespace pipes {

struct SddlWord {
  std::string_view text;
  std::uint32_t value;
};

// Which list an entry may stand in.
enum class SddlList { kDacl, kSacl };

struct SddlType {
  std::string_view text;
  std::uint8_t type;
  SddlList list;
  std::uint8_t without_guids;  // What an object entry without GUIDs is stored as.
};

inline constexpr std::array kSddlTypes{
    SddlType{"A", kAceAllow, SddlList::kDacl, kAceAllow},
    SddlType{"D", kAceDeny, SddlList::kDacl, kAceDeny},
    SddlType{"OA", kAceAllowObject, SddlList::kDacl, kAceAllow},
    SddlType{"OD", kAceDenyObject, SddlList::kDacl, kAceDeny},
    SddlType{"AU", kAceAudit, SddlList::kSacl, kAceAudit},
    SddlType{"AL", kAceAlarm, SddlList::kSacl, kAceAlarm},
    SddlType{"OU", kAceAuditObject, SddlList::kSacl, kAceAudit},
    SddlType{"OL", kAceAlarmObject, SddlList::kSacl, kAceAlarm},
    SddlType{"ML", kAceMandatoryLabel, SddlList::kSacl, kAceMandatoryLabel},
    SddlType{"SP", kAceScopedPolicy, SddlList::kSacl, kAceScopedPolicy},
    SddlType{"TL", kAceTrustLabel, SddlList::kSacl, kAceTrustLabel},
};

// SA comes before TP, which has the same value: read, never written.
inline constexpr std::array kSddlAceFlags{
    SddlWord{"OI", kAceObjectInherit}, SddlWord{"CI", kAceContainerInherit}, SddlWord{"NP", kAceNoPropagate},
    SddlWord{"IO", kAceInheritOnly},   SddlWord{"ID", kAceInherited},        SddlWord{"SA", kAceAuditSuccess},
    SddlWord{"FA", kAceAuditFailure},  SddlWord{"CR", kAceCritical},         SddlWord{"TP", kAceAuditSuccess},
};

// A whole mask as one word. Where two have the same value, the first is written.
inline constexpr std::array kSddlWholeMasks{
    SddlWord{"FA", PIPES_FILE_ALL_ACCESS},
    SddlWord{"FR", PIPES_FILE_GENERIC_READ},
    SddlWord{"FW", PIPES_FILE_GENERIC_WRITE},
    SddlWord{"FX", PIPES_FILE_GENERIC_EXECUTE},
    SddlWord{"KA", 0x000F003F},
    SddlWord{"KR", 0x00020019},
    SddlWord{"KW", 0x00020006},
    SddlWord{"KX", 0x00020019},
};

// Single rights.
inline constexpr std::array kSddlRights{
    SddlWord{"CC", 0x00000001},          SddlWord{"DC", 0x00000002},         SddlWord{"LC", 0x00000004},
    SddlWord{"SW", 0x00000008},          SddlWord{"RP", 0x00000010},         SddlWord{"WP", 0x00000020},
    SddlWord{"DT", 0x00000040},          SddlWord{"LO", 0x00000080},         SddlWord{"CR", 0x00000100},
    SddlWord{"SD", PIPES_DELETE},        SddlWord{"RC", PIPES_READ_CONTROL}, SddlWord{"WD", PIPES_WRITE_DAC},
    SddlWord{"WO", PIPES_WRITE_OWNER},   SddlWord{"GA", PIPES_GENERIC_ALL},  SddlWord{"GX", PIPES_GENERIC_EXECUTE},
    SddlWord{"GW", PIPES_GENERIC_WRITE}, SddlWord{"GR", PIPES_GENERIC_READ},
};

// The rights of a mandatory label (SD-11). They are read anywhere, and written in labels.
inline constexpr std::array kSddlLabelRights{
    SddlWord{"NW", 0x00000001},
    SddlWord{"NR", 0x00000002},
    SddlWord{"NX", 0x00000004},
};

inline constexpr std::string_view kSddlNullList = "NO_ACCESS_CONTROL";

}  // namespace pipes
