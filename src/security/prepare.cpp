#include "security/prepare.h"

#include "security/rights.h"
#include "security/well_known_sids.h"

namespace pipes {

void prepare_entries(const Sid& owner, const Sid& group, Acl* acl) {
  for (Ace& ace : acl->entries) {
    if (ace.is_inherit_only() || ace.type == kAceMandatoryLabel) continue;
    if (layout_of(ace.type) == AceLayout::kUnknown) continue;
    ace.mask = map_generic_rights(ace.mask);
    if (ace.sid == kCreatorOwner) {
      ace.sid = owner;
    } else if (ace.sid == kCreatorGroup) {
      ace.sid = group;
    }
  }
}

}  // namespace pipes
