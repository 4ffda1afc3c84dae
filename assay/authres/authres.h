#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "assay/mail/header.h"

/// Authentication-Results (RFC 8601): reads it, writes it, knows forged ones. What the results are
/// is for others.
///
///     for (std::size_t index : authres::fields_to_remove(header, "mx.example.org")) …remove it
///     std::string field = authres::to_field({.authserv_id = "mx.example.org", .results = {…}});
///     …put it above all other fields (RFC 8601 §4)
namespace assay::authres {

/// ptype.property=value, for example header.d=example.com (RFC 8601 §2.3).
struct Property {
  std::string ptype;     ///< lower case
  std::string property;  ///< lower case
  /// Unquoted. An address whose local-part needs quotes keeps them: "a b"@example.com
  std::string value;
  friend bool operator==(const Property&, const Property&) = default;
};

/// One resinfo.
struct MethodResult {
  std::string method;         ///< lower case
  std::string version = "1";  ///< digits without leading zeros
  std::string result;         ///< lower case
  std::string reason = {};    ///< unquoted; empty: none
  std::vector<Property> properties = {};
  std::string comment = {};  ///< written as a comment behind the result; not read back
  friend bool operator==(const MethodResult&, const MethodResult&) = default;
};

/// The value of one field.
struct AuthenticationResults {
  std::string authserv_id;  ///< unquoted, as written
  std::string version = "1";
  std::vector<MethodResult> results = {};  ///< empty: "none"
  /// What was bent, as warnings. A finding of level error means that the results could be read,
  /// yet a receiver that follows the RFC has no use for the field: `no_authserv_id`.
  Findings findings = {};
};

/// Reads the value of a field (behind the colon), as far as the form goes that real software
/// writes; each such liberty is a finding. Methods, results and ptypes may be any keyword: see
/// without_unknown. Errors: the first place where the value leaves RFC 8601 §2.2, among them
/// `unknown_version` (§2.6). Linear; comments at most max_comment_depth deep, methods and
/// properties at most max_parts together (`too_many_parts`).
std::expected<AuthenticationResults, Finding> parse(std::string_view value);

/// Whether a receiver that follows the RFC may use what was read: no finding of level error.
bool usable(const AuthenticationResults& parsed);

constexpr std::size_t max_comment_depth = 100;
constexpr std::size_t max_parts = 100'000;
constexpr std::size_t max_findings = 100;

/// What a consumer may act on: without methods, method versions and results that are not in the
/// IANA registry, and without properties of an unknown ptype (RFC 8601 §2.3, §2.6, §4.1).
AuthenticationResults without_unknown(AuthenticationResults value);

/// ARC-Authentication-Results (RFC 8617 §4.1.1): "i=n; " and then as above.
struct ArcAuthenticationResults {
  unsigned instance = 0;  ///< 1 to 50
  std::string_view rest;  ///< behind "i=n;"; lives as long as the value
};
/// Errors: `bad_instance` where no instance tag of RFC 8617 §4.2.1 stands first.
std::expected<ArcAuthenticationResults, Finding> parse_arc_instance(std::string_view value);

/// Whether UTF-8 may stand in a field: only in a message sent with SMTPUTF8 (RFC 6532, RFC 8601
/// §2.5).
enum class Characters : std::uint8_t { ascii, utf8 };

/// The whole field "Authentication-Results: …" without a final CRLF, folded at 78 with CRLF and
/// never over 998 octets a line. Every value is quoted and cleaned as needed: no octet of a value
/// can end the field or forge a result (RFC 8601 §2.2, §7). Parses back to cleaned(value).
std::string to_field(AuthenticationResults value, Characters characters = Characters::ascii);

/// What to_field writes: keywords in lower case with other octets than letters, digits and hyphens
/// as hyphens, results and properties without a keyword left out; in values and comments each
/// control character, and each octet that `characters` does not allow, as "?"; what is longer than
/// max_value octets cut; in comments other characters for parentheses, backslashes, quotes and
/// semicolons; version 1.
AuthenticationResults cleaned(AuthenticationResults value,
                              Characters characters = Characters::ascii);

constexpr std::size_t max_value = 400;
constexpr std::size_t max_keyword = 63;

/// Whether a field of this message claims to be written by `authserv_id` (case-insensitive,
/// U-labels alike, also when the rest of it cannot be read), or has a version we do not know: it
/// must go before ours is added (RFC 8601 §5). So does one whose authserv-id cannot be told, since
/// no two readers agree on it. Fields of other names never do.
bool must_remove(const mail::Field& field, std::string_view authserv_id);

/// Which Authentication-Results fields must go, as the milter protocol counts: 1 for the first
/// field of that name, the last one first, so that each index is still right when those before it
/// in the list are gone (RFC 8601 §5).
std::vector<std::size_t> fields_to_remove(const mail::Header& header, std::string_view authserv_id);

}  // namespace assay::authres
