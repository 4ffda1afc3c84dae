#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "assay/crypto/private_key.h"
#include "assay/dns/resolver.h"

namespace assay::dkim {

/// The key record to publish for a private key (RFC 6376 §3.6.1, RFC 8463 §4.1), twin of parse_key.
std::string key_record(const crypto::PrivateKey& key);

/// What the DNS says of a private key's public half.
enum class Publication : std::uint8_t {
  matches,      ///< verifiers will find the key and can use it
  other_key,    ///< another key is published
  revoked,      ///< p= is empty
  unusable,     ///< no verifier can use what is published
  missing,      ///< there is no key record
  not_answered  ///< the DNS did not answer
};
/// Spelled as the enumerator.
std::string_view to_text(Publication publication);

struct PublishedKey {
  Publication publication = Publication::missing;
  std::string reason = {};  ///< one sentence
  unsigned key_bits = 0;    ///< of the published key, 0 where none could be used
  /// Advice on each record, as lint_key gives it, and warning: `several_records`,
  /// `exact_domain` (t=s: an identity below d= will fail).
  Findings findings = {};
};

/// Whether mail that is signed with the key now would verify by the answer to its key_question:
/// decided by a signature made for trial, as a verifier would. Pure.
PublishedKey check_published(const crypto::PrivateKey& key, const dns::Answer& answer);

}  // namespace assay::dkim
