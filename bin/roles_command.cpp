#include <fmt/ranges.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/net/endpoint.h"
#include "system/ops/http.h"
#include "system/ops/notify.h"
#include "system/ops/signals.h"

#include "bin/alerts_role.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/receive_role.h"
#include "bin/reports_role.h"
#include "bin/web_role.h"

namespace assay::cli {
namespace {

/// For messages under way when the filter is told to end.
constexpr std::chrono::seconds patience{30};

constexpr const char* reports_help =
    R"(Takes the journals of filters into its store (<data>/store.sqlite), makes aggregate reports of them at the end
of each period, and sends these (RFC 9990). Where [reports] failure_domains lists domains, it sends their owners
failure reports, too, that filters leave in <data>/failures (RFC 9991). Without [reports] email it keeps evaluations
and reports nothing.

Signals: SIGTERM ends it after the mail under way; what waits stays in the outbox.

Example:
  assay reports --config /etc/assay/assay.toml

The file is described in assay.toml(5); docs/operate/reporting.md tells who gets reports, and who does not.)";

constexpr const char* more_help =
    R"(Tests each message that an MTA hands over by the milter protocol, decides with evidence,
marks it and writes a line to the journal. Every option has a default: an empty file works.

Signals: SIGTERM finishes the messages under way and ends; SIGHUP reads the configuration and the snapshot of
evidence again without dropping a session.

Examples:
  assay filter --config /etc/assay/assay.toml --check
  assay filter --config /etc/assay/assay.toml

The file is described in assay.toml(5); docs/operate/postfix.md tells how to connect an MTA.)";

constexpr const char* receive_help =
    R"(Takes in what others report on our domains, and keeps it (<data>/reports.sqlite): by LMTP from an MTA in front, by SMTP
without one, from a folder, by HTTP, and from mail stores (IMAP). A report is acknowledged when it is on the disk;
one that comes again is a duplicate. Meanwhile it watches the records of the domains, finds alerts and tells of them
([alerts], [digest]).

Signals: SIGTERM ends it after the mails under way.

Example:
  assay receive --config /etc/assay/assay.toml

The sections [receive], [[imap]] and [intake] are described in assay.toml(5); docs/operate/intake.md tells the rest.)";

constexpr const char* web_help =
    R"(Answers browsers on [web] listen (http://127.0.0.1:8899): what reports say of your domains, who sends as them, and what
to do next; and programs, by the interface below /api/v1. At the first start it prints a link by which you become the
administrator. With assay run it is one of the roles.

Signals: SIGTERM ends it after the answers under way.

Examples:
  assay web --config /etc/assay/assay.toml
  assay web user password alice

The section [web] is described in assay.toml(5); docs/operate/web.md tells about certificates, proxies and accounts.)";

/// Which roles a process has.
struct Roles {
  bool filter = false;
  bool reports = false;
  bool receive = false;
  bool web = false;
};

struct RoleOptions {
  std::string config = usual_config;
  std::optional<std::string> metrics = {};  ///< instead of [metrics] address
  bool check = false;
  Roles roles = {};
};

ops::LogOptions log_options(const config::Log& log) {
  return {.format =
              log.format == config::LogFormat::json ? ops::LogFormat::json : ops::LogFormat::logfmt,
          .level = static_cast<ops::LogLevel>(log.level),
          .addresses = log.mask_addresses ? ops::Addresses::masked : ops::Addresses::shown};
}

/// Signals as a queue that the main thread takes from.
class Inbox {
 public:
  void put(ops::Signal signal) {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(signal);
    came_.notify_one();
  }
  ops::Signal take() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return !waiting_.empty(); });
    const ops::Signal first = waiting_.front();
    waiting_.pop_front();
    return first;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<ops::Signal> waiting_;
};

Expected<std::unique_ptr<ops::HttpServer>> start_pages(
    const config::Metrics& settings, const ops::Metrics& metrics,
    std::function<std::vector<std::string>()> troubles) {
  if (settings.address.empty()) return std::unique_ptr<ops::HttpServer>();
  const auto at = net::parse_endpoint(settings.address);
  if (!at) return fail(Status::bad_data, "[metrics] address: " + at.error().what);
  auto server = ops::HttpServer::start(
      at->address, at->port,
      ops::operating_pages([&] { return metrics.exposition(); }, std::move(troubles)));
  if (server) return std::move(*server);
  return fail(Status::unavailable, server.error().what);
}

/// Lets the process have as many descriptors as it may, and returns how many those are. A shell
/// gives 1,024 of them, which is fewer connections than may be configured.
std::uint64_t raise_descriptor_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
  return limit.rlim_max;
}

/// A process from its start to its end.
class Running {
 public:
  Running(RoleOptions options, config::Settings settings)
      : options_(std::move(options)),
        settings_(std::move(settings)),
        log_(log_options(settings_.log), clock_) {}

  Expected<> run();

 private:
  Expected<> start();
  void tell_addresses(const std::vector<std::string>& addresses);
  std::vector<std::string> troubles() const;
  void check_descriptors();
  void reload();
  void end();

  RoleOptions options_;
  config::Settings settings_;
  Inbox inbox_ = {};
  ops::Signals signals_{[this](ops::Signal signal) { inbox_.put(signal); }};
  ops::SystemClock clock_ = {};
  ops::Log log_;
  ops::Metrics metrics_ = {};
  ops::ServiceManager manager_ = ops::ServiceManager::from_environment();
  std::unique_ptr<FilterRole> filter_ = {};
  std::unique_ptr<ReportsRole> reports_ = {};
  std::unique_ptr<ReceiveRole> receive_ = {};
  std::unique_ptr<WebRole> web_ = {};
  std::unique_ptr<AlertsRole> alerts_ = {};  ///< goes with receive_
};

Expected<> Running::start() {
  if (options_.roles.filter) {
    check_descriptors();
    ASSAY_TRY(filter, FilterRole::start(settings_, log_, metrics_));
    filter_ = std::move(filter);
    tell_addresses(filter_->addresses());
  }
  if (options_.roles.reports) {
    ASSAY_TRY(reports, ReportsRole::start(settings_, log_, metrics_));
    reports_ = std::move(reports);
  }
  if (options_.roles.receive) {
    ASSAY_TRY(receive, ReceiveRole::start(settings_, log_, metrics_));
    receive_ = std::move(receive);
    tell_addresses(receive_->addresses());
  }
  if (options_.roles.web && !settings_.web.listen.empty()) {
    ASSAY_TRY(web, WebRole::start(settings_, receive_.get(), log_, metrics_));
    web_ = std::move(web);
    tell_addresses(web_->addresses());
  }
  if (options_.roles.receive && settings_.alerts.enabled) {
    const auto intake = [receive = receive_.get()] { return receive->take_counts(); };
    ASSAY_TRY(alerts, AlertsRole::start(settings_, intake, log_, metrics_));
    alerts_ = std::move(alerts);
  }
  return {};
}

void Running::tell_addresses(const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) {
    log_.write(ops::LogLevel::info, "listening",
               [&](ops::Fields& fields) { fields.text("address", address); });
  }
}

std::vector<std::string> Running::troubles() const {
  std::vector<std::string> all;
  if (filter_) all = filter_->troubles();
  if (reports_) std::ranges::move(reports_->troubles(), std::back_inserter(all));
  if (receive_) std::ranges::move(receive_->troubles(), std::back_inserter(all));
  if (web_) std::ranges::move(web_->troubles(), std::back_inserter(all));
  if (alerts_) std::ranges::move(alerts_->troubles(), std::back_inserter(all));
  return all;
}

Expected<> Running::run() {
  if (auto started = start(); !started) return started;
  ASSAY_TRY(pages, start_pages(settings_.metrics, metrics_, [this] { return troubles(); }));
  log_.write(ops::LogLevel::info, "started");
  if (web_) {
    if (auto told = write_output("Pages: " + web_->url() + "\n"); !told) return told;
  }
  manager_.ready("at work");
  for (;;) {
    if (inbox_.take() == ops::Signal::reload) {
      reload();
      continue;
    }
    pages.reset();
    end();
    return {};
  }
}

void Running::check_descriptors() {
  constexpr std::uint64_t others = 100;  // files, and questions to the DNS
  const std::uint64_t limit = raise_descriptor_limit();
  if (limit >= settings_.filter.max_connections + others) return;
  log_.write(ops::LogLevel::warning, "few_descriptors", [&](ops::Fields& fields) {
    fields.number("limit", limit);
    fields.text("what", "not enough for filter.max_connections; raise the limit of open files");
  });
}

/// A configuration that is no good changes nothing.
void Running::reload() {
  manager_.reloading();
  auto settings = load_configuration(options_.config);
  Expected<> done = settings ? Expected<>() : std::unexpected(settings.error());
  if (done && filter_) done = filter_->reload(*settings);
  const char* result = done ? "good" : "bad";
  metrics_.counter("assay_reloads_total", "Reloads of the configuration", {{"result", result}})
      .add();
  if (done) {
    log_.set_level(static_cast<ops::LogLevel>(settings->log.level));
    log_.write(ops::LogLevel::info, "reloaded");
    const std::vector<std::string> later = config::needs_restart(settings_, *settings);
    if (!later.empty()) {
      log_.write(ops::LogLevel::warning, "needs_restart", [&](ops::Fields& fields) {
        fields.text("what", fmt::format("{}", fmt::join(later, ", ")));
        fields.text("then", "changes of these count when assay is started again");
      });
    }
  } else {
    log_.write(ops::LogLevel::error, "reload_failed", [&](ops::Fields& fields) {
      fields.text("what", done.error().what);
      fields.text("then", "the former configuration stays in force");
    });
  }
  manager_.ready("at work");
}

void Running::end() {
  manager_.stopping();
  log_.write(ops::LogLevel::info, "stopping");
  if (alerts_) alerts_->stop();
  std::size_t cut_off = web_ ? web_->stop() : 0;
  if (filter_) cut_off += filter_->stop(patience);
  if (receive_) cut_off += receive_->stop();
  if (reports_) reports_->stop();
  log_.write(ops::LogLevel::info, "stopped",
             [&](ops::Fields& fields) { fields.number("cut_off", cut_off); });
  // Threads that are still busy with a message must not see things go away beneath them.
  if (cut_off > 0) ::_exit(0);
}

Expected<> run_roles(const RoleOptions& options) {
  ASSAY_TRY(settings, load_configuration(options.config));
  if (options.metrics) settings.metrics.address = *options.metrics;
  if (options.check) {
    return write_output(ascii::printable(options.config) + ": good\n");
  }
  return Running(options, std::move(settings)).run();
}

struct Role {
  std::string name;
  std::string description;
  std::string help;
  Roles roles = {};
};

Command add_role(const Command& program, const Role& role) {
  const Command command = program.subcommand(role.name, role.description);
  const auto options = std::make_shared<RoleOptions>(RoleOptions{.roles = role.roles});
  command.footer(role.help);
  command.option("--config", options->config, "The configuration").named("FILE").default_shown();
  command
      .option("--metrics", options->metrics,
              "Where numbers are shown, in place of [metrics] address; empty: nowhere")
      .named("ADDRESS");
  command.flag("--check", options->check, "Say whether the configuration is good, and end");
  command.runs([options] { return run_roles(*options); });
  return command;
}

}  // namespace

void add_roles(const Command& program) {
  add_role(program, {"filter", "Test mail behind an MTA (milter)", more_help, {.filter = true}});
  add_role(program,
           {"reports", "Make reports of journals, and send them", reports_help, {.reports = true}});
  add_role(program, {"receive", "Take reports of others in", receive_help, {.receive = true}});
  add_role(program, {"run",
                     "All roles in one process",
                     more_help,
                     {.filter = true, .reports = true, .receive = true, .web = true}});
  add_web_accounts(
      add_role(program, {"web", "Answer browsers: the pages", web_help, {.web = true}}));
}

}  // namespace assay::cli
