/// assay show: what reports say, as answers to an owner's questions.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/analysis/analysis.h"
#include "system/analysis/ask_words.h"

#include "bin/alerting.h"
#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/dns_source.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/insight.h"
#include "bin/intake.h"
#include "bin/journal_files.h"
#include "bin/reporting.h"
#include "bin/world.h"

namespace assay::cli {
namespace {

using analysis::Question;

constexpr std::string_view footer = R"(Questions, each of a DOMAIN (with * also of all):
  domains*         all of them side by side           split*      passed, let through, quarantined, rejected
  sources          who sends as the domain            volume      by day: own, approved, forwarder, unknown, abuse
  cube*            SPF x DKIM x disposition           unauthenticated  what fails, by suspected cause
  newcomers        sources that pass and are new      who         who an unknown source is (--source, --reverse)
  unaligned        authenticated as others: the fix   gaps*       failed, yet not handled as the policy asks
  overrides*       reasons that reporters give        failures*   failure reports, by campaign
  ladder           why no reports come                reporters*  who reports, how well, who fell silent
  piles*           what kind of mail it is            route       the way to enforcement for that kind
  readiness        what speaks for the next step      whatif      another policy for the same mail
  compare*         one period beside another          received*   what this host's own filters saw
  tls              sessions that TLS reports tell of
  changes*         published records that changed, and what stands there now

Examples:
  assay show sources example.com
  assay show split example.com --from 2026-05-01 --to 2026-05-31 --json
  assay show whatif example.com --policy reject --adkim s
  assay show who example.com --source 192.0.2.1 --reverse 20
  assay show compare example.com --from 2026-05-08 --to 2026-05-14
  assay show newcomers example.com --csv >newcomers.csv

Counts are messages and days are UTC; a report over several days is spread over them. Without --from and --to the
30 days up to the latest report are meant. Each answer says what it rests on and what is not known.
docs/owner explains each question.
)";

struct Options {
  std::string question = {};
  std::string domain = {};
  std::string from = {};
  std::string to = {};
  std::string against = {};
  std::string policy = "reject";
  std::string adkim = {};
  std::string aspf = {};
  bool testing = false;
  std::string source = {};
  unsigned reverse = 0;
  std::string config = "/etc/assay/assay.toml";
  std::string store = {};
  std::string marks = {};
  std::string alerts = {};
  std::vector<std::string> catalogues = {};
  std::vector<std::string> journals = {};
  bool defaults = false;
  bool csv = false;
  std::string table = {};
  std::string at = {};
  std::string suffix_file = {};
  DnsOptions dns = {};
  OutputOptions output = {};
};

// ---- What is asked -----------------------------------------------------------------------------

Expected<analysis::Ask> read_ask(const Options& options) {
  auto ask = analysis::read_ask({.question = options.question,
                                 .domain = options.domain,
                                 .from = options.from,
                                 .to = options.to,
                                 .against = options.against,
                                 .policy = options.policy,
                                 .adkim = options.adkim,
                                 .aspf = options.aspf,
                                 .test_mode = options.testing,
                                 .source = options.source},
                                "--");
  if (!ask && ask.error().code == "no_domain") {
    return fail(Status::usage, options.question + " is asked of a domain: assay show " +
                                   options.question + " example.com");
  }
  if (!ask) return fail(Status::usage, ask.error().what);
  ASSAY_TRY(now, parse_at(options.at));
  ask->names = options.reverse;
  ask->now = now;
  return std::move(*ask);
}

// ---- What it is answered from ------------------------------------------------------------------

Expected<config::Settings> settings_of(const Options& options) {
  if (options.defaults) return config::Settings{};
  return load_configuration(options.config);
}

Expected<analysis::Document> answer_from_reports(const analysis::Ask& ask, const Options& options,
                                                 const config::Settings& settings) {
  ASSAY_TRY(reports, open_received(settings, options.store));
  ASSAY_TRY(catalogue, read_catalogue(settings, options.catalogues));
  ASSAY_TRY(marks, read_marks_file(marks_path(settings, options.marks)));
  Organizations organizations(options.suffix_file);
  if (auto done = organizations.open(!options.suffix_file.empty()); !done)
    return std::unexpected(std::move(done.error()));
  analysis::World world{
      .reports = reports.get(),
      .catalogue = &catalogue,
      .marks = &marks,
      .organization = [&](std::string_view domain) { return organizations.of(domain); }};
  ASSAY_TRY(places, open_places(settings));
  if (places) world.places = &*places;
  std::optional<analysis::OwnMail> own;
  if (!ask.domain.empty()) {
    ASSAY_TRY(mail, read_own_mail(settings, options.journals, ask.domain));
    own = std::move(mail);
  }
  if (own) world.own = &*own;
  world.intake_refuses = settings.intake.refuse;
  if (!settings.receive.addresses.empty()) world.intake_limit = settings.receive.max_mail;
  NamedDns dns(options.dns);
  if (asks_dns(ask)) {
    ASSAY_TRY(resolver, dns.open(settings));
    world.resolver = resolver;
  }
  ASSAY_TRY(book, open_alerts_if_there(settings, options.alerts));
  world.alerts = book.get();
  auto document = analysis::answer(ask, world);
  if (document) return std::move(*document);
  const std::string_view code = document.error().code;
  if (code.starts_with("store_")) return std::unexpected(store_failure(document.error()));
  return fail(Status::usage, document.error().what);
}

Expected<> run(const Options& options) {
  if (options.csv && options.output.json)
    return fail(Status::usage, "give --json or --csv, not both");
  ASSAY_TRY(ask, read_ask(options));
  ASSAY_TRY(settings, settings_of(options));
  auto document = ask.question == Question::received
                      ? answer_received(ask, options.journals, settings)
                      : answer_from_reports(ask, options, settings);
  if (!document) return std::unexpected(std::move(document.error()));
  if (options.output.json) return write_output(to_json(*document) + "\n");
  if (!options.csv) return write_output(to_words(*document));
  const auto csv = to_csv(*document, options.table);
  if (csv) return write_output(*csv);
  std::string names;
  for (const analysis::Table& each : document->tables)
    names += (names.empty() ? "" : ", ") + each.name;
  return fail(Status::usage, fmt::format("--table: there is no \"{}\"; there are {}",
                                         ascii::printable(options.table), names));
}

// ---- The command line --------------------------------------------------------------------------

void add_question_options(const Command& command, Options& options) {
  const auto words = analysis::question_words();
  command.option("QUESTION", options.question, "What is asked; see below")
      .named("")
      .required()
      .one_of({words.begin(), words.end()});
  command.option("DOMAIN", options.domain, "The policy domain").named("");
  command.option("--from", options.from, "The first day").named("DAY");
  command.option("--to", options.to, "The last day").named("DAY");
  command
      .option("--against", options.against,
              "compare: the first day of the other period; else that just before")
      .named("DAY");
  command.option("--policy", options.policy, "whatif: the policy")
      .one_of({"none", "quarantine", "reject"})
      .default_shown();
  command.flag("--test-mode", options.testing, "whatif: with t=y");
  command.option("--adkim", options.adkim, "whatif: alignment of DKIM, r or s; else as it was")
      .one_of({"r", "s"});
  command.option("--aspf", options.aspf, "whatif: alignment of SPF").one_of({"r", "s"});
  command
      .option("--source", options.source,
              "who: an address, network or service; else all unknown ones")
      .named("SOURCE");
  constexpr unsigned most_names = 1'000;
  command
      .option("--reverse", options.reverse,
              "who, newcomers, sources: ask the DNS about so many addresses")
      .named("N")
      .between(0, most_names);
}

}  // namespace

void add_show(const Command& program) {
  const Command command =
      program.subcommand("show", "Answer a question about a domain from the reports on it");
  const auto options = std::make_shared<Options>();
  add_question_options(command, *options);
  command.option("--config", options->config, "The configuration").named("FILE").default_shown();
  command.flag("--defaults", options->defaults, "Without a configuration");
  command.option("--store", options->store, "Another file than <data>/reports.sqlite")
      .named("FILE");
  command.option("--marks", options->marks, "Another file than <data>/marks.jsonl").named("FILE");
  command.option("--alerts", options->alerts, "Another file than <data>/alerts.sqlite")
      .named("FILE");
  command.option("--catalogue", options->catalogues, "More services than those installed")
      .named("FILE")
      .repeatable();
  command
      .option("--journal", options->journals,
              "Other journals of this host than those of the configuration")
      .named("FILE|DIR")
      .repeatable();
  command
      .option("--psl", options->suffix_file,
              "Another public suffix list, by which names are grouped")
      .named("FILE");
  command.option("--at", options->at, "The time that counts as now").named("TIME");
  command.flag("--csv", options->csv, "One table as CSV, the first or --table");
  command.option("--table", options->table, "Which table --csv writes").named("NAME");
  add_dns_options(command, options->dns);
  add_json_option(command, options->output);
  command.footer(footer);
  command.runs([options] { return run(*options); });
}

}  // namespace assay::cli
