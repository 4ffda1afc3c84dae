#include "system/json/record_answer.h"

#include <array>
#include <utility>
#include <variant>

#include "assay/authres/authres.h"
#include "assay/base/ascii.h"
#include "assay/base/overloaded.h"
#include "assay/dkim/key.h"
#include "assay/dmarc/record.h"
#include "assay/spf/lint.h"
#include "assay/tlsrpt/record.h"
#include "system/json/detail/parts.h"
#include "system/json/writer.h"

namespace assay::json {
namespace {

using namespace detail;

using Tags = std::vector<std::pair<std::string, std::string>>;

void write_tags(Writer& out, const Tags& tags) {
  out.key("tags");
  out.begin_object();
  for (const auto& [name, value] : tags) {
    out.key(name);
    out.string(value);
  }
  out.end_object();
}

void write_dmarc(Writer& out, std::string_view text) {
  const auto record = dmarc::parse_record(text);
  if (!record) {
    out.member_boolean("valid", false);
    write_findings(out, "findings", {record.error()});
    return;
  }
  // RFC 9989 §4.10.1: neither a valid policy nor a rua that makes it p=none.
  out.member_boolean("valid", record->usable() != dmarc::Usable::not_at_all);
  write_tags(out, record->tags);
  write_findings(out, "findings", record->findings);
}

/// The words of one term: -include:example.com is fail, include and example.com.
void write_term(Writer& out, const spf::LintedTerm& linted) {
  out.begin_object();
  out.member("term", linted.written);
  if (linted.term) {
    const bool directive = std::holds_alternative<spf::Directive>(linted.term->what);
    const std::string_view signs = "+-~?";
    const bool signed_term = directive && signs.contains(linted.written.substr(0, 1));
    const std::string_view rest = std::string_view(linted.written).substr(signed_term ? 1 : 0);
    const std::size_t end = rest.find_first_of(":/=");
    out.member("kind", directive ? "mechanism" : "modifier");
    if (directive) {
      out.member("qualifier", signed_term ? std::string_view(linted.written).substr(0, 1) : "+");
    }
    out.member("name", ascii::to_lower(rest.substr(0, end)));
    if (end != std::string_view::npos) {
      out.member("value", rest.substr(rest[end] == '/' ? end : end + 1));
    }
  }
  out.member_number("at", linted.at);
  out.end_object();
}

void write_spf(Writer& out, std::string_view text) {
  const spf::Lint lint = spf::lint_record(text);
  out.member_boolean("valid", lint.valid);
  out.key("terms");
  out.begin_array();
  for (const spf::LintedTerm& linted : lint.terms) write_term(out, linted);
  out.end_array();
  out.member_number("lookups", lint.lookups);
  write_findings(out, "findings", lint.findings);
}

void write_dkim(Writer& out, std::string_view text) {
  const dkim::KeyRecord record = dkim::lint_key(text);
  out.member_boolean("valid", dkim::usable(record));
  write_tags(out, record.tags);
  if (record.key) out.member_number("key_bits", record.key->bits());
  write_findings(out, "findings", record.findings);
}

void write_property(Writer& out, const authres::Property& property) {
  out.begin_object();
  out.member("ptype", property.ptype);
  out.member("property", property.property);
  out.member("value", property.value);
  out.end_object();
}

void write_method_result(Writer& out, const authres::MethodResult& result) {
  out.begin_object();
  out.member("method", result.method);
  out.member("version", result.version);
  out.member("result", result.result);
  out.member("reason", result.reason);
  out.key("properties");
  out.begin_array();
  for (const authres::Property& property : result.properties) write_property(out, property);
  out.end_array();
  out.end_object();
}

void write_authres(Writer& out, std::string_view text) {
  const auto parsed = authres::parse(field_value(text));
  out.member_boolean("valid", parsed.has_value());
  if (!parsed) {
    write_findings(out, "findings", {parsed.error()});
    return;
  }
  out.member("authserv_id", parsed->authserv_id);
  out.member("version", parsed->version);
  out.key("results");
  out.begin_array();
  for (const authres::MethodResult& result : parsed->results) write_method_result(out, result);
  out.end_array();
  write_findings(out, "findings", parsed->findings);
}

void write_tlsrpt(Writer& out, std::string_view text) {
  const auto record = tlsrpt::parse_record(text);
  out.member_boolean("valid", record.has_value());
  if (record) write_tags(out, record->tags);
  write_findings(out, "findings", record ? record->findings : Findings{record.error()});
}

}  // namespace

std::optional<RecordKind> parse_record_kind(std::string_view word) {
  if (word == "dmarc") return RecordKind::dmarc;
  if (word == "spf") return RecordKind::spf;
  if (word == "dkim") return RecordKind::dkim;
  if (word == "authres") return RecordKind::authres;
  if (word == "tlsrpt") return RecordKind::tlsrpt;
  return std::nullopt;
}

std::string_view field_value(std::string_view text) {
  constexpr std::string_view name = "Authentication-Results";
  if (!ascii::istarts_with(text, name)) return text;
  const std::string_view rest = ascii::trim_wsp(text.substr(name.size()));
  return rest.starts_with(':') ? rest.substr(1) : text;
}

std::string record_line(std::string_view id, RecordKind kind, std::string_view text) {
  Writer out;
  begin_answer(out, id);
  switch (kind) {
    case RecordKind::dmarc:
      write_dmarc(out, text);
      break;
    case RecordKind::spf:
      write_spf(out, text);
      break;
    case RecordKind::dkim:
      write_dkim(out, text);
      break;
    case RecordKind::authres:
      write_authres(out, text);
      break;
    case RecordKind::tlsrpt:
      write_tlsrpt(out, text);
      break;
  }
  out.end_object();
  return out.take();
}

}  // namespace assay::json
