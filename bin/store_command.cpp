/// assay store: the file where reports are kept, looked at, checked and copied.
#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/json/writer.h"
#include "system/spool/folder.h"
#include "system/store_sqlite/store_sqlite.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"

namespace assay::cli {
namespace {

constexpr std::string_view help_footer = R"(Examples:
  assay store info /var/lib/assay/store.sqlite
  assay store check /var/lib/assay/store.sqlite
  assay store backup /var/lib/assay/store.sqlite /backup/store-20260501.sqlite

FILE is store.sqlite (evaluations and reports to others), reports.sqlite (reports of others that came in), alerts.sqlite
(alerts and watched records) or web.sqlite (accounts of the web pages, with their audit log); each is checked and copied
by itself. FILE may be in use meanwhile. Beside it may stand FILE-wal and FILE-shm, which belong to it.
)";

constexpr std::string_view check_footer = R"(Example:
  assay store check /var/lib/assay/store.sqlite

Reads the whole file and says what is damaged, and whether the books balance: each evaluation that was taken in
waits, is in one report, or was settled in another way. Of received reports the records are read and counted again.
Exit code 65 if anything is wrong.
)";

constexpr std::string_view backup_footer = R"(Example:
  assay store backup /var/lib/assay/store.sqlite /backup/store-20260501.sqlite

Writes a copy as the file is at one instant; reports go on meanwhile. The copy is checked before it gets its name,
and replaces no file. To restore: stop the service, put the copy in the place of FILE, and remove FILE-wal and FILE-shm.
Journals that are still there are then taken in again from where the copy had left them, and reports that were made
since are made and sent again. Of web.sqlite the copy holds no password and no secret in clear, but who has it may try
to guess passwords: keep it as the file itself.
)";

constexpr std::string_view info_footer = R"(Example:
  assay store info --json /var/lib/assay/store.sqlite

Says what the file holds. Numbers of evaluations are totals since the file was made; other numbers are of what is
there now.
)";

constexpr std::string_view erase_footer = R"(Example:
  assay store erase --domain example.com --failures /var/lib/assay/failures /var/lib/assay/store.sqlite

Takes away what is known of a policy domain and those below it: evaluations, reports, also such that wait, and failure
reports, those of the spool too. Backups keep what they have; assay journal erase does the same with journals.
)";

struct Options {
  std::string file = {};
  std::string copy = {};
  std::string domain = {};
  std::string failures = {};
  OutputOptions output = {};
};

/// How a finding of the Store ends the command.
std::unexpected<Failure> fail_with(const Finding& finding) {
  const bool data = finding.code == "store_damaged" || finding.code == "store_foreign" ||
                    finding.code == "store_newer" || finding.code == "store_older";
  const bool busy = finding.code == "store_busy";
  return fail(data ? Status::bad_data : (busy ? Status::unavailable : Status::io),
              ascii::printable(finding.what, 2'000));
}

/// Says so by itself where there is no file: the Store would speak of permissions.
Expected<> must_be_there(const std::string& path) {
  auto file = Input::open(path);
  if (!file) return std::unexpected(std::move(file.error()));
  return {};
}

Expected<> run_check(const Options& options) {
  if (auto there = must_be_there(options.file); !there) return there;
  const auto findings = store_sqlite::check(options.file);
  if (!findings) return fail_with(findings.error());
  for (const Finding& each : *findings) {
    auto written = write_output(ascii::printable(each.what, 2'000) + "\n");
    if (!written) return written;
  }
  if (findings->empty()) return write_output("all well\n");
  return fail(Status::bad_data,
              fmt::format("{} is damaged; put a backup in its place", options.file));
}

Expected<> run_backup(const Options& options) {
  if (auto there = must_be_there(options.file); !there) return there;
  const auto done = store_sqlite::back_up(options.file, options.copy);
  if (!done) return fail_with(done.error());
  return write_output(options.copy + " is complete and readable\n");
}

// ---- info --------------------------------------------------------------------------------------

struct Figure {
  std::string_view name;
  std::string_view words;
  std::uint64_t value;
};

std::vector<Figure> figures_of(const store_sqlite::Info& info) {
  const store::Books& books = info.books;
  return {{"octets", "Octets", info.octets},
          {"free_octets", "  of these free", info.free_octets},
          {"sources", "Journal files taken in", info.sources},
          {"policy_domains", "Policy domains", info.policy_domains},
          {"configurations", "Policies as evaluated", info.configurations},
          {"tuples", "Distinct rows", info.tuples},
          {"facts", "Counts of rows by hour", info.facts},
          {"settlements", "Reports and what needed none", info.settlements},
          {"suppressions", "Destinations left alone", info.suppressions},
          {"deliveries_waiting", "Deliveries waiting", books.deliveries_waiting},
          {"deliveries_sent", "Deliveries sent", books.deliveries_sent},
          {"deliveries_given_up", "Deliveries given up", books.deliveries_given_up},
          {"taken", "Evaluations taken in", books.taken},
          {"waiting", "  waiting for a report", books.waiting},
          {"sent", "  in reports that were sent", books.sent},
          {"in_outbox", "  in reports in the outbox", books.in_outbox},
          {"undelivered", "  in reports given up", books.undelivered}};
}

void write_json(json::Writer& out, const store_sqlite::Info& info) {
  out.begin_object();
  out.member_number("version", static_cast<std::uint64_t>(info.version));
  for (const Figure& each : figures_of(info)) out.member_number(each.name, each.value);
  out.key("settled");
  out.begin_object();
  for (std::size_t i = 0; i < store::outcomes; ++i) {
    out.member_number(to_text(static_cast<store::Outcome>(i)), info.books.settled[i]);
  }
  out.end_object();
  out.end_object();
}

std::string in_words(const store_sqlite::Info& info) {
  std::string text = fmt::format("{:<34} {:>12}\n", "Version of the schema", info.version);
  for (const Figure& each : figures_of(info)) {
    text += fmt::format("{:<34} {:>12}\n", each.words, each.value);
  }
  for (std::size_t i = 1; i < store::outcomes; ++i) {
    const std::string words = fmt::format("  {}", to_text(static_cast<store::Outcome>(i)));
    text += fmt::format("{:<34} {:>12}\n", words, info.books.settled[i]);
  }
  return text;
}

std::vector<Figure> figures_of(const store_sqlite::ReceivedInfo& info) {
  const store::ReceivedBooks& books = info.books;
  return {{"octets", "Octets", info.octets},
          {"free_octets", "  of these free", info.free_octets},
          {"record_octets", "  of these records", info.record_octets},
          {"raw_octets", "  of these reports as they came", info.raw_octets},
          {"policy_domains", "Policy domains", info.policy_domains},
          {"reporters", "Reporters", info.reporters},
          {"reports", "Reports", books.reports},
          {"counted", "  counted", books.counted},
          {"set_aside", "  set aside", books.set_aside},
          {"duplicates", "Duplicates that came", books.duplicates},
          {"sampled_out", "Failure reports counted alone", books.sampled_out},
          {"records", "Records", books.records},
          {"messages", "Messages in counted reports", books.messages},
          {"daily_counts", "Daily counts", info.daily_counts},
          {"raws", "Reports kept as they came", books.raws}};
}

std::vector<Figure> figures_of(const store_sqlite::AlertInfo& info) {
  return {{"octets", "Octets", info.octets},
          {"free_octets", "  of these free", info.free_octets},
          {"domains", "Watched domains", info.domains},
          {"records", "Watched records", info.records},
          {"changes", "Changes of them", info.changes},
          {"alerts", "Alerts", info.alerts},
          {"open", "  open", info.open},
          {"letters_waiting", "Letters waiting", info.letters_waiting},
          {"letters_sent", "Letters sent", info.letters_sent},
          {"letters_given_up", "Letters given up", info.letters_given_up}};
}

std::vector<Figure> figures_of(const store_sqlite::AccountInfo& info) {
  return {{"octets", "Octets", info.octets},
          {"free_octets", "  of these free", info.free_octets},
          {"users", "Users", info.users},
          {"administrators", "  administrators", info.administrators},
          {"groups", "Domain groups", info.groups},
          {"sessions", "Sessions", info.sessions},
          {"tokens", "Tokens", info.tokens},
          {"deeds", "Lines of the audit log", info.deeds}};
}

template <class Of>
Expected<> tell_figures(const Options& options, const std::expected<Of, Finding>& info) {
  if (!info) return fail_with(info.error());
  const auto figures = figures_of(*info);
  if (options.output.json) {
    json::Writer out;
    out.begin_object();
    out.member_number("version", static_cast<std::uint64_t>(info->version));
    for (const Figure& each : figures) out.member_number(each.name, each.value);
    out.end_object();
    return write_output(out.take() + "\n");
  }
  std::string text = fmt::format("{:<34} {:>12}\n", "Version of the schema", info->version);
  for (const Figure& each : figures) {
    text += fmt::format("{:<34} {:>12}\n", each.words, each.value);
  }
  return write_output(text);
}

Expected<> run_info(const Options& options) {
  if (auto there = must_be_there(options.file); !there) return there;
  const auto kind = store_sqlite::kind_of(options.file);
  if (!kind) return fail_with(kind.error());
  if (*kind == store_sqlite::FileKind::received) {
    return tell_figures(options, store_sqlite::received_info(options.file));
  }
  if (*kind == store_sqlite::FileKind::alerts) {
    return tell_figures(options, store_sqlite::alert_info(options.file));
  }
  if (*kind == store_sqlite::FileKind::accounts) {
    return tell_figures(options, store_sqlite::account_info(options.file));
  }
  const auto info = store_sqlite::info(options.file);
  if (!info) return fail_with(info.error());
  if (!options.output.json) return write_output(in_words(*info));
  json::Writer out;
  write_json(out, *info);
  return write_output(out.take() + "\n");
}

// ---- erase -------------------------------------------------------------------------------------

// RFC 9991 §7
Expected<> run_erase(const Options& options) {
  ASSAY_TRY(domain, parse_domain("--domain", options.domain));
  if (auto there = must_be_there(options.file); !there) return there;
  const auto kind = store_sqlite::kind_of(options.file);
  if (kind && *kind == store_sqlite::FileKind::alerts) {
    auto book = store_sqlite::open_alerts({.path = options.file});
    if (!book) return fail_with(book.error());
    const auto rows = (*book)->erase(domain.text());
    if (!rows) return fail_with(rows.error());
    return write_output(
        fmt::format("{}: {} records, changes, alerts and letters\n", domain.text(), *rows));
  }
  auto store = store_sqlite::open({.path = options.file});
  if (!store) return fail_with(store.error());
  std::size_t files = 0;
  if (!options.failures.empty()) {
    // First, so that nothing of it comes into the store behind our back.
    const auto erased = spool::erase(options.failures, domain);
    if (!erased) return fail(Status::io, erased.error().what);
    files = *erased;
  }
  const auto removed = (*store)->erase(domain.text());
  if (!removed) return fail_with(removed.error());
  return write_output(fmt::format(
      "{}: {} evaluations, {} reports, {} deliveries, {} failure reports of the spool\n",
      domain.text(), removed->evaluations, removed->reports, removed->deliveries, files));
}

}  // namespace

void add_store(const Command& program) {
  const Command store =
      program.subcommand("store", "Show, check and copy the file where reports are kept");
  store.footer(help_footer);
  store.needs_subcommand();
  const auto options = std::make_shared<Options>();
  const auto add = [&](const std::string& name, const std::string& description,
                       std::string_view footer, Expected<> (*run)(const Options&)) {
    const Command command = store.subcommand(name, description);
    command.option("FILE", options->file, "The file").named("").required();
    command.footer(footer);
    command.runs([options, run] { return run(*options); });
    return command;
  };
  add("check", "Read the whole file and say what is wrong", check_footer, run_check);
  add("backup", "Write a copy while the file is in use", backup_footer, run_backup)
      .option("COPY", options->copy, "The copy, not there yet")
      .named("")
      .required();
  const Command erase =
      add("erase", "Take away what is known of a domain", erase_footer, run_erase);
  erase.option("--domain", options->domain, "The policy domain, with those below it")
      .named("DOMAIN")
      .required();
  erase.option("--failures", options->failures, "The folder of the spool of failure reports")
      .named("DIR");
  add_json_option(add("info", "Say what the file holds", info_footer, run_info), options->output);
}

}  // namespace assay::cli
