#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "assay/mail/header.h"

namespace assay::verify {

/// The Author Domains of a message (RFC 9989 §5.3.1), found as an attacker would hide them.
struct Authors {
  std::size_t from_fields = 0;
  std::vector<DomainName> domains =
      {};                  ///< distinct, A-labels, in order of appearance, at most `max_authors`
  bool usable = false;     ///< exactly one From field, readable, with at least one domain
  Findings findings = {};  ///< `no_from`, `several_from_fields`, `several_author_domains`,
                           ///< `bad_from`, `address_literal`, …
};

constexpr std::size_t max_authors = 10;

Authors find_authors(const mail::Header& header);

}  // namespace assay::verify
