#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/failure/report.h"

/// What is private is taken out of a report before anybody sees it (RFC 6590, RFC 9991 §7).
namespace assay::failure {

/// Replaces local-parts by words that say nothing, but are the same for the same address
/// (RFC 6590 §3), so that who reads the reports sees that several are about one person. The domain
/// stays.
class Redactor {
 public:
  /// `key` is secret, at least 16 random octets, and kept, or else nothing compares with yesterday.
  /// `scope` is the policy domain: reports to two owners cannot be compared with each other, and
  /// nobody learns by his own reports what words stand for whom in those of others.
  explicit Redactor(std::string_view key, std::string_view scope = {});

  /// 16 letters and digits (80 bits of HMAC-SHA-256, base32) for an address; A-Z are a-z.
  std::string local_part(std::string_view local_part, std::string_view domain) const;
  /// Free text with the local-part of every address in it replaced: also in quotes, before spaces,
  /// behind "mailto:", behind a property ("smtp.mailfrom=") and before "%40". Linear.
  std::string text(std::string_view text) const;
  /// An address list (RFC 5322 §3.4) as addresses in angle brackets: names of people and groups,
  /// and comments, are dropped. Of text that is no list, the addresses that stand in it.
  std::string addresses(std::string_view value) const;

 private:
  std::string key_;
};

/// "hxxp" for "http" where a URI begins (RFC 9991 §7.3), so that nobody follows one by accident.
std::string without_links(std::string_view text);

enum class Bodies : std::uint8_t { none, text };

/// What of the original is shown; as little as serves (RFC 9991 §7).
struct Shown {
  /// none: the header alone. text: the plain text too, without attachments, other forms of the
  /// text, and links that can be followed (RFC 9991 §7.3).
  Bodies bodies = Bodies::none;
  std::size_t body_octets = 10'000;
  std::size_t header_octets = 64'000;
  /// Names of header fields shown beside those of is_shown_field; their addresses are redacted.
  std::vector<std::string> also = {};
};

/// Whether a header field is shown by default: those that tell the message's way, its
/// authentication, its author, date, subject and identity.
bool is_shown_field(std::string_view name);

/// The report with what is private replaced or left out: local-parts in its fields; of the original
/// the fields that are shown, From, To and their like by `addresses`, others by `text`;
/// Content-Type without parameters; DKIM-Signature without copied fields (z=). The canonicalized
/// header and body go, since they must not hold redacted data (RFC 6591 §3.2.4). Total.
Report redact(Report report, const Redactor& redactor, const Shown& shown = {});

/// Adds the canonicalized header and body as the verifier had them, the body no longer than what
/// the body hash covers (l=, RFC 6591 §3.2.4). For reports that are not redacted.
void add_canonicalized(Report& report, std::string_view header, std::string_view body,
                       std::optional<std::uint64_t> length);

}  // namespace assay::failure
