#pragma once

#include <string>

#include "assay/base/domain_name.h"
#include "system/config/settings.h"

/// What the filter and the reports role both ask about [reports]. Pure.
namespace assay::config {

/// Whether a policy domain, or an author domain below it, is on the list of those whose owners get
/// failure reports (RFC 9991 §7).
bool gets_failures(const Reports& settings, const DomainName& domain);

/// Whether an address is our own: the one that reports come from, a return path of them, or one at
/// a domain of our intake (ignore_recipients).
bool is_own_address(const Reports& settings, const std::string& address);

}  // namespace assay::config
