#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "assay/mail/header.h"

/// Authentication-Results (RFC 8601): reads it, writes it, knows forged ones. What the results are
/// is for others.
namespace assay::authres {

/// ptype.property=value, for example header.d=example.com (RFC 8601 §2.3).
struct Property {
  std::string ptype;
  std::string property;
  std::string value;  ///< unquoted
  friend bool operator==(const Property&, const Property&) = default;
};

/// One resinfo.
struct MethodResult {
  std::string method;  ///< lower case
  std::string version = "1";
  std::string result;       ///< lower case
  std::string reason = {};  ///< unquoted; empty: none
  std::vector<Property> properties = {};
  std::string comment = {};  ///< written as a comment behind the result; not read back
  friend bool operator==(const MethodResult&, const MethodResult&) = default;
};

/// The value of one field.
struct AuthenticationResults {
  std::string authserv_id;
  std::string version = "1";
  std::vector<MethodResult> results = {};  ///< empty: "none"
  Findings findings = {};                  ///< what was bent, at or below warning
};

/// Reads the value of a field (behind the colon). `arc` ones have an instance tag first: see
/// parse_arc. Errors: the first place where the value leaves RFC 8601 §2.2. Bounded in depth of
/// comments, linear.
std::expected<AuthenticationResults, Finding> parse(std::string_view value);

/// ARC-Authentication-Results (RFC 8617 §4.1.1): "i=n; " and then as above.
struct ArcAuthenticationResults {
  unsigned instance = 0;
  std::string_view rest;  ///< behind "i=n;"; lives as long as the value
};
std::expected<ArcAuthenticationResults, Finding> parse_arc_instance(std::string_view value);

/// The whole field "Authentication-Results: …" without a final CRLF, folded at 78 with CRLF and
/// never over 998 octets a line. Every value is quoted and cleaned as needed: no octet of a value
/// can end the field or forge a result (RFC 8601 §2.2, §7).
std::string to_field(const AuthenticationResults& value);

/// Whether a field of this message claims to be written by `authserv_id` (case-insensitive,
/// U-labels alike, also when the rest of it cannot be read), or has a version we do not know: it
/// must go before ours is added (RFC 8601 §5).
bool must_remove(const mail::Field& field, std::string_view authserv_id);

}  // namespace assay::authres
