#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "system/config/settings.h"
#include "system/filter/message_filter.h"
#include "system/journal/writer.h"
#include "system/net/server.h"
#include "system/ops/log.h"
#include "system/ops/metrics.h"
#include "system/spool/writer.h"

#include "bin/failure.h"
#include "bin/filter_watch.h"
#include "bin/world.h"

namespace assay::cli {

/// The name of this host, or "localhost".
std::string host_name();
/// Where the data are, as the configuration, or else the service manager, or else nobody says.
std::string data_folder(const config::Settings& settings);
std::string journal_folder(const config::Settings& settings);
/// The spool of failure reports.
std::string failure_folder(const config::Settings& settings);

/// Where the configuration stands unless somebody says otherwise.
inline constexpr const char* usual_config = "/etc/assay/assay.toml";

/// A configuration file. Where the usual one is asked for and is not there: ./var/assay.toml, which
/// `./run` makes, or else the defaults. Errors: bad_data with all problems, one a line: file, line,
/// column, what.
Expected<config::Settings> load_configuration(const std::string& path);

/// What messages are judged by: the settings with the files they name.
Expected<std::shared_ptr<const filter::Policy>> make_policy(const config::Settings& settings);

/// The filter as it runs: listeners, the DNS, the journal and the present policy.
class FilterRole {
 public:
  /// Opens all that the settings name. Errors: what could not be opened.
  static Expected<std::unique_ptr<FilterRole>> start(const config::Settings& settings,
                                                     ops::Log& log, ops::Metrics& metrics);
  ~FilterRole();

  /// Takes a new configuration and snapshot without dropping a session; listeners, [dns],
  /// [journal], [metrics] and [log] but for the level wait for a restart. Errors leave all as it
  /// is.
  Expected<> reload(config::Settings settings);

  /// No new connections; waits for messages under way as long as `patience`, then closes the
  /// journal. Gives the number of connections cut off.
  std::size_t stop(std::chrono::milliseconds patience);

  /// Where it listens, for people.
  std::vector<std::string> addresses() const;
  /// Why it is not well; empty when it is.
  std::vector<std::string> troubles() const;

 private:
  FilterRole(const config::Settings& settings, ops::Log& log, ops::Metrics& metrics,
             std::unique_ptr<World> world);
  Expected<> listen(const config::Settings& settings);
  Expected<> open_spool(const config::Settings& settings);
  void show_spool(ops::Metrics& metrics);
  void show(ops::Metrics& metrics);
  std::shared_ptr<const filter::Policy> policy() const;

  std::unique_ptr<World> world_;
  journal::Writer journal_;
  std::unique_ptr<spool::Writer> spool_ = {};  ///< null where there are no failure reports
  filter::Failures failures_ = {};
  FilterWatch watch_;
  mutable std::mutex mutex_ = {};
  std::shared_ptr<const filter::Policy> policy_ = {};
  std::unique_ptr<filter::Shared> shared_;
  std::unique_ptr<net::Server> server_ = {};
  std::vector<std::string> addresses_ = {};
};

}  // namespace assay::cli
