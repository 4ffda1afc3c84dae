/// assay digest: what was in a week, as files or by mail.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/analysis/document.h"

#include "bin/alerting.h"
#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/intake.h"
#include "bin/reporting.h"

namespace assay::cli {
namespace {

constexpr std::string_view footer = R"(Examples:
  assay digest build
  assay digest build --week 2026-05-04 --domain example.com --out /tmp/digest
  assay digest build --send

A week is from Monday to Sunday, UTC; the last that is over unless --week names a day of another. With --out the digest
is written as digest.txt, digest.html and digest.eml; with --send it goes to those of [digest] to who had none of that
week yet; with neither it is printed. assay receive and assay run send it by themselves, on the weekday and hour of
[digest].
)";

struct Options {
  std::string config = usual_config;
  std::string week = {};
  std::string domain = {};
  std::string out = {};
  std::string at = {};
  bool send = false;
};

Expected<std::chrono::sys_days> week_of(const Options& options, store::Instant now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  if (options.week.empty()) return analysis::monday_of(today) - std::chrono::days{7};
  const auto day = analysis::parse_day(options.week);
  if (!day) return fail(Status::usage, "--week: write a day as 2026-05-04");
  return analysis::monday_of(*day);
}

Expected<> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file) return {};
  return fail(Status::io, ascii::printable(path) + ": cannot be written: " +
                              std::strerror(errno));  // NOLINT(concurrency-mt-unsafe): glibc's is
}

Expected<> write_files(const Options& options, const config::Settings& settings,
                       const analysis::WeekDigest& digest, store::Instant now) {
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) {
    return fail(Status::io, ascii::printable(options.out) + ": " + error.message());
  }
  telling::Telling telling = telling_of(settings);
  if (telling.from.empty()) telling.from = "assay@" + host_name();
  const std::string to = settings.digest.to.empty() ? telling.from : settings.digest.to[0].value;
  auto done = write_file(options.out + "/digest.txt", to_text(digest));
  if (done) done = write_file(options.out + "/digest.html", to_html(digest));
  if (done) {
    done = write_file(options.out + "/digest.eml",
                      telling::write_digest(telling, to, digest, now).octets);
  }
  return done;
}

Expected<> send(const config::Settings& settings, Lookout& lookout, store::AlertBook& book,
                std::chrono::sys_days monday, store::Instant now) {
  if (settings.digest.to.empty()) return fail(Status::usage, "[digest] to names nobody");
  ASSAY_TRY(posted, lookout.post_digests(monday, now));
  ASSAY_TRY(messenger, Messenger::open(settings, book));
  constexpr std::size_t most = 1'000;
  const auto rounds = messenger->courier().round(now, most);
  if (!rounds) return std::unexpected(store_failure(rounds.error()));
  auto done = write_output(
      fmt::format("{} digests for the week of {}\n", posted, analysis::to_text(monday)));
  if (!done || rounds->events.empty()) return done;
  return fail(Status::unavailable, fmt::format("{}; it is tried again: assay alert letters",
                                               ascii::printable(rounds->events.front(), 500)));
}

Expected<> run(const Options& options) {
  if (options.send && (!options.out.empty() || !options.domain.empty())) {
    return fail(Status::usage, "--send goes without --out and --domain");
  }
  ASSAY_TRY(settings, load_configuration(options.config));
  ASSAY_TRY(now, parse_at(options.at));
  ASSAY_TRY(monday, week_of(options, now));
  ASSAY_TRY(reports, open_received(settings, {}));
  ASSAY_TRY(book, open_alerts(settings));
  ASSAY_TRY(lookout, Lookout::open(settings, *reports, *book));
  if (options.send) return send(settings, *lookout, *book, monday, now);
  std::vector<std::string> domains;
  if (options.domain.empty()) {
    ASSAY_TRY(all, lookout->domains());
    domains = std::move(all);
  } else {
    ASSAY_TRY(domain, parse_domain("--domain", options.domain));
    domains = {domain.text()};
  }
  ASSAY_TRY(digest, lookout->digest(monday, domains, now));
  if (!options.out.empty()) return write_files(options, settings, digest, now);
  return write_output(to_text(digest));
}

}  // namespace

void add_digest(const Command& program) {
  const Command digest = program.subcommand("digest", "What was in a week, for people");
  digest.footer(footer);
  digest.needs_subcommand();
  const Command command = digest.subcommand("build", "Make the digest of a week");
  const auto options = std::make_shared<Options>();
  command.option("--config", options->config, "The configuration").named("FILE").default_shown();
  command.option("--week", options->week, "A day of the week; else the last week that is over")
      .named("DAY");
  command.option("--domain", options->domain, "This domain alone").named("DOMAIN");
  command.option("--out", options->out, "Write files to this folder").named("DIR");
  command.flag("--send", options->send, "Send it to those who had none of that week");
  command.option("--at", options->at, "The time that counts as now").named("TIME");
  command.footer(footer);
  command.runs([options] { return run(*options); });
}

}  // namespace assay::cli
