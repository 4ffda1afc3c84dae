// parse_key and lint_key agree; the tags written again read to the same record; a key is there
// exactly when nothing stands against it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/dkim/key.h"

namespace {

using namespace assay;

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = dkim::parse_key(text);
  const dkim::KeyRecord linted = dkim::lint_key(text);
  for (const Finding& finding : linted.findings) {
    expect(finding.at <= text.size() && !finding.code.empty() && !finding.what.empty());
  }
  if (!record) {
    expect(!dkim::usable(linted));
    expect(linted.findings.front().level == Level::error || linted.findings.size() > 1);
    return 0;
  }
  expect(record->revoked != (record->key != nullptr));
  expect(record->tags == linted.tags && record->key_error.empty());
  std::string written;
  for (const auto& [name, value] : record->tags) written += name + "=" + value + ";";
  const auto again = dkim::parse_key(written);
  expect(again.has_value());
  expect(again->tags == record->tags && again->hashes == record->hashes);
  expect(again->services == record->services && again->testing == record->testing);
  expect(again->exact_domain == record->exact_domain && again->revoked == record->revoked);
  return 0;
}
