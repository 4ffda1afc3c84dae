#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "system/config/settings.h"
#include "system/ops/log.h"
#include "system/ops/metrics.h"
#include "system/reporting/cycle.h"
#include "system/reporting/failures.h"
#include "system/reporting/take.h"
#include "system/store/store.h"

#include "bin/failure.h"
#include "bin/reporting.h"
#include "bin/world.h"

namespace assay::cli {

/// The role that takes journals into the Store, makes reports of them and sends these.
class ReportsRole {
 public:
  /// `log` and `metrics` outlive it. Errors: those of the Store, the DNS, the key and the password.
  static Expected<std::unique_ptr<ReportsRole>> start(const config::Settings& settings,
                                                      ops::Log& log, ops::Metrics& metrics);
  /// Stops.
  ~ReportsRole();
  ReportsRole(const ReportsRole&) = delete;
  ReportsRole& operator=(const ReportsRole&) = delete;

  /// Ends after what is under way; what waits stays in the Store.
  void stop();

  /// What is wrong now, a sentence each.
  std::vector<std::string> troubles() const;

 private:
  ReportsRole(const config::Settings& settings, ops::Log& log, ops::Metrics& metrics);

  void keep_books();
  void take_journals();
  void make_reports();
  void report_failures();
  bool finish_period(const reporting::Period& period);
  bool run_cycle(const reporting::Period& period, const std::set<std::string>& only = {});
  void forget();
  void send_mail();
  bool send_some();
  void show_outline(const reporting::Outline& outline);
  void note(const char* what, const Finding& finding);
  bool pause(std::chrono::milliseconds time);
  void show();

  const config::Settings settings_;
  ops::Log& log_;
  ops::Metrics& metrics_;
  std::unique_ptr<World> world_ = {};
  std::unique_ptr<store::Store> store_ = {};
  std::unique_ptr<Outgate> gate_ = {};  ///< null where no reports are made
  std::unique_ptr<reporting::Taker> taker_ = {};
  std::unique_ptr<reporting::FailureDesk> desk_ = {};
  std::atomic<std::uint64_t> waiting_failures_ = 0;
  std::unique_ptr<reporting::Cycle> cycle_ = {};
  store::Instant reported_until_ = {};
  store::Instant retry_cycle_ = {};
  bool failed_ = false;  ///< the last cycle, for the Store
  store::Instant forget_ = {};
  std::set<std::string> waiting_ = {};  ///< policy domains whose destinations the DNS did not tell

  mutable std::mutex mutex_ = {};
  std::condition_variable wake_ = {};
  bool stopping_ = false;
  std::string trouble_ = {};
  std::thread books_ = {};
  std::thread mail_ = {};
};

}  // namespace assay::cli
