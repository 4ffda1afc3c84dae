#include "bench/insight/years.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::bench {
namespace {

using namespace std::chrono_literals;

constexpr unsigned most_reporters = 40;
constexpr double records_for_a_reporter = 16;
constexpr std::size_t batch = 2'000;

/// How a source authenticates.
struct Way {
  std::string spf_domain, spf, dkim_domain, selector, dkim;
  bool spf_aligned = false, dkim_aligned = false;
};

std::string address_of(unsigned network, unsigned host) {
  return fmt::format("198.{}.{}.{}", 18 + network / 256 % 2, network % 256, host % 256);
}

}  // namespace

Years::Years(std::uint64_t records) {
  double sum = 0;
  for (unsigned i = 0; i < domains; ++i) daily_.push_back(std::pow(i + 1.0, -0.9));
  for (const double each : daily_) sum += each;
  for (double& each : daily_) each *= static_cast<double>(records) / (sum * days);
}

std::string Years::domain(unsigned number) {
  return fmt::format("domain{}.example", number);
}

void Years::each_batch(const std::function<bool(std::span<const store::Arrival>)>& take) {
  std::vector<store::Arrival> arrivals;
  for (unsigned day = 0; day < days; ++day) {
    for (unsigned number = 0; number < domains; ++number) {
      const double all = daily_[number];
      const auto reporters = static_cast<unsigned>(
          std::clamp(all / records_for_a_reporter, 1.0, double{most_reporters}));
      for (unsigned i = 0; i < reporters; ++i) {
        const double share = all / reporters + static_cast<double>(random_() % 1'000) / 1'000;
        const auto records = static_cast<unsigned>(share);
        if (records == 0) continue;
        arrivals.push_back(report(number, day, (number + i) % most_reporters, records));
      }
      if (arrivals.size() < batch) continue;
      if (!take(arrivals)) return;
      arrivals.clear();
    }
  }
  take(arrivals);
}

store::Arrival Years::report(unsigned number, unsigned day, unsigned reporter, unsigned records) {
  const std::string name = fmt::format("reporter{}.example", reporter);
  const store::Instant begin = first_day + std::chrono::days{day};
  store::Arrival arrival;
  arrival.head = {.reporter = name,
                  .org_name = name,
                  .email = "dmarc@" + name,
                  .report_id = std::to_string(++reports_),
                  .policy_domain = domain(number),
                  .begin = begin,
                  .end = begin + 86'400s,
                  .policy = {.domain = domain(number), .p = number % 3 == 0 ? "reject" : "none"}};
  for (unsigned i = 0; i < records; ++i) arrival.records.add(record(number, day));
  arrival.records.finish();
  arrival.arrived = begin + 25h;
  arrival.digest = fmt::format("{:032}", reports_);
  made_ += records;
  return arrival;
}

aggregate::Record Years::record(unsigned number, unsigned day) {
  const std::string domain = Years::domain(number);
  const auto kind = static_cast<unsigned>(random_() % 100);
  const auto host = static_cast<unsigned>(random_());
  Way way;
  unsigned network = 0;
  if (kind < 40) {  // own servers
    network = number % 64;
    way = {domain, "pass", domain, "s1", "pass", true, true};
  } else if (kind < 70) {  // a service, which signs as the domain
    network = 64 + (number % 8) * 4 + host / 256 % 4;
    way = {fmt::format("esp{}.example", number % 8), "pass", domain, "esp", "pass", false, true};
  } else if (kind < 80) {  // a service not set up
    network = 128 + number % 5;
    const std::string crm = fmt::format("crm{}.example", number % 5);
    way = {crm, "pass", crm, "k1", "pass", false, false};
  } else if (kind < 90) {  // forwarders
    network = 140 + host / 256 % 40;
    way = {fmt::format("forward{}.example", network), "pass", domain,       "s1",
           host % 3 == 0 ? "fail" : "pass",           false,  host % 3 != 0};
  } else {  // strangers, other ones each day
    network = 200 + (day * 7 + host / 256) % 300;
    way = {domain, "fail", "", "", "", false, false};
  }
  const bool passes = way.spf_aligned || way.dkim_aligned;
  const bool enforced = number % 3 == 0;
  aggregate::Row row{.source_ip = address_of(network, kind < 70 ? host % 16 : host),
                     .disposition = !passes && enforced ? "reject" : "none",
                     .dkim = way.dkim_aligned ? "pass" : "fail",
                     .spf = way.spf_aligned ? "pass" : "fail",
                     .header_from = random_() % 5 == 0 ? "news." + domain : domain,
                     .envelope_from = way.spf_domain,
                     .spf_results = {{way.spf_domain, "mfrom", way.spf}}};
  if (!way.dkim.empty()) row.dkim_results = {{way.dkim_domain, way.selector, way.dkim}};
  return {.row = std::move(row), .count = 1 + random_() % 50};
}

}  // namespace assay::bench
