#pragma once

#include <cstddef>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "assay/mail/header.h"

namespace assay::verify {

/// The Author Domains of a message (RFC 9989 §5.3.1), found as an attacker would hide them.
struct Authors {
  std::size_t from_fields = 0;
  /// Distinct, A-labels, in order of appearance, at most `max_authors`. In ambiguous text all that
  /// a mail reader may show; no name is claimed to look unlike others (RFC 9989 §11.4).
  std::vector<DomainName> domains = {};
  /// Exactly one From field, no error in reading it, at least one domain. Where it is false, DMARC
  /// gives no pass.
  bool usable = false;
  /// Those of mail::parse_addresses for the From fields, and error: `no_from`,
  /// `several_from_fields`, `hidden_from` (a line that some readers take for a From field),
  /// `header_too_large`, `no_author_domain`, `bad_author_domain`, `too_many_authors`; warning:
  /// `several_author_domains`, `address_literal`; info: `address_in_display_name` (of another
  /// domain, encoded words decoded for looking). At most 100. `at` counts in the value of the From
  /// field.
  Findings findings = {};
};

constexpr std::size_t max_authors = 10;

/// Reads all From fields of a header, at most ten, of at most 64 KiB and 200 mailboxes each.
Authors find_authors(const mail::Header& header);

}  // namespace assay::verify
