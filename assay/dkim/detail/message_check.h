#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "assay/dkim/sign.h"
#include "assay/mail/header.h"

namespace assay::dkim::detail {

/// ASCII alone; UTF-8 that is more (RFC 6532); other octets above 127.
enum class Charset : std::uint8_t { ascii, utf8, unknown };
Charset charset_of(std::string_view text);
/// Of all fields together.
Charset charset_of(const mail::Header& header);

/// What octets hold that a relay would change.
class OctetCheck {
 public:
  /// The next octets, cut anywhere.
  void update(std::string_view octets);
  /// Whether a CR or LF stood alone in all that came.
  bool has_bare_line_end() const { return bare_line_feed_ || carriage_returns_ != line_feeds_; }
  bool has_eight_bits() const { return eight_bits_; }

 private:
  std::size_t carriage_returns_ = 0;
  std::size_t line_feeds_ = 0;
  bool bare_line_feed_ = false;
  bool eight_bits_ = false;
  char last_ = '\0';
};

/// Whether the header is one to be signed, and has one From field with readable authors.
/// Errors: as for Signer::begin.
std::expected<void, Finding> check_header(const mail::Header& header);

/// Whether d= can be aligned with each author domain (RFC 9989 §4.4); adds warnings.
/// Errors: `no_author_domain`, `not_aligned` where `unaligned` is refused.
std::expected<void, Finding> check_alignment(const mail::Header& header, const DomainName& domain,
                                             Unaligned unaligned, Findings& findings);

}  // namespace assay::dkim::detail
