#include "linux/refused_access.h"

#include <cstdio>

#include "security/sddl.h"
#include "support/log.h"

namespace pipes {
namespace {

// One entry as SDDL has it.
std::string text_of(const Ace& entry) {
  SecurityDescriptor descriptor;
  descriptor.set_dacl(Acl{kAclRevisionObjects, {entry}});
  auto text = sddl_format(descriptor, PIPES_DACL_SECURITY_INFORMATION);
  return text && text->starts_with("D:") ? text->substr(2) : "of a kind that has no text";
}

std::string reason_of(const StoredDescriptor& descriptor, const AccessTrace& trace) {
  const auto& dacl = descriptor.value.dacl;
  switch (trace.reason) {
    case AccessReason::kEntry:
      if (!dacl || trace.entry >= dacl->entries.size()) return "an entry refuses";
      return "entry " + std::to_string(trace.entry) + ", " + text_of(dacl->entries[trace.entry]) + ", refuses";
    case AccessReason::kEndOfList:
      return "no entry grants";
    case AccessReason::kPrivilege:
      return "the privilege is missing for";
    case AccessReason::kLabel:
      return "the mandatory label refuses";
    default:
      return "the pipe has no such direction, or there is no such right, in";
  }
}

}  // namespace

void RefusedAccess::log(const std::string& pipe, uint32_t uid) const {
  if (descriptor == nullptr || !is_logged(LogLevel::kDebug)) return;
  const std::string reason = reason_of(*descriptor, trace);
  const uint32_t about = trace.mask != 0 ? trace.mask : trace.desired;
  log_line(LogLevel::kDebug, "%s: uid %u asked for 0x%08x: %s 0x%08x", pipe.c_str(), uid, trace.desired, reason.c_str(),
           about);
}

}  // namespace pipes
