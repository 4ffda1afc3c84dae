#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "system/store/received.h"

/// Two years of reports on 500 domains: few of them have most of the mail, each is reported on by
/// as many reporters as its mail reaches, a report a day each. A domain has own servers, services,
/// forwarders that are seen every day, and strangers. The same in every run.
namespace assay::bench {

class Years {
 public:
  static constexpr unsigned domains = 500;
  static constexpr unsigned days = 730;
  static constexpr std::chrono::sys_days first_day{std::chrono::days{20'000}};

  /// So that all days together have about so many records.
  explicit Years(std::uint64_t records);

  /// Gives the reports of one day after the other, in batches, until `take` says false.
  void each_batch(const std::function<bool(std::span<const store::Arrival>)>& take);

  /// The larger the number, the less mail.
  static std::string domain(unsigned number);
  std::uint64_t records_made() const { return made_; }

 private:
  store::Arrival report(unsigned domain, unsigned day, unsigned reporter, unsigned records);
  aggregate::Record record(unsigned domain, unsigned day);

  std::vector<double> daily_ = {};  ///< records of a day, by domain
  std::mt19937_64 random_{1};       // NOLINT(cert-msc51-cpp): the same in every run
  std::uint64_t made_ = 0;
  std::uint64_t reports_ = 0;
};

}  // namespace assay::bench
