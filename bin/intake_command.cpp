/// assay intake: reports of others, taken into the file where they are kept.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/intake/arrivals.h"
#include "system/json/writer.h"
#include "system/ops/signals.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/dns_source.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/intake.h"
#include "bin/intake_words.h"
#include "bin/progress.h"
#include "bin/reporting.h"
#include "bin/world.h"

namespace assay::cli {
namespace {

constexpr std::string_view add_footer = R"(Examples:
  assay intake add report.eml google.com!example.com!1777507200!1777593599.zip
  assay intake add ~/Maildir/.DMARC reports.mbox
  assay intake add --json - <report.eml

PATH is a file, a folder (with all below it; of a Maildir what has been delivered) or - for standard input. Reports
may be plain, packed, attached to mails, in an mbox; aggregate, failure and TLS reports. Each is told in a line:

  added      counted, with the number under which it is kept
  set_aside  kept and shown, but in no count, and why: a domain that is not ours, forged mail, absurd numbers, the same
             content under another Report-ID, other content under the same Report-ID
  duplicate  it was there already
  refused    nothing is kept of it, and why

A report is in the file when its line is written; whatever stops the command, what was told is there, and what is
given again is a duplicate. Exit code 65 when something was refused, 66 when a file is missing.
)";

constexpr std::string_view replay_footer = R"(Examples:
  assay intake replay
  assay intake replay --domain example.com

Reads the octets that were kept of reports again, with the reader of this version, and puts what it finds in the
place of what was found then. Reports of which nothing is kept any longer stay as they are.
)";

/// So much is taken in at once: each time costs a write that waits for the disk.
constexpr std::uint64_t batch_records = 50'000;
constexpr std::size_t batch_reports = 500;
constexpr std::size_t batch_octets = std::size_t{32} << 20;

struct Options {
  std::string config = usual_config;
  std::string store = {};
  std::vector<std::string> paths = {};
  std::string domain = {};
  DnsOptions dns = {};
  bool no_verify = false;
  bool defaults = false;
  OutputOptions output = {};
};

/// Told by the system to stop.
class Interrupted {
 public:
  explicit operator bool() const { return stop_.load(); }

 private:
  std::atomic<bool> stop_ = false;
  ops::Signals signals_{[this](ops::Signal /*signal*/) { stop_ = true; }};
};

Expected<config::Settings> settings_of(const Options& options) {
  if (options.defaults) return config::Settings{};
  return load_configuration(options.config);
}

/// Who examines mail: nobody, a zone, named servers, or the DNS as the configuration names it.
class Examiner {
 public:
  static Expected<std::unique_ptr<Examiner>> open(const Options& options,
                                                  const config::Settings& settings) {
    std::unique_ptr<Examiner> examiner(new Examiner(options.dns));
    if (options.no_verify || !settings.intake.verify) return examiner;
    if (!options.dns.zone_file.empty() || !options.dns.resolvers.empty()) {
      ASSAY_TRY(resolver, examiner->source_.common());
      examiner->resolver_ = resolver;
      return examiner;
    }
    ASSAY_TRY(world, World::open(settings.dns, settings.filter.lookup_time));
    examiner->world_ = std::move(world);
    examiner->resolver_ = &examiner->world_->resolver();
    return examiner;
  }

  intake::Examine examine() {
    if (resolver_ == nullptr) return {};
    return [this](std::string_view mail) {
      return intake::examine(mail, {}, *resolver_, machine_time());
    };
  }

 private:
  explicit Examiner(const DnsOptions& options) : source_(options) {}
  DnsSource source_;
  std::unique_ptr<World> world_ = {};
  dns::Resolver* resolver_ = nullptr;
};

// ---- add ---------------------------------------------------------------------------------------

/// Collects arrivals, takes them in together, and tells each when it is on the disk.
class Batch {
 public:
  Batch(store::ReceivedReports& received, const intake::ArrivalOptions& options,
        const store::Sampling& sampling, bool json)
      : received_(received),
        decide_(intake::decider(options.assess)),
        sampling_(sampling),
        json_(json) {}

  Expected<> add(const std::string& file, intake::Taken taken) {
    for (store::Arrival& each : taken.arrivals) {
      records_ += each.records.records();
      octets_ += each.raw.octets.size() + (each.large_raw ? each.large_raw->size : 0);
      files_.push_back(file);
      arrivals_.push_back(std::move(each));
    }
    for (intake::Refused& each : taken.refused) {
      refused_.push_back(refused_line(file, each));
    }
    if (arrivals_.size() < batch_reports && records_ < batch_records && octets_ < batch_octets) {
      return {};
    }
    return commit();
  }

  Expected<> commit() {
    std::vector<IntakeLine> lines;
    if (!arrivals_.empty()) {
      const auto placed = received_.add(arrivals_, decide_, sampling_);
      if (!placed) return std::unexpected(store_failure(placed.error()));
      for (std::size_t i = 0; i < arrivals_.size(); ++i) {
        lines.push_back(placed_line(files_[i], arrivals_[i], (*placed)[i]));
      }
    }
    for (IntakeLine& each : refused_) lines.push_back(std::move(each));
    arrivals_.clear();
    files_.clear();
    refused_.clear();
    records_ = 0;
    octets_ = 0;
    std::string text;
    for (const IntakeLine& each : lines) {
      tally.count(each);
      text += json_ ? as_json(each) : in_words(each);
    }
    return write_output(text);
  }

  IntakeTally tally = {};

 private:
  store::ReceivedReports& received_;
  store::Decide decide_;
  store::Sampling sampling_;
  bool json_;
  std::vector<store::Arrival> arrivals_ = {};
  std::vector<std::string> files_ = {};
  std::vector<IntakeLine> refused_ = {};
  std::uint64_t records_ = 0;
  std::size_t octets_ = 0;
};

Expected<> end_of_add(const Batch& batch, bool stopped, const Options& options) {
  const IntakeTally& tally = batch.tally;
  auto written = write_output(options.output.json ? as_json(tally) : in_words(tally));
  if (!written) return written;
  if (stopped) {
    return fail(Status::unavailable,
                "stopped; what was told is kept, and what is given again will be a duplicate");
  }
  if (tally.refused > 0) {
    return fail(Status::bad_data, fmt::format("{} reports or files were refused", tally.refused));
  }
  if (tally.missing > 0) {
    return fail(Status::no_input, fmt::format("{} files could not be opened", tally.missing));
  }
  return {};
}

Expected<> add_file(const std::string& file, const config::Intake& settings,
                    const intake::ArrivalOptions& arrivals, Batch& batch) {
  Expected<> written;
  auto done = read_incoming(file, settings.max_file, [&](intake::Incoming incoming) -> Expected<> {
    incoming.channel = store::Channel::file;
    incoming.arrived = machine_time();
    written = batch.add(file, intake::read_arrivals(incoming, arrivals));
    return written;
  });
  if (!written) return written;
  if (done || done.error().status == Status::io) return done;
  // One file that cannot be read keeps no other from being taken in.
  if (done.error().status == Status::no_input) {
    ++batch.tally.missing;
    return batch.add(file, {.refused = {{.code = "no_input", .what = done.error().what}}});
  }
  return batch.add(file, {.refused = {{.code = "too_large", .what = done.error().what}}});
}

Expected<> run_add(const Options& options) {
  const Interrupted stop;  // before any other thread
  ASSAY_TRY(settings, settings_of(options));
  ASSAY_TRY(examiner, Examiner::open(options, settings));
  ASSAY_TRY(received, open_received(settings, options.store));
  ASSAY_TRY(files, find_incoming(options.paths));
  intake::ArrivalOptions arrivals = arrival_options(settings, options.store);
  arrivals.examine = examiner->examine();
  Batch batch(*received, arrivals, sampling_of(settings.intake), options.output.json);
  Progress progress("files", files.size());
  for (const std::string& file : files) {
    if (stop) break;
    if (auto done = add_file(file, settings.intake, arrivals, batch); !done) return done;
    ++batch.tally.files;
    progress.advance(1);
  }
  if (auto done = batch.commit(); !done) return done;
  const auto forgotten = received->forget(retention_of(settings.intake, machine_time()));
  if (!forgotten) return std::unexpected(store_failure(forgotten.error()));
  return end_of_add(batch, static_cast<bool>(stop), options);
}

// ---- replay ------------------------------------------------------------------------------------

/// What happens to a report that is read again.
enum class Replayed : std::uint8_t { replaced, same, not_kept, unreadable };

struct ReplayTally {
  std::uint64_t replaced = 0;
  std::uint64_t not_kept = 0;
  std::uint64_t unreadable = 0;
};

Expected<Replayed> replay_one(store::ReceivedReports& received, const store::ReceivedReport& report,
                              const intake::ArrivalOptions& options) {
  const auto raw = received.raw(report.id);
  if (!raw) return std::unexpected(store_failure(raw.error()));
  if (raw->octets.empty()) return Replayed::not_kept;
  intake::Taken taken = intake::read_arrivals({.octets = raw->octets,
                                               .name = raw->name,
                                               .channel = report.channel,
                                               .arrived = report.arrived,
                                               .authenticity = report.authenticity},
                                              options);
  const auto found = std::ranges::find_if(taken.arrivals, [&](const store::Arrival& each) {
    return each.raw.member == raw->member && each.head.kind == report.head.kind &&
           (each.head.kind != store::ReportKind::tls ||
            each.head.policy_domain == report.head.policy_domain);
  });
  if (found == taken.arrivals.end()) return Replayed::unreadable;
  intake::carry_over(*found, report);
  const auto done = received.replace(report.id, *found);
  if (!done) return std::unexpected(store_failure(done.error()));
  return Replayed::replaced;
}

Expected<> tell_replay(const ReplayTally& tally, const Options& options) {
  if (!options.output.json) {
    return write_output(fmt::format("{} reports read again, {} no longer kept, {} not readable\n",
                                    tally.replaced, tally.not_kept, tally.unreadable));
  }
  json::Writer out;
  out.begin_object();
  out.member_number("replaced", tally.replaced);
  out.member_number("not_kept", tally.not_kept);
  out.member_number("unreadable", tally.unreadable);
  out.end_object();
  return write_output(out.take() + "\n");
}

Expected<> run_replay(const Options& options) {
  const Interrupted stop;
  ASSAY_TRY(settings, settings_of(options));
  ASSAY_TRY(received, open_received(settings, options.store));
  intake::ArrivalOptions arrivals = arrival_options(settings, options.store);
  arrivals.assess.refuse.clear();  // it was let in
  ReplayTally tally;
  Progress progress("reports");
  store::ReportFilter filter{.policy_domain = options.domain};
  while (!stop) {
    const auto reports = received->reports(filter);
    if (!reports) return std::unexpected(store_failure(reports.error()));
    for (const store::ReceivedReport& each : *reports) {
      if (stop) break;
      ASSAY_TRY(how, replay_one(*received, each, arrivals));
      tally.replaced += how == Replayed::replaced ? 1 : 0;
      tally.not_kept += how == Replayed::not_kept ? 1 : 0;
      tally.unreadable += how == Replayed::unreadable ? 1 : 0;
      progress.advance(1);
    }
    if (reports->size() < filter.limit) break;
    filter.after = reports->back().id;
  }
  if (auto written = tell_replay(tally, options); !written) return written;
  if (!stop) return {};
  return fail(Status::unavailable, "stopped; the rest stays as it was read before");
}

}  // namespace

void add_intake(const Command& program) {
  const Command intake = program.subcommand("intake", "Reports of others: take them in, look");
  intake.needs_subcommand();
  const auto options = std::make_shared<Options>();
  const auto add_common = [&](const Command& command) {
    command.option("--config", options->config, "The configuration").named("FILE").default_shown();
    command.option("--store", options->store, "Another file than <data>/reports.sqlite")
        .named("FILE");
    command.flag("--defaults", options->defaults, "Without a configuration");
    add_json_option(command, options->output);
  };
  const Command add = intake.subcommand("add", "Take reports in");
  add.option("PATH", options->paths, "Files, folders; - is standard input").required();
  add_common(add);
  add_dns_options(add, options->dns);
  add.flag("--no-verify", options->no_verify, "Do not verify the mails that carry reports");
  add.footer(add_footer);
  add.runs([options] { return run_add(*options); });
  const Command replay = intake.subcommand("replay", "Read what was kept of reports again");
  replay.option("--domain", options->domain, "Only reports on this policy domain").named("DOMAIN");
  add_common(replay);
  replay.footer(replay_footer);
  replay.runs([options] { return run_replay(*options); });
  add_intake_look(intake);
  add_intake_bounce(intake);
}

}  // namespace assay::cli
