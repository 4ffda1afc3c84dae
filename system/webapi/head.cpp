#include "system/webapi/head.h"

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"

namespace assay::webapi {
namespace {

constexpr std::array<std::string_view, 6> methods = {"GET", "HEAD",  "POST",
                                                     "PUT", "PATCH", "DELETE"};
/// Fields that must not be there twice; others are joined (RFC 9110 §5.3).
constexpr std::array<std::string_view, 9> single = {
    "host",   "content-length", "transfer-encoding", "content-type",    "authorization",
    "origin", "cookie",         "x-assay-csrf",      "content-encoding"};
/// Not handed on: each connection has one request, ranges are not served, and packing is ours.
constexpr std::array<std::string_view, 9> dropped = {
    "range",   "if-range", "connection",  "keep-alive", "accept-encoding",
    "upgrade", "te",       "remote_addr", "remote_port"};

std::unexpected<BadHead> bad(int status, std::string_view what) {
  return std::unexpected(BadHead{status, what});
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char octet) {
    return ascii::is_alpha(octet) || ascii::is_digit(octet) ||
           std::string_view("!#$%&'*+-.^_`|~").find(octet) != std::string_view::npos;
  });
}

/// Visible octets, blanks and tabs; octets above 127 are left to who reads the value.
bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char octet) {
    const auto value = static_cast<unsigned char>(octet);
    return octet == '\t' || (value >= 0x20 && value != 0x7f);
  });
}

std::expected<void, BadHead> read_request_line(std::string_view line, Head& head) {
  const auto parts = ascii::split(line, ' ');
  if (parts.size() != 3) return bad(400, "this is no request line");
  if (std::ranges::find(methods, parts[0]) == methods.end()) {
    return is_token(parts[0]) ? bad(405, "this method is not served")
                              : bad(400, "this is no method");
  }
  const bool printable = std::ranges::all_of(parts[1], ascii::is_graph);
  if (!parts[1].starts_with('/') || !printable) return bad(400, "this is no path");
  if (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0") {
    return bad(parts[2].starts_with("HTTP/") ? 505 : 400, "this version is not spoken");
  }
  head.method = parts[0];
  head.target = parts[1];
  return {};
}

std::expected<void, BadHead> read_field(std::string_view line, Head& head) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return bad(400, "a field has no name");
  }
  const std::string_view value = ascii::trim_wsp(line.substr(colon + 1));
  if (!is_value(value)) return bad(400, "a field holds control characters");
  std::string name = ascii::to_lower(line.substr(0, colon));
  const auto [place, is_new] = head.fields.emplace(std::move(name), value);
  if (is_new) return {};
  if (std::ranges::find(single, place->first) != single.end()) {
    return bad(400, "a field stands there twice");
  }
  place->second += ", " + std::string(value);
  return {};
}

std::expected<void, BadHead> read_framing(Head& head) {
  if (!head.fields.contains("host")) return bad(400, "Host is missing");
  const auto length = head.fields.find("content-length");
  const auto coding = head.fields.find("transfer-encoding");
  if (coding != head.fields.end()) {
    if (length != head.fields.end()) return bad(400, "Content-Length beside Transfer-Encoding");
    if (!ascii::iequals(coding->second, "chunked")) return bad(501, "this coding is not known");
    head.chunked = true;
  }
  if (length == head.fields.end()) return {};
  constexpr std::size_t most_digits = 15;
  const auto number =
      length->second.size() <= most_digits ? ascii::parse_number(length->second) : std::nullopt;
  if (!number) return bad(400, "Content-Length is no number");
  head.length = *number;
  return {};
}

}  // namespace

std::expected<Head, BadHead> read_head(std::string_view text) {
  if (text.size() > max_head) return bad(431, "the head is too large");
  if (!text.ends_with("\r\n\r\n")) return bad(400, "the head has no end");
  text.remove_suffix(2);
  Head head;
  std::size_t fields = 0;
  for (bool first = true; !text.empty(); first = false) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return bad(400, "a line has no end");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (!first && ++fields > max_fields) return bad(431, "there are too many fields");
    auto read = first ? read_request_line(line, head) : read_field(line, head);
    if (!read) return std::unexpected(read.error());
  }
  if (auto framing = read_framing(head); !framing) return std::unexpected(framing.error());
  return head;
}

std::string write_head(const Head& head) {
  std::string text = head.method + " " + head.target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : head.fields) {
    if (std::ranges::find(dropped, name) != dropped.end()) continue;
    text += name + ": " + value + "\r\n";
  }
  const auto packed = head.fields.find("accept-encoding");
  if (packed != head.fields.end() && packed->second.find("gzip") != std::string::npos) {
    text += "accept-encoding: gzip\r\n";
  }
  return text + "\r\n";
}

}  // namespace assay::webapi
