#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "assay/base/domain_name.h"
#include "system/evidence/knowledge.h"

namespace assay::evidence {

/// Whom the operator asks about: a client, or an author domain and those below it.
struct Subject {
  std::string client = {};  ///< as client_key has it; empty: a domain is meant
  DomainName author = {};
};

/// An address, an IPv6 network of 64 bits as it is listed, or a domain (U-labels too). Nothing for
/// other text.
std::optional<Subject> parse_subject(std::string_view text);

/// What is known of the subject.
Knowledge only(const Knowledge& knowledge, const Subject& subject);

/// Leaves out what is known of the subject, and says how many entries that were.
std::size_t forget(Knowledge& knowledge, const Subject& subject);

}  // namespace assay::evidence
