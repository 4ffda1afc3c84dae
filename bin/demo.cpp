/// assay demo, and what the pages load: the demonstration world, taken in as mails are.
#include "bin/demo.h"

#include <fmt/format.h>

#include <memory>
#include <span>
#include <utility>

#include "assay/aggregate/compose.h"
#include "assay/aggregate/write.h"
#include "assay/archive/gzip.h"
#include "assay/base/try.h"
#include "assay/failure/write.h"
#include "assay/tlsrpt/write.h"
#include "system/intake/arrivals.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/demo_world.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/intake.h"
#include "bin/reporting.h"

namespace assay::cli {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::sys_days;

constexpr std::size_t batch = 200;

template <class T = void>
using Result = std::expected<T, Finding>;

/// Takes mails in, as every channel does.
class DemoIntake {
 public:
  DemoIntake(const config::Settings& settings, store::ReceivedReports& received)
      : settings_(settings), received_(received), options_(arrival_options(settings, {})) {
    // Nobody but the demonstration knows these domains.
    options_.assess.domains.clear();
    options_.assess.set_aside.clear();
    options_.assess.refuse.clear();
  }

  Result<> take(const std::string& mail, store::Instant arrived) {
    intake::Taken taken = intake::read_arrivals({.octets = mail,
                                                 .name = "demonstration",
                                                 .channel = store::Channel::lmtp,
                                                 .arrived = arrived},
                                                options_);
    for (store::Arrival& each : taken.arrivals) waiting_.push_back(std::move(each));
    return waiting_.size() < batch ? Result<>() : flush();
  }

  Result<> flush() {
    auto placed =
        received_.add(waiting_, intake::decider(options_.assess), sampling_of(settings_.intake));
    if (!placed) return std::unexpected(std::move(placed.error()));
    kept_ += placed->size();
    waiting_.clear();
    return {};
  }
  std::uint64_t kept() const { return kept_; }

 private:
  const config::Settings& settings_;
  store::ReceivedReports& received_;
  intake::ArrivalOptions options_;
  std::vector<store::Arrival> waiting_ = {};
  std::uint64_t kept_ = 0;
};

std::string mail_of(const aggregate::Report& report, const DemoReporter& reporter) {
  const std::string packed = archive::gzip(aggregate::write_xml(report));
  return aggregate::compose({.from_name = std::string(reporter.organization),
                             .from_address = report.metadata.email,
                             .to = {"dmarc@reports.example"},
                             .date = report.metadata.end + hours{2},
                             .name = {.receiver = std::string(reporter.domain),
                                      .policy_domain = report.policy.domain,
                                      .begin = report.metadata.begin,
                                      .end = report.metadata.end,
                                      .unique_id = report.metadata.report_id},
                             .records = report.records.size(),
                             .attachment = packed});
}

Result<> take_day(DemoIntake& intake, int day, sys_days last) {
  const store::Instant arrived = last - days{demo_days - 2 - day} + hours{3};
  for (const std::string& domain : demo_domains()) {
    for (const DemoReporter& reporter : demo_reporters()) {
      const aggregate::Report report = demo_report(domain, reporter, day, last);
      if (report.records.empty()) continue;
      if (auto done = intake.take(mail_of(report, reporter), arrived); !done) return done;
    }
  }
  int number = 0;
  for (const failure::Report& report : demo_failures(day)) {
    const std::string mail =
        failure::write(report, {.from_address = "dmarc@mailbox-one.example",
                                .to = {"dmarc@reports.example"},
                                .date = arrived,
                                .id = fmt::format("demo.{}.{}", day, ++number)});
    if (auto done = intake.take(mail, arrived); !done) return done;
  }
  return intake.take(tlsrpt::write_json(demo_tls(day, last)), arrived);
}

struct Options {
  std::string config = usual_config;
  bool erase = false;
};

Expected<> run(const Options& options) {
  ASSAY_TRY(settings, load_configuration(options.config));
  ASSAY_TRY(received, open_received(settings, {}));
  if (options.erase) {
    if (auto erased = erase_demo(*received); !erased) {
      return std::unexpected(store_failure(erased.error()));
    }
    return write_output("the demonstration is erased\n");
  }
  auto loaded = load_demo(settings, *received, machine_time());
  if (!loaded && loaded.error().code == "not_empty") {
    return fail(Status::usage, loaded.error().what);
  }
  if (!loaded) return std::unexpected(store_failure(loaded.error()));
  return write_output(
      fmt::format("{} reports on {} domains are taken in; look at assay show domains\n",
                  loaded->reports, loaded->domains));
}

}  // namespace

std::expected<DemoLoaded, Finding> load_demo(const config::Settings& settings,
                                             store::ReceivedReports& received, store::Instant now) {
  ASSAY_TRY(books, received.books());
  if (books.reports > 0) {
    return std::unexpected(Finding{
        .code = "not_empty",
        .what = "there are reports already; the demonstration is loaded into an empty store alone",
        .at = 0});
  }
  const sys_days last = std::chrono::floor<days>(now) - days{1};
  DemoIntake intake(settings, received);
  for (int day = 0; day < demo_days; ++day) {
    if (auto done = take_day(intake, day, last); !done) return std::unexpected(done.error());
  }
  if (auto done = intake.flush(); !done) return std::unexpected(done.error());
  return DemoLoaded{.reports = intake.kept(), .domains = demo_domains().size()};
}

std::expected<void, Finding> erase_demo(store::ReceivedReports& received) {
  for (const std::string& domain : demo_domains()) {
    if (auto erased = received.erase(domain); !erased) return std::unexpected(erased.error());
  }
  return {};
}

void add_demo(const Command& program) {
  const Command command =
      program.subcommand("demo", "Load a demonstration world into an empty store");
  const auto options = std::make_shared<Options>();
  command.option("--config", options->config, "The configuration").named("FILE").default_shown();
  command.flag("--erase", options->erase, "Erase its domains again");
  command.footer(R"(Examples:
  assay demo
  assay show domains

Three months of reports on six made-up domains, ending yesterday, taken in as reports of others are: aggregate, failure
and TLS reports of three reporters. The pages load and erase it, too.
)");
  command.runs([options] { return run(*options); });
}

}  // namespace assay::cli
