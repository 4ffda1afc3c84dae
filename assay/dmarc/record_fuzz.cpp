#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/dmarc/evaluate.h"
#include "assay/dmarc/record.h"

namespace {

using namespace assay::dmarc;

void require(bool holds) {
  if (!holds) std::abort();
}

bool same_uris(const std::vector<ReportUri>& one, const std::vector<ReportUri>& other) {
  if (one.size() != other.size()) return false;
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (one[i].uri != other[i].uri || one[i].address != other[i].address) return false;
  }
  return true;
}

/// To a receiver following RFC 9989.
void require_same_meaning(const PolicyRecord& one, const PolicyRecord& other) {
  for (const Place place :
       {Place::own_domain, Place::existing_subdomain, Place::non_existent_subdomain}) {
    require(policy_for(one, place) == policy_for(other, place));
  }
  require(one.adkim == other.adkim && one.aspf == other.aspf && one.psd == other.psd);
  require(one.test_mode == other.test_mode);
  require(one.failure_options() == other.failure_options());
  require(same_uris(one.rua, other.rua) && same_uris(one.ruf, other.ruf));
}

void require_limits(const PolicyRecord& record) {
  require(record.rua.size() <= max_report_uris && record.ruf.size() <= max_report_uris);
  require(record.tags.size() <= max_unknown_tags + 14);
  require(record.findings.size() <= max_record_findings + 16);
  for (const assay::Finding& finding : record.findings) {
    require(finding.at <= record.text.size() && !finding.code.empty());
    for (const char c : finding.what) require(c >= ' ' && c < '\x7f');
  }
}

}  // namespace

/// What was read and written again means the same, within the limits; findings hold no octets that
/// a terminal would obey.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto record = parse_record(text);
  require(record.has_value() == is_dmarc_record(text));
  if (!record) {
    require(!record.error().what.empty());
    return 0;
  }
  require_limits(*record);
  const auto again = parse_record(to_text(*record));
  require(again.has_value());
  require_same_meaning(*record, *again);
  require(to_text(*again) == to_text(*record));
  return 0;
}
