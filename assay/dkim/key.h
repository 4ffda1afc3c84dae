#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/finding.h"
#include "assay/crypto/public_key.h"
#include "assay/dkim/signature.h"
#include "assay/dns/resolver.h"

namespace assay::dkim {

/// A DKIM key record (RFC 6376 §3.6.1).
struct KeyRecord {
  std::string key_type = "rsa";            ///< k= in lower case
  std::vector<std::string> hashes = {};    ///< h=; empty: all
  std::vector<std::string> services = {};  ///< s=; empty: all
  bool for_email = true;                   ///< s= is absent or holds email or *
  bool testing = false;                    ///< t=y
  bool exact_domain = false;               ///< t=s
  bool revoked = false;                    ///< p= is empty
  std::shared_ptr<const crypto::PublicKey> key =
      {};                      ///< decoded p=; null when revoked or not usable
  std::string key_error = {};  ///< why p= cannot be used, when it cannot
  std::vector<std::pair<std::string, std::string>> tags = {};  ///< as written; the first of each
  Findings findings = {};  ///< for people; those of level error spoil the record
};

/// Reads one TXT record. Words that the grammar spells as literals (k=, h=, s=, t=) are compared
/// without case (RFC 5234 §2.3), the version and the names of tags with it. g= is ignored (RFC 6376
/// App. C.2). A key of any size that crypto::PublicKey decodes is taken: which sizes are good
/// enough is for policy. A revoked key is a record like others. Errors: the first finding that
/// makes a receiver ignore the record (RFC 6376 §3.6.1, §6.1.2): `no_tag`, `duplicate_tag`,
/// `missing_tag`, `bad_version`, `version_not_first`, `bad_tag`, `unknown_key_type`, `bad_key`.
std::expected<KeyRecord, Finding> parse_key(std::string_view text);

/// The same for people, total: what could be read, and findings with advice. Those of parse_key are
/// of level error; so are `weak_key` (RSA under 1024 bits) and `no_usable_hash` (h= without
/// sha256), since no receiver that follows RFC 8301 can use such a record; `not_for_email` is a
/// warning.
KeyRecord lint_key(std::string_view text);
/// Whether a receiver could use the record: no finding of level error.
bool usable(const KeyRecord& linted);

/// Where a key is found: `<selector>._domainkey.<domain>`.
std::expected<dns::Question, Finding> key_question(std::string_view selector,
                                                   const DomainName& domain);

/// Records of one answer that are read, so that a hostile answer costs little. Only records that
/// parse count.
constexpr std::size_t max_key_records = 10;

/// The records of an answer, each parsed once and kept with the answer: all up to the tenth that
/// parses.
const std::vector<std::expected<KeyRecord, Finding>>& parsed_keys(const dns::Answer& answer);

}  // namespace assay::dkim
