#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/finding.h"
#include "assay/base/time.h"

/// Requests and answers as values: what is between a socket and the interface.
namespace assay::webapi {

/// A request without its body.
struct Request {
  std::string method;
  std::string target = {};                                      ///< path and query, as sent
  std::map<std::string, std::string, std::less<>> fields = {};  ///< names in lower case
  std::string client = {};  ///< address of who asks, as text: of proxies that are trusted, theirs
  bool secure = false;      ///< came by TLS, to us or to a proxy that is trusted
  Instant now = {};

  /// The value of a field; empty where there is none.
  std::string_view field(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string type = {};  ///< Content-Type; empty: there is no body
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> fields = {};
  bool encoded = false;  ///< the body is packed already, as Content-Encoding says
};

inline constexpr std::string_view json_type = "application/json; charset=utf-8";

Response json_response(int status, std::string body);
/// {"error":{"code":…,"what":…}}
Response error_response(int status, std::string_view code, std::string_view what);
/// The same of a finding of Accounts, the Store or analysis: the status follows from its code.
Response error_response(const Finding& finding);
Response no_content();

/// The path of a target in decoded segments, and its query.
struct Target {
  std::vector<std::string> path = {};
  std::map<std::string, std::string, std::less<>> query = {};

  /// A value of the query; empty where there is none.
  const std::string& value(std::string_view name) const;
};

/// "/a/b%20c?x=1&y=2". Total. Nothing for a target that does not begin with a slash, a percent sign
/// without two digits, a segment that is empty (but the last), "." or "..", a NUL, octets that are
/// no UTF-8, a name given twice in the query, or more than 8 KiB.
std::optional<Target> parse_target(std::string_view target);

/// The value of a cookie in a Cookie field (RFC 6265 §4.2.1); the first of that name. Nothing where
/// there is none.
std::optional<std::string> cookie(std::string_view field, std::string_view name);

/// A host of a Host field without its port, in lower case: "localhost", "192.0.2.1",
/// "[2001:db8::1]". Nothing for text that is no authority.
std::optional<std::string> host_of(std::string_view authority);

}  // namespace assay::webapi
