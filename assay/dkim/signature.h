#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "assay/base/time.h"
#include "assay/dkim/body_hash.h"

namespace assay::dkim {

enum class KeyType : std::uint8_t { rsa, ed25519 };

/// a= as two words, both known to us.
struct Algorithm {
  KeyType key = KeyType::rsa;
  Hash hash = Hash::sha256;

  friend bool operator==(const Algorithm&, const Algorithm&) = default;
};

/// The tags of a DKIM-Signature or ARC-Message-Signature field (RFC 6376 §3.5), checked one by one.
/// Tags are kept in their own words where the result must be reported.
struct Signature {
  std::string algorithm_text = {};          ///< a= as written
  std::optional<Algorithm> algorithm = {};  ///< nothing: a= names one we do not know
  std::string signature = {};               ///< b= decoded
  std::string signature_start = {};         ///< the first 8 characters or more of b= (RFC 6008)
  std::string body_hash = {};               ///< bh= decoded
  Canonicalization header_canonicalization = Canonicalization::simple;
  Canonicalization body_canonicalization = Canonicalization::simple;
  bool canonicalization_known = true;          ///< false: c= names one we do not know
  DomainName domain = {};                      ///< d= as A-labels
  std::string domain_text = {};                ///< d= as written
  std::string selector = {};                   ///< s= as A-labels, in the case written
  std::string identity = {};                   ///< i= as written but for FWS; "@d" where absent
  bool identity_below_domain = true;           ///< i= stands at d= or below
  bool identity_is_domain = true;              ///< i= stands at d= itself (t=s of the key wants it)
  std::vector<std::string> header_names = {};  ///< h= in order, lower case
  std::optional<std::uint64_t> length = {};    ///< l=
  bool query_known = true;                     ///< q= offers dns/txt
  std::optional<Instant> timestamp = {};       ///< t=; more than 18 digits: 10^18
  std::optional<Instant> expiration = {};      ///< x=
  std::optional<unsigned> instance = {};       ///< ARC: i=
};

enum class SignatureKind : std::uint8_t { dkim, arc_message };

/// A longer field is none that a signer made.
constexpr std::size_t max_signature_octets = 64U << 10;

/// Reads the value of the field (RFC 6376 §3.5, §6.1.1). Words that the grammar spells as literals
/// (a=, c=, q=) are compared without case (RFC 5234 §2.3). An ARC-Message-Signature has no v=, its
/// i= is the instance, and its h= need not name From and may be empty (RFC 8617 §4.1.2).
/// Errors: one of `no_tag`, `duplicate_tag`, `missing_tag`, `bad_version`, `bad_tag`,
/// `from_not_signed`, `too_long` with the offset in `value`; the text names the tag.
std::expected<Signature, Finding> parse_signature(std::string_view value,
                                                  SignatureKind kind = SignatureKind::dkim);

/// What can be known of a field that parse_signature refused: d=, s=, a=, i= where they can be
/// read, for reports.
Signature salvage_signature(std::string_view value);

}  // namespace assay::dkim
