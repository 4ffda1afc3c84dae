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

/// Reads one TXT record. Errors: the first finding that makes a receiver ignore the record (RFC
/// 6376 §3.6.1, §6.1.2).
std::expected<KeyRecord, Finding> parse_key(std::string_view text);

/// Where a key is found: `<selector>._domainkey.<domain>`.
std::expected<dns::Question, Finding> key_question(std::string_view selector,
                                                   const DomainName& domain);

/// The records of an answer, each parsed once and kept with the answer.
const std::vector<std::expected<KeyRecord, Finding>>& parsed_keys(const dns::Answer& answer);

}  // namespace assay::dkim
