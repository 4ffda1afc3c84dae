#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "assay/base/tag_list.h"
#include "assay/base/time.h"
#include "assay/dkim/signature.h"

/// The values of single tags, each read by one function, for DKIM-Signature, ARC-Message-Signature
/// and ARC-Seal alike. Errors: always `bad_tag` with the tag's name in the text and the offset of
/// its value.
namespace assay::dkim {

/// a=: two words; nothing where they are well-formed but not known to us (RFC 6376 §3.3.4).
std::expected<std::optional<Algorithm>, Finding> read_algorithm(const Tag& tag);

/// b=, bh=: base64, not empty, with FWS anywhere (RFC 6376 §2.10).
std::expected<std::string, Finding> read_base64(const Tag& tag);

/// d=: two labels or more, A-labels or U-labels (RFC 6376 §3.5, RFC 8616 §5). Letters, digits,
/// hyphens, and underscores, which the grammar does not have but deployed names do.
std::expected<DomainName, Finding> read_signing_domain(const Tag& tag);

/// s=: labels likewise, one or more; A-labels in the case written (RFC 6376 §3.1).
std::expected<std::string, Finding> read_selector(const Tag& tag);

/// t=, x=: seconds since 1970 (RFC 6376 §3.5). More than 18 digits count as 10^18.
std::expected<Instant, Finding> read_instant(const Tag& tag);

/// l=: 1 to 76 digits; what exceeds 64 bits is the largest number (RFC 6376 §3.5).
std::expected<std::uint64_t, Finding> read_length(const Tag& tag);

/// i= of ARC: 1 to 50 (RFC 8617 §4.2.1).
std::expected<unsigned, Finding> read_instance(const Tag& tag);

/// c=: both words, or nothing where they are well-formed but not known to us (RFC 6376 §3.4).
struct Canonicalizations {
  Canonicalization header = Canonicalization::simple;
  Canonicalization body = Canonicalization::simple;
};
std::expected<std::optional<Canonicalizations>, Finding> read_canonicalizations(const Tag& tag);

/// h=: header field names in lower case (RFC 6376 §3.5).
enum class EmptyNames : std::uint8_t { refuse, drop };
std::expected<std::vector<std::string>, Finding> read_header_names(const Tag& tag,
                                                                   EmptyNames empty_names);

/// q=: whether dns/txt is offered (RFC 6376 §3.5).
std::expected<bool, Finding> read_query(const Tag& tag);

/// The domain of i=, which is DKIM-Quoted-Printable (RFC 6376 §2.11, §3.5).
std::expected<DomainName, Finding> read_identity_domain(const Tag& tag);

}  // namespace assay::dkim
