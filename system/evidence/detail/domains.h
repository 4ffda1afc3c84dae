#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/mail/header.h"

/// What several parts of evidence ask about domains.
namespace assay::evidence {

/// Letters, digits, hyphens and underscores in each label, two labels or more: fit for a reply, a
/// comment, and the key of a history.
bool is_host_name(const DomainName& domain);

/// One is the other or stands below it, two labels at least in common. That is less than one
/// Organizational Domain (siblings are not related), and where the shorter one is a public suffix
/// more; use it where no Tree Walk said better.
bool related(const DomainName& one, const DomainName& other);

/// The identifier of a List-Id field (RFC 2919 §3), lower case; empty where there is none, more
/// than one, or it is no host name.
std::string list_id(const mail::Header& header);

/// The domains that List-Id and List-Post (a mailto URI, RFC 2369 §3.4) name, at most a few.
std::vector<DomainName> list_domains(const mail::Header& header);

/// The domain of an address or a domain, as a host name; nothing for other text.
std::optional<DomainName> domain_of(std::string_view address);

}  // namespace assay::evidence
