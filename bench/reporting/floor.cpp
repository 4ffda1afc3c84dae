#include "bench/reporting/floor.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bench/reporting/day.h"

namespace bench {
namespace {

struct SameEvent {
  bool operator()(const Event& a, const Event& b) const {
    return a.domain == b.domain && a.source == b.source && a.fails == b.fails;
  }
};
struct HashEvent {
  std::size_t operator()(const Event& event) const {
    return (event.domain * 0x9E37'79B9'7F4A'7C15U) ^ (event.source * 0xC2B2'AE3D'27D4'EB4FU) ^
           static_cast<std::size_t>(event.fails);
  }
};
using Counts = std::unordered_map<Event, std::uint32_t, HashEvent, SameEvent>;

class Packer {
 public:
  std::size_t pack(const std::string& xml) {
    out_.resize(libdeflate_gzip_compress_bound(compressor_.get(), xml.size()));
    return libdeflate_gzip_compress(compressor_.get(), xml.data(), xml.size(), out_.data(),
                                    out_.size());
  }

 private:
  std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor_{
      libdeflate_alloc_compressor(6), libdeflate_free_compressor};
  std::string out_ = {};
};

void write_head(std::string& xml, unsigned domain) {
  fmt::format_to(std::back_inserter(xml),
                 "<?xml version=\"1.0\"?>\n<feedback>\n <report_metadata>\n  "
                 "<org_name>rcpt.example</org_name>\n  <email>dmarc@rcpt.example</email>\n  "
                 "<report_id>{0}</report_id>\n  <date_range>\n   <begin>1</begin>\n   "
                 "<end>2</end>\n  </date_range>\n </report_metadata>\n <policy_published>\n  "
                 "<domain>d{0:05}.example</domain>\n  <p>none</p>\n </policy_published>\n",
                 domain);
}

void write_record(std::string& xml, const Event& event, std::uint32_t count) {
  fmt::format_to(
      std::back_inserter(xml),
      "  <record>\n    <row>\n      <source_ip>{}.{}.{}.{}</source_ip>\n      "
      "<count>{}</count>\n      <policy_evaluated>\n        <disposition>none</disposition>\n"
      "        <dkim>{}</dkim>\n        <spf>pass</spf>\n      </policy_evaluated>\n    </row>\n"
      "    <identifiers>\n      <header_from>d{:05}.example</header_from>\n    </identifiers>\n"
      "    <auth_results>\n      <dkim>\n        <domain>d{:05}.example</domain>\n        "
      "<selector>s1</selector>\n        <result>pass</result>\n      </dkim>\n      <spf>\n"
      "        <domain>bounce.d{:05}.example</domain>\n        <result>pass</result>\n"
      "      </spf>\n    </auth_results>\n  </record>\n",
      event.source >> 24U, event.source >> 16U & 255U, event.source >> 8U & 255U,
      event.source & 255U, count, event.fails ? "fail" : "pass", event.domain, event.domain,
      event.domain);
}

}  // namespace

FloorWork run_floor(std::uint64_t events, unsigned domains) {
  Counts counts;
  counts.reserve(1U << 18U);
  Events day(domains);
  for (std::uint64_t i = 0; i < events; ++i) ++counts[day.next()];
  std::vector<std::pair<Event, std::uint32_t>> rows(counts.begin(), counts.end());
  std::ranges::sort(rows, {}, [](const auto& row) { return row.first.domain; });
  FloorWork work{.rows = rows.size()};
  Packer packer;
  std::string xml;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (xml.empty()) write_head(xml, rows[i].first.domain);
    write_record(xml, rows[i].first, rows[i].second);
    if (i + 1 < rows.size() && rows[i + 1].first.domain == rows[i].first.domain) continue;
    xml += "</feedback>\n";
    work.xml += xml.size();
    work.gzip += packer.pack(xml);
    xml.clear();
  }
  return work;
}

}  // namespace bench
