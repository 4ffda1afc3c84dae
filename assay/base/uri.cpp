#include "assay/base/uri.h"

#include <algorithm>
#include <cstddef>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/ip_address.h"

namespace assay {
namespace {

constexpr std::string_view unreserved_marks = "-._~";
constexpr std::string_view sub_delims = "!$&'()*+,;=";
constexpr std::string_view scheme_octets =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";

std::unexpected<Finding> bad(std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = "bad_uri", .what = std::move(what), .at = at});
}

/// The length of the front of `text` that is made of unreserved octets, percent-encodings,
/// sub-delims and `more` (RFC 3986 §2, §3.3).
std::size_t span_of(std::string_view text, std::string_view more) {
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '%') {
      const bool encoded = at + 2 < text.size() && ascii::hex_value(text[at + 1]) >= 0 &&
                           ascii::hex_value(text[at + 2]) >= 0;
      if (!encoded) return at;
      at += 3;
      continue;
    }
    const bool belongs = ascii::is_alnum(c) || unreserved_marks.contains(c) ||
                         sub_delims.contains(c) || more.contains(c);
    if (!belongs) return at;
    ++at;
  }
  return at;
}

bool all_of_span(std::string_view text, std::string_view more) {
  return span_of(text, more) == text.size();
}

// RFC 3986 §3.2.2
bool is_ip_literal(std::string_view inner) {
  if (!inner.empty() && (inner.front() == 'v' || inner.front() == 'V')) {
    const std::size_t dot = inner.find('.');
    if (dot == std::string_view::npos || dot < 2 || dot + 1 == inner.size()) return false;
    const bool hex = std::ranges::all_of(inner.substr(1, dot - 1),
                                         [](char c) { return ascii::hex_value(c) >= 0; });
    const std::string_view rest = inner.substr(dot + 1);
    return hex && !rest.contains('%') && all_of_span(rest, ":");
  }
  return inner.contains(':') && IpAddress::parse(inner).has_value();
}

/// The host of an authority (RFC 3986 §3.2); nothing when the authority is not one.
std::optional<std::string_view> host_of(std::string_view authority) {
  const std::size_t at_sign = authority.find('@');
  if (at_sign != std::string_view::npos) {
    if (!all_of_span(authority.substr(0, at_sign), ":")) return std::nullopt;
    authority.remove_prefix(at_sign + 1);
  }
  std::size_t end = 0;
  if (authority.starts_with('[')) {
    end = authority.find(']');
    if (end == std::string_view::npos || !is_ip_literal(authority.substr(1, end - 1))) {
      return std::nullopt;
    }
    ++end;
  } else {
    end = span_of(authority, "");
  }
  std::string_view port = authority.substr(end);
  if (!port.empty() && port.front() != ':') return std::nullopt;
  if (!port.empty()) port.remove_prefix(1);
  if (!std::ranges::all_of(port, ascii::is_digit)) return std::nullopt;
  return authority.substr(0, end);
}

bool is_atext(char c) {
  return ascii::is_alnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c);
}

bool is_dot_atom(std::string_view text) {
  bool after_dot = true;
  for (const char c : text) {
    if (c == '.' ? after_dot : !is_atext(c)) return false;
    after_dot = c == '.';
  }
  return !after_dot;
}

bool is_quoted_string(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' || (text[i] != ' ' && !ascii::is_graph(text[i]))) return false;
    if (text[i] != '\\') continue;
    ++i;
    if (i == text.size() || (text[i] != ' ' && !ascii::is_graph(text[i]))) return false;
  }
  return true;
}

bool is_mail_domain(std::string_view text) {
  const bool letters = std::ranges::all_of(
      text, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
  return letters && !text.ends_with('.') && DomainName::parse(text).has_value();
}

}  // namespace

std::expected<Uri, Finding> parse_uri(std::string_view text) {
  Uri uri;
  const std::size_t colon = std::min(text.find(':'), text.size());
  uri.scheme = text.substr(0, colon);
  // RFC 3986 §3.1
  if (uri.scheme.empty() || !ascii::is_alpha(uri.scheme.front())) {
    return bad("a URI begins with a scheme, such as \"mailto:\"", 0);
  }
  const std::size_t scheme_end = uri.scheme.find_first_not_of(scheme_octets);
  if (scheme_end != std::string_view::npos) {
    return bad("a URI begins with a scheme, such as \"mailto:\"", scheme_end);
  }
  if (colon == text.size()) return bad("a URI has a colon behind its scheme", colon);
  std::size_t at = colon + 1;
  if (text.substr(at).starts_with("//")) {
    const std::size_t end = std::min(text.find_first_of("/?#", at + 2), text.size());
    uri.authority = text.substr(at + 2, end - at - 2);
    const auto host = host_of(*uri.authority);
    if (!host) return bad("the part behind \"//\" names no host", at + 2);
    uri.host = *host;
    at = end;
  }
  uri.path = text.substr(at, span_of(text.substr(at), ":@/"));
  at += uri.path.size();
  if (at < text.size() && text[at] == '?') {
    uri.query = text.substr(at + 1, span_of(text.substr(at + 1), ":@/?"));
    at += 1 + uri.query->size();
  }
  if (at < text.size() && text[at] == '#') {
    uri.fragment = text.substr(at + 1, span_of(text.substr(at + 1), ":@/?"));
    at += 1 + uri.fragment->size();
  }
  if (at < text.size()) {
    return bad("an octet that a URI cannot hold unencoded: " + ascii::printable(text.substr(at, 1)),
               at);
  }
  return uri;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = ascii::hex_value(text[i + 1]);
    const int low = ascii::hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::optional<std::string> mailto_address(const Uri& uri) {
  if (!ascii::iequals(uri.scheme, "mailto") || uri.authority) return std::nullopt;
  auto address = percent_decode(uri.path);
  if (!address) return std::nullopt;
  const std::size_t at_sign = address->rfind('@');
  if (at_sign == std::string::npos) return std::nullopt;
  const std::string_view local = std::string_view(*address).substr(0, at_sign);
  if (!is_dot_atom(local) && !is_quoted_string(local)) return std::nullopt;
  if (!is_mail_domain(std::string_view(*address).substr(at_sign + 1))) return std::nullopt;
  return address;
}

}  // namespace assay
