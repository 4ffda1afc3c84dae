#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "system/config/settings.h"
#include "system/intake/arrivals.h"
#include "system/intake/committer.h"
#include "system/ops/log.h"
#include "system/ops/metrics.h"
#include "system/store/alert_values.h"
#include "system/store/received.h"

#include "bin/intake_words.h"
#include "bin/world.h"

namespace assay::cli {

/// What became of what a channel brought.
struct Receipt {
  std::vector<IntakeLine> lines = {};   ///< a report each, or why there is none
  std::optional<Finding> failure = {};  ///< of the Store: nothing is kept, try again later

  /// Whether something is kept, or was already.
  bool kept() const;
  /// Whether something of it was refused.
  bool refused() const;
  /// "2 reports: 1 added, 1 duplicate", or why nothing was kept.
  std::string summary() const;
};

/// Where all channels hand in what they got: reads it, verifies its mail, keeps it. Safe to call
/// from several threads; a Receipt is given when all is on the disk.
class Desk {
 public:
  /// What is given outlives it; `resolver` may be null: then no mail is verified.
  Desk(const config::Settings& settings, store::ReceivedReports& received, dns::Resolver* resolver,
       ops::Log& log, ops::Metrics& metrics);

  Receipt take(std::string_view octets, const std::string& name, store::Channel channel,
               const intake::Session& session = {});
  Receipt take(const intake::Incoming& incoming, const intake::Session& session = {});
  /// The same of reports on domains that are `permitted`; others are refused (`not_permitted`).
  using Permitted = std::function<bool(std::string_view policy_domain)>;
  Receipt take_permitted(std::string_view octets, const std::string& name, store::Channel channel,
                         const Permitted& permitted);

  /// Files and parts that were refused on this day (UTC), since the program was started.
  std::uint64_t refused_on(std::chrono::sys_days day) const;

  /// What came in and what did not, by hour and channel, since this was asked last.
  std::vector<store::IntakeCount> take_counts();

  /// What the Store said last, while it fails.
  std::string trouble() const;

 private:
  intake::Taken read(intake::Incoming incoming, const intake::Session& session) const;
  Receipt keep(intake::Taken taken, const std::string& name, store::Channel channel);
  void count(const Receipt& receipt, store::Channel channel);

  intake::ArrivalOptions options_;
  dns::Resolver* resolver_;
  intake::Committer committer_;
  ops::Log& log_;
  ops::Metrics& metrics_;
  mutable std::mutex mutex_ = {};
  std::string trouble_ = {};
  std::chrono::sys_days refused_day_ = {};
  std::uint64_t refused_ = 0;  ///< on that day
  using CountKey = std::tuple<store::Instant, std::string, std::string>;
  std::map<CountKey, store::IntakeCount> counts_ = {};
};

}  // namespace assay::cli
