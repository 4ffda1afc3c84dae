#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/time.h"
#include "assay/dns/resolver.h"
#include "assay/mail/header.h"

/// The author's own signature, recovered from what mailing lists do to messages: bounded tries,
/// each undo a small function of its own (docs/evidence.md).
namespace assay::evidence {

/// What a message needs for it: the header, and the body as far as it is no longer than the limit.
struct Original {
  const mail::Header& header;
  std::string_view body = {};
};

struct RecoveryLimits {
  std::size_t max_body = 1U << 20;  ///< longer bodies are not tried
  std::size_t max_tries = 200;      ///< hashes of a body or of a header, together
  std::size_t max_signatures = 3;
  std::size_t max_octets = std::size_t{16} << 20;  ///< hashed in all tries together
};

struct Recovered {
  DomainName domain;  ///< d= of the signature, an author domain or aligned with one
  std::string selector = {};
  std::vector<std::string> undone = {};  ///< "subject tag removed", "footer lines removed", …
};

/// The first signature by (or relaxed-aligned with) one of `authors` that verifies once changes are
/// undone; nothing where none does.
std::optional<Recovered> recover(const Original& message, const std::vector<DomainName>& authors,
                                 dns::Resolver& resolver, Instant now,
                                 const RecoveryLimits& limits = {});

}  // namespace assay::evidence
