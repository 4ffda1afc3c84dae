#include "assay/tlsrpt/record.h"

#include <algorithm>
#include <optional>

#include "assay/base/ascii.h"
#include "assay/base/uri.h"

namespace assay::tlsrpt {
namespace {

// RFC 8460 §3: %s"v=TLSRPTv1", so that neither case nor white space may differ.
constexpr std::string_view version = "v=TLSRPTv1";
constexpr std::size_t max_name = 32;

std::unexpected<Finding> bad(std::string_view code, std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = at});
}

/// Where the semicolon behind the version stands, or nothing for another text.
std::optional<std::size_t> end_of_version(std::string_view text) {
  if (!text.starts_with(version)) return std::nullopt;
  std::size_t at = version.size();
  while (at < text.size() && ascii::is_wsp(text[at])) ++at;
  if (at == text.size() || text[at] != ';') return std::nullopt;
  return at;
}

std::string why_no_record(std::string_view text) {
  if (is_tlsrpt_record(ascii::trim_fws(text))) {
    return "white space stands before v=TLSRPTv1, so this is no TLSRPT record";
  }
  if (ascii::istarts_with(text, "v=spf1")) return "this is an SPF record, not one of TLSRPT";
  return "a TLSRPT record begins with \"v=TLSRPTv1;\" in exactly these letters";
}

// RFC 8460 §3: (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= max_name && ascii::is_alnum(name.front()) &&
         std::ranges::all_of(
             name, [](char c) { return ascii::is_alnum(c) || c == '_' || c == '-' || c == '.'; });
}

// RFC 8460 §3: 1*(%x21-3A / %x3C / %x3E-7E)
bool is_value(std::string_view value) {
  return !value.empty() &&
         std::ranges::all_of(value, [](char c) { return ascii::is_graph(c) && c != '='; });
}

void note(Record& record, Level level, std::string_view code, std::string what, std::size_t at) {
  record.findings.push_back({.code = code, .what = std::move(what), .at = at, .level = level});
}

void add_tag(std::string_view name, std::string_view value, std::size_t at, Record& record) {
  const bool again =
      std::ranges::any_of(record.tags, [&](const auto& tag) { return tag.first == name; });
  if (record.findings.size() < max_tags && again) {
    note(record, Level::warning, "duplicate_tag",
         "the field " + std::string(name) + " stands here again", at);
  }
  if (!again && record.tags.size() < max_tags) record.tags.emplace_back(name, value);
}

void note_destination(const Destination& destination, const Uri& uri, std::size_t at,
                      Record& record) {
  if (destination.supported || record.findings.size() >= max_tags) return;
  const std::string text = ascii::printable(destination.uri, 80);
  if (ascii::iequals(uri.scheme, "mailto")) {
    note(record, Level::error, "bad_address", "no mail address of ASCII letters stands in " + text,
         at);
  } else {
    note(record, Level::warning, "unsupported_scheme",
         "reports go to mailto and https URIs only, not to " + text, at);
  }
}

std::expected<void, Finding> add_destination(std::string_view item, std::size_t at,
                                             Record& record) {
  const auto uri = parse_uri(item);
  if (!uri) return bad("bad_uri", "rua holds no URI: " + uri.error().what, at + uri.error().at);
  // RFC 8460 §3: commas, exclamation points and semicolons are encoded.
  const std::size_t bang = item.find('!');
  if (bang != std::string_view::npos) {
    return bad("bad_uri", "an exclamation mark in a URI is written %21", at + bang);
  }
  Destination destination{.uri = std::string(item)};
  if (auto address = mailto_address(*uri)) destination.address = std::move(*address);
  destination.supported =
      !destination.address.empty() || (ascii::iequals(uri->scheme, "https") && !uri->host.empty());
  note_destination(destination, *uri, at, record);
  if (record.rua.size() < max_destinations) {
    record.rua.push_back(std::move(destination));
  } else if (record.findings.empty() || record.findings.back().code != "many_uris") {
    note(record, Level::error, "many_uris", "more than 100 URIs; those from here on are ignored",
         at);
  }
  return {};
}

// RFC 8460 §3: tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri)
std::expected<void, Finding> add_destinations(std::string_view list, std::size_t at,
                                              Record& record) {
  for (const std::string_view between : ascii::Pieces(list, ',')) {
    const std::string_view item = ascii::trim_wsp(between);
    const auto added =
        add_destination(item, at + static_cast<std::size_t>(item.data() - list.data()), record);
    if (!added) return added;
  }
  return {};
}

std::expected<void, Finding> add_field(std::string_view field, std::size_t at, Record& record) {
  const std::size_t equals = field.find('=');
  const std::string_view name = field.substr(0, equals);
  if (equals == std::string_view::npos || !is_name(name)) {
    return bad("bad_field", "not of the form name=value: " + ascii::printable(field, 40), at);
  }
  const std::string_view value = field.substr(equals + 1);
  if (name == "rua") {
    const auto added = add_destinations(value, at + equals + 1, record);
    if (!added) return added;
  } else if (!is_value(value)) {  // RFC 8460 §3: unknown fields are ignored where they are fields.
    return bad("bad_field", std::string(name) + " has a value that no field may have", at);
  }
  add_tag(name, value, at, record);
  return {};
}

}  // namespace

bool is_tlsrpt_record(std::string_view text) {
  return end_of_version(text).has_value();
}

std::expected<Record, Finding> parse_record(std::string_view text) {
  const auto version_end = end_of_version(text);
  if (!version_end) {
    const bool bare = ascii::trim_wsp(text) == version;
    return bad(bare ? "missing_rua" : "no_tlsrpt_record",
               bare ? "rua is missing behind v=TLSRPTv1" : why_no_record(text), 0);
  }
  Record record{.text = std::string(text)};
  record.tags.emplace_back("v", "TLSRPTv1");
  for (std::size_t begin = *version_end + 1; begin <= text.size();) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    const std::string_view field = ascii::trim_wsp(text.substr(begin, end - begin));
    const std::size_t at = static_cast<std::size_t>(field.data() - text.data());
    begin = end + 1;
    if (field.empty() && end == text.size()) break;  // a last semicolon may stand there, or not
    const auto added = add_field(field, at, record);
    if (!added) return std::unexpected(added.error());
  }
  if (record.rua.empty()) {
    return bad("missing_rua", "rua is missing: a record without it asks for nothing", text.size());
  }
  return record;
}

std::string to_text(const Record& record) {
  std::string text(version);
  for (const Destination& destination : record.rua) {
    text += &destination == &record.rua.front() ? "; rua=" : ",";
    text += destination.uri;
  }
  for (const auto& [name, value] : record.tags) {
    if (name == "v" || name == "rua") continue;
    text.append("; ").append(name).append("=").append(value);
  }
  return text;
}

}  // namespace assay::tlsrpt
