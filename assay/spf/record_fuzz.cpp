// A record that is read is written so that it is read again as the same; the linter and the reader
// agree on what can be used.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "assay/spf/lint.h"

namespace {

using namespace assay;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_lint(std::string_view text, bool usable) {
  const spf::Lint lint = spf::lint_record(text);
  require(lint.valid == usable);
  require(lint.valid == std::ranges::none_of(lint.findings, [](const Finding& finding) {
            return finding.level == Level::error;
          }));
  require(std::ranges::is_sorted(lint.findings, {}, &Finding::at));
  require(lint.findings.size() <= 100);
  require(lint.lookups <= lint.terms.size());
  for (const Finding& finding : lint.findings) {
    require(finding.at <= text.size() && !finding.what.empty());
    require(std::ranges::all_of(finding.what, [](char c) { return c >= ' ' && c < '\x7f'; }));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = spf::parse_record(text);
  check_lint(text, record.has_value());
  if (!record) {
    require(record.error().at <= text.size());
    return 0;
  }
  require(spf::is_spf_record(text));
  for (const spf::Term& term : record->terms) {
    require(text.substr(term.at, term.written.size()) == term.written);
    require(spf::parse_term(spf::to_text(term)).value() == term);
  }
  const std::string written = spf::to_text(*record);
  require(spf::parse_record(written).value() == *record);
  require(spf::to_text(spf::parse_record(written).value()) == written);
  return 0;
}
