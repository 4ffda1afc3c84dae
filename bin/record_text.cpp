#include "bin/record_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "assay/authres/authres.h"
#include "assay/base/ascii.h"
#include "assay/dkim/key.h"
#include "assay/dmarc/record.h"
#include "assay/spf/lint.h"
#include "assay/tlsrpt/record.h"

namespace assay::cli {
namespace {

constexpr std::size_t most_octets = 300;

/// What is shown of a record of any kind.
struct Shown {
  bool valid = false;
  std::vector<std::pair<std::string, std::string>> lines = {};
  Findings findings = {};
};

Shown show_dmarc(std::string_view text) {
  auto record = dmarc::parse_record(text);
  if (!record) return {.findings = {record.error()}};
  return {.valid = record->usable() != dmarc::Usable::not_at_all,
          .lines = std::move(record->tags),
          .findings = std::move(record->findings)};
}

Shown show_spf(std::string_view text) {
  spf::Lint lint = spf::lint_record(text);
  Shown shown{.valid = lint.valid, .findings = std::move(lint.findings)};
  for (const spf::LintedTerm& term : lint.terms) {
    shown.lines.emplace_back(term.written, term.term ? "" : "cannot be read");
  }
  shown.lines.emplace_back("lookups", std::to_string(lint.lookups) + " of 10 in this record");
  return shown;
}

Shown show_dkim(std::string_view text) {
  dkim::KeyRecord record = dkim::lint_key(text);
  Shown shown{.valid = dkim::usable(record), .lines = std::move(record.tags)};
  if (record.key) shown.lines.emplace_back("key", std::to_string(record.key->bits()) + " bits");
  shown.findings = std::move(record.findings);
  return shown;
}

Shown show_authres(std::string_view text) {
  auto parsed = authres::parse(json::field_value(text));
  if (!parsed) return {.findings = {parsed.error()}};
  Shown shown{.valid = true, .findings = std::move(parsed->findings)};
  shown.lines.emplace_back("authserv-id", parsed->authserv_id);
  for (const authres::MethodResult& result : parsed->results) {
    std::string what = result.result;
    for (const authres::Property& property : result.properties) {
      what += " " + property.ptype + "." + property.property + "=" + property.value;
    }
    if (!result.reason.empty()) what += " (" + result.reason + ")";
    shown.lines.emplace_back(result.method, std::move(what));
  }
  return shown;
}

Shown show_tlsrpt(std::string_view text) {
  auto record = tlsrpt::parse_record(text);
  if (!record) return {.findings = {record.error()}};
  return {.valid = true, .lines = std::move(record->tags), .findings = std::move(record->findings)};
}

Shown show(json::RecordKind kind, std::string_view text) {
  switch (kind) {
    case json::RecordKind::dmarc:
      return show_dmarc(text);
    case json::RecordKind::spf:
      return show_spf(text);
    case json::RecordKind::dkim:
      return show_dkim(text);
    case json::RecordKind::authres:
      return show_authres(text);
    case json::RecordKind::tlsrpt:
      return show_tlsrpt(text);
  }
  return {};
}

}  // namespace

std::string record_text(json::RecordKind kind, std::string_view text) {
  const Shown shown = show(kind, text);
  std::string out =
      shown.valid ? "Valid: receivers use it\n" : "Not valid: receivers do not use it\n";
  std::size_t width = 0;
  for (const auto& [name, value] : shown.lines) {
    if (!value.empty()) width = std::max(width, std::min<std::size_t>(name.size(), 20));
  }
  for (const auto& [name, value] : shown.lines) {
    out += fmt::format("  {:<{}}  {}\n", ascii::printable(name, most_octets), width,
                       ascii::printable(value, most_octets));
  }
  for (const Finding& finding : shown.findings) {
    out += fmt::format("{}: {} (octet {})\n", to_text(finding.level),
                       ascii::printable(finding.what, 500), finding.at);
  }
  return out;
}

}  // namespace assay::cli
