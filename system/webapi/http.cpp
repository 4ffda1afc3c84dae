#include "system/webapi/http.h"

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/base/uri.h"
#include "assay/base/utf8.h"
#include "system/json/writer.h"

namespace assay::webapi {
namespace {

constexpr std::size_t longest_target = 8192;

bool is_text(std::string_view octets) {
  if (octets.find('\0') != std::string_view::npos) return false;
  while (!octets.empty()) {
    const std::size_t size = utf8::decode(octets).octets;
    if (size == 0) return false;
    octets.remove_prefix(size);
  }
  return true;
}

std::optional<std::string> decode(std::string_view text) {
  auto decoded = percent_decode(text);
  if (!decoded || !is_text(*decoded)) return std::nullopt;
  return decoded;
}

/// In a query "+" is a blank, as forms write it.
std::optional<std::string> decode_form(std::string_view text) {
  std::string blanks(text);
  std::ranges::replace(blanks, '+', ' ');
  return decode(blanks);
}

bool read_query(std::string_view text, Target& target) {
  for (const std::string_view part : ascii::split(text, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const auto name = decode_form(part.substr(0, equals));
    const auto value = decode_form(equals == std::string_view::npos ? std::string_view()
                                                                    : part.substr(equals + 1));
    if (!name || !value || !target.query.emplace(*name, *value).second) return false;
  }
  return true;
}

bool read_path(std::string_view text, Target& target) {
  const auto parts = ascii::split(text, '/');
  for (std::size_t i = 1; i < parts.size(); ++i) {
    auto segment = decode(parts[i]);
    if (!segment || *segment == "." || *segment == "..") return false;
    if (segment->empty()) {
      if (i + 1 < parts.size()) return false;
      continue;
    }
    target.path.push_back(std::move(*segment));
  }
  return true;
}

struct Known {
  std::string_view code;
  int status;
};
constexpr std::array known = {
    Known{"not_found", 404},      Known{"store_unknown", 404}, Known{"exists", 409},
    Known{"set_up_already", 403}, Known{"no_group", 400},      Known{"last_administrator", 409},
    Known{"not_empty", 409},      Known{"no_domain", 400},     Known{"bad_question", 404},
    Known{"bad_domain", 400},     Known{"bad_day", 400},       Known{"bad_word", 400},
    Known{"bad_request", 400},    Known{"no_resolver", 503},   Known{"not_permitted", 403},
    Known{"unavailable", 503}};

}  // namespace

std::string_view Request::field(std::string_view name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

Response json_response(int status, std::string body) {
  return {.status = status, .type = std::string(json_type), .body = std::move(body)};
}

Response error_response(int status, std::string_view code, std::string_view what) {
  json::Writer out;
  out.begin_object();
  out.key("error");
  out.begin_object();
  out.member("code", code);
  out.member("what", what);
  out.end_object();
  out.end_object();
  return json_response(status, out.take());
}

Response error_response(const Finding& finding) {
  const auto found = std::ranges::find(known, finding.code, &Known::code);
  if (found != known.end()) {
    const bool unknown = finding.code == "store_unknown";
    return error_response(found->status, unknown ? "not_found" : finding.code, finding.what);
  }
  return error_response(finding.code.starts_with("store_") ? 503 : 400, finding.code, finding.what);
}

Response no_content() {
  return {.status = 204};
}

const std::string& Target::value(std::string_view name) const {
  static const std::string none;
  const auto found = query.find(name);
  return found == query.end() ? none : found->second;
}

std::optional<Target> parse_target(std::string_view text) {
  if (text.size() > longest_target || !text.starts_with('/')) return std::nullopt;
  text = text.substr(0, text.find('#'));
  const std::size_t mark = text.find('?');
  Target target;
  if (!read_path(text.substr(0, mark), target)) return std::nullopt;
  if (mark != std::string_view::npos && !read_query(text.substr(mark + 1), target)) {
    return std::nullopt;
  }
  return target;
}

std::optional<std::string> cookie(std::string_view field, std::string_view name) {
  for (const std::string_view part : ascii::split(field, ';')) {
    const std::string_view pair = ascii::trim_wsp(part);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    return std::string(pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::optional<std::string> host_of(std::string_view authority) {
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::size_t colon = authority.find(':', bracket);
  const std::string_view host = authority.substr(0, colon);
  if (colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    if (port.size() > 5 || !std::ranges::all_of(port, ascii::is_digit)) return std::nullopt;
  }
  const auto may_stand = [](char octet) {
    return ascii::is_alpha(octet) || ascii::is_digit(octet) ||
           std::string_view(".-_:[]").find(octet) != std::string_view::npos;
  };
  if (host.empty() || !std::ranges::all_of(host, may_stand)) return std::nullopt;
  if (bracket > 0 && bracket + 1 != host.size()) return std::nullopt;
  return ascii::to_lower(host);
}

}  // namespace assay::webapi
