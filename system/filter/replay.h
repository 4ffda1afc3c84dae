#pragma once

#include "system/filter/policy.h"
#include "system/journal/entry.h"

namespace assay::filter {

/// What this policy would have decided for a message that the journal tells of: the verdict and the
/// findings are those of then, but the allow-list is asked anew. Not for exempt messages.
///
/// The journal keeps no local-parts and no header: recipients are known by domain only (an address
/// in only_recipients or in an allow-list matches nobody), and the share of messages that is
/// enforced is drawn by the entry's id.
verify::Decision decide_again(const Policy& policy, const config::Listener& listener,
                              const journal::Entry& entry);

}  // namespace assay::filter
