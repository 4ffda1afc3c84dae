/// assay report: aggregate reports made of what the journals hold, to look at or to be sent.
#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/json/writer.h"
#include "system/reporting/cycle.h"
#include "system/reporting/take.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/reporting.h"
#include "bin/world.h"

namespace assay::cli {
namespace {

using reporting::Outline;

constexpr std::string_view help_footer = R"(Examples:
  assay report read report.xml.gz
  assay report build --config /etc/assay/assay.toml --day 2026-05-01 --out /tmp/reports
  assay report send --config /etc/assay/assay.toml --day 2026-05-01 --dry-run

The reports role (assay run, assay reports) builds and sends by itself. docs/operate/reporting.md tells what is sent to whom, and why
not to others.
)";

constexpr std::string_view build_footer = R"(Example:
  assay report build --day 2026-05-01 --out /tmp/reports

Takes the journals in, and writes the reports of everything that is not yet reported up to the end of the day: the
attachments as they would be sent. Nothing is sent, and nothing counts as reported.
)";

constexpr std::string_view send_footer = R"(Example:
  assay report send --day 2026-05-01 --dry-run

Takes the journals in, makes the reports of everything that is not yet reported up to the end of the day, and sends them at
once, within the limits of the configuration; what cannot be sent now waits in the outbox. With --dry-run it only says
what would be sent, to whom, and why not.
)";

struct Options {
  std::string config = usual_config;
  std::string day = {};
  std::string out = {};
  bool dry_run = false;
  OutputOptions output = {};
};

store::Instant now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// The period that ends with the day: as long as the configuration says.
Expected<reporting::Period> period_of(const Options& options, const config::Settings& settings) {
  const std::chrono::hours length{settings.reports.period_hours};
  store::Instant day = std::chrono::floor<std::chrono::days>(now()) - std::chrono::days{1};
  if (!options.day.empty()) {
    const auto given = parse_instant(options.day + "T00:00:00Z");
    if (!given) {
      return fail(Status::usage, "--day: \"" + ascii::printable(options.day) +
                                     "\" is no day; give one like 2026-05-01");
    }
    day = *given;
  }
  const store::Instant end = day + std::chrono::days{1};
  if (end > now()) {
    return fail(Status::usage, "--day: the day is not over, in UTC; reports cover whole periods");
  }
  return reporting::Period{.begin = end - length, .end = end};
}

/// What both commands work with.
class Work {
 public:
  explicit Work(const Options& options) : options_(options) {}

  Expected<> open();
  Expected<reporting::CycleTotals> run(reporting::Effect effect,
                                       const reporting::Cycle::Show& show);
  Expected<> take_journals();

  config::Settings settings = {};
  std::unique_ptr<store::Store> store = {};

 private:
  const Options& options_;
  reporting::Period period_ = {};
  std::unique_ptr<World> world_ = {};
};

Expected<> Work::open() {
  ASSAY_TRY(loaded, load_configuration(options_.config));
  settings = std::move(loaded);
  if (settings.reports.email.empty()) {
    return fail(Status::usage, "[reports] email in " + ascii::printable(options_.config) +
                                   " is empty: say whom reports come from");
  }
  ASSAY_TRY(period, period_of(options_, settings));
  period_ = period;
  ASSAY_TRY(opened, open_store(settings));
  store = std::move(opened);
  ASSAY_TRY(world, World::open(settings.dns, settings.filter.lookup_time));
  world_ = std::move(world);
  return take_journals();
}

Expected<> Work::take_journals() {
  const std::string folder = journal_folder(settings);
  reporting::Taker taker(*store,
                         {.folder = folder,
                          .leaving = {.ignore_recipients = settings.reports.ignore_recipients,
                                      .psd = settings.reports.psd},
                          .period = std::chrono::hours{settings.reports.period_hours}});
  for (bool more = true; more;) {
    const auto taken = taker.look(now());
    if (!taken) return std::unexpected(store_failure(taken.error()));
    if (!taken->findings.empty()) return fail(Status::no_input, taken->findings.front().what);
    more = taken->more;
  }
  return {};
}

Expected<reporting::CycleTotals> Work::run(reporting::Effect effect,
                                           const reporting::Cycle::Show& show) {
  reporting::Cycle cycle(*store, world_->resolver(), settings.reports,
                         reporter_of(settings.reports));
  auto totals = cycle.run(period_, now(), effect, show);
  if (totals) return *totals;
  return std::unexpected(store_failure(totals.error()));
}

// ---- Output ------------------------------------------------------------------------------------

std::string_view word_of(const Outline& outline) {
  return outline.fate == Outline::Fate::waits ? "waits" : to_text(outline.outcome);
}

std::string in_words(const Outline& outline) {
  std::string text = fmt::format("{}: {} messages", outline.policy_domain, outline.messages);
  if (outline.late > 0) text += fmt::format(" ({} of earlier periods)", outline.late);
  if (!outline.reason.empty()) text += fmt::format(", {}: {}", word_of(outline), outline.reason);
  text += '\n';
  for (const Outline::Letter& letter : outline.letters) {
    text +=
        fmt::format("  to {}: {}, {} records, {} octets\n", ascii::printable(letter.address),
                    letter.report->file_name, letter.report->records, letter.report->octets.size());
  }
  if (outline.outcome == store::Outcome::reported) {
    for (const std::string& one : outline.refused) text += "  not to " + one + "\n";
  }
  return text;
}

std::string as_json(const Outline& outline) {
  json::Writer out;
  out.begin_object();
  out.member("policy_domain", outline.policy_domain);
  out.member_number("messages", outline.messages);
  if (outline.late > 0) out.member_number("late", outline.late);
  out.member("outcome", word_of(outline));
  out.member("reason", outline.reason);
  out.key("letters");
  out.begin_array();
  for (const Outline::Letter& letter : outline.letters) {
    out.begin_object();
    out.member("to", letter.address);
    out.member("report_id", letter.report->report_id);
    out.member("file_name", letter.report->file_name);
    out.member_number("records", letter.report->records);
    out.member_number("messages", letter.report->messages);
    out.member_number("octets", letter.report->octets.size());
    out.end_object();
  }
  out.end_array();
  out.member("refused", outline.refused);
  out.end_object();
  return out.take() + "\n";
}

std::string in_words(const reporting::CycleTotals& totals) {
  return fmt::format(
      "{} policy domains: {} messages in {} reports, {} letters; {} optional, {} without a report, "
      "{} waiting for the DNS\n",
      totals.domains, totals.reported, totals.reports, totals.letters, totals.optional,
      totals.unreported, totals.waiting);
}

Expected<> write_file(const std::string& folder, const reporting::Built& report) {
  const std::string path = folder + "/" + report.file_name;
  std::ofstream file(path, std::ios::binary);
  file << report.octets;
  file.close();
  if (file) return {};
  return fail(Status::io, ascii::printable(path) + ": cannot be written: " +
                              std::error_code(errno, std::generic_category()).message());
}

/// Shows outlines as they come, and keeps the first error.
class Printer {
 public:
  explicit Printer(const Options& options) : options_(options) {}

  void show(const Outline& outline) {
    keep(write_output(options_.output.json ? as_json(outline) : in_words(outline)));
    if (options_.out.empty()) return;
    const reporting::Built* written = nullptr;
    for (const Outline::Letter& letter : outline.letters) {
      if (letter.report != std::exchange(written, letter.report)) {
        keep(write_file(options_.out, *letter.report));
      }
    }
  }
  Expected<> finish(const reporting::CycleTotals& totals) {
    if (done_ && !options_.output.json) keep(write_output(in_words(totals)));
    return std::move(done_);
  }

 private:
  void keep(Expected<> done) {
    if (done_ && !done) done_ = std::move(done);
  }
  const Options& options_;
  Expected<> done_ = {};
};

// ---- The commands ------------------------------------------------------------------------------

Expected<> run_build(const Options& options) {
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) {
    return fail(Status::io,
                "cannot make the folder " + ascii::printable(options.out) + ": " + error.message());
  }
  Work work(options);
  if (auto opened = work.open(); !opened) return opened;
  Printer printer(options);
  ASSAY_TRY(totals,
            work.run(reporting::Effect::show, [&](const Outline& one) { printer.show(one); }));
  return printer.finish(totals);
}

Expected<> deliver(Work& work, const Options& options) {
  ASSAY_TRY(gate, Outgate::open(work.settings, *work.store));
  reporting::Delivered all;
  for (bool more = true; more;) {
    const auto round = gate->deliverer().round(now(), 20);
    if (!round) return std::unexpected(store_failure(round.error()));
    all.sent += round->sent;
    all.deferred += round->deferred;
    all.given_up += round->given_up;
    all.held_back += round->held_back;
    for (const std::string& event : round->events) report("report send", {.what = event});
    more = round->sent + round->deferred + round->given_up + round->held_back > 0;
  }
  if (options.output.json) return {};
  return write_output(fmt::format("sent {}, to be tried again {}, given up {}, held back {}\n",
                                  all.sent, all.deferred, all.given_up, all.held_back));
}

Expected<> run_send(const Options& options) {
  Work work(options);
  if (auto opened = work.open(); !opened) return opened;
  work.settings.reports.spread = std::chrono::seconds{0};
  Printer printer(options);
  const auto effect = options.dry_run ? reporting::Effect::show : reporting::Effect::settle;
  ASSAY_TRY(totals, work.run(effect, [&](const Outline& one) { printer.show(one); }));
  if (auto printed = printer.finish(totals); !printed || options.dry_run) return printed;
  return deliver(work, options);
}

void add_common(const Command& command, const std::shared_ptr<Options>& options) {
  command.option("--config", options->config, "The configuration").named("FILE").default_shown();
  command.option("--day", options->day, "The last day that is reported, in UTC; default yesterday")
      .named("DAY");
  add_json_option(command, options->output);
}

}  // namespace

void add_report(const Command& program) {
  const Command report = program.subcommand("report", "Make, send and read aggregate reports");
  report.footer(help_footer);
  report.needs_subcommand();
  const auto options = std::make_shared<Options>();
  add_report_read(report);
  const Command build = report.subcommand("build", "Write what would be sent to a folder");
  add_common(build, options);
  build.option("--out", options->out, "The folder").named("DIR").required();
  build.footer(build_footer);
  build.runs([options] { return run_build(*options); });
  const Command send = report.subcommand("send", "Send what is due now");
  add_common(send, options);
  send.flag("--dry-run", options->dry_run, "Only say what would be sent");
  send.footer(send_footer);
  send.runs([options] { return run_send(*options); });
}

}  // namespace assay::cli
