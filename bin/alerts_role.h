#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "system/config/settings.h"
#include "system/ops/log.h"
#include "system/ops/metrics.h"
#include "system/store/alert_book.h"
#include "system/store/received.h"

#include "bin/alerting.h"
#include "bin/failure.h"
#include "bin/world.h"

namespace assay::cli {

/// What goes with the role that takes reports in: the records of owned domains are watched, alerts
/// found and told, and digests sent.
class AlertsRole {
 public:
  /// What the intake came to since it was asked last.
  using TakeIntake = std::function<std::vector<store::IntakeCount>()>;

  /// `log` and `metrics` outlive it. Errors: those of the Store, the DNS, keys and passwords.
  static Expected<std::unique_ptr<AlertsRole>> start(const config::Settings& settings,
                                                     TakeIntake intake, ops::Log& log,
                                                     ops::Metrics& metrics);
  /// Stops.
  ~AlertsRole();
  AlertsRole(const AlertsRole&) = delete;
  AlertsRole& operator=(const AlertsRole&) = delete;

  /// Ends after what is under way; what waits stays in the Store.
  void stop();

  /// What is wrong now, a sentence each.
  std::vector<std::string> troubles() const;

 private:
  enum class Part : std::uint8_t { watching, judging, telling };
  static constexpr std::size_t parts = 3;

  AlertsRole(const config::Settings& settings, TakeIntake intake, ops::Log& log,
             ops::Metrics& metrics);

  void watch();
  void watch_due(dns::Resolver& resolver);
  void judge();
  void judge_once();
  void tell();
  void show();
  void note(Part part, const Expected<>& done);
  bool pause(std::chrono::milliseconds time);
  bool stopping() const;

  const config::Settings settings_;
  TakeIntake intake_;
  ops::Log& log_;
  ops::Metrics& metrics_;
  std::unique_ptr<World> world_ = {};
  std::unique_ptr<store::ReceivedReports> reports_ = {};
  std::unique_ptr<store::AlertBook> book_ = {};
  std::unique_ptr<Lookout> lookout_ = {};   ///< of the thread that judges
  std::unique_ptr<Lookout> watchman_ = {};  ///< of the thread that watches
  std::unique_ptr<Messenger> messenger_ = {};
  std::map<std::string, store::Instant> next_look_ = {};
  std::vector<store::IntakeCount> unnoted_ = {};  ///< that the Store did not take yet
  store::Instant forget_ = {};

  mutable std::mutex mutex_ = {};
  std::condition_variable wake_ = {};
  bool stopping_ = false;
  std::vector<std::string> troubles_ = std::vector<std::string>(parts);
  std::vector<std::thread> threads_ = {};
};

}  // namespace assay::cli
