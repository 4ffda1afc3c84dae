/// assay mark: what an owner says of the services that send as his domain.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/json/writer.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/insight.h"

namespace assay::cli {
namespace {

constexpr std::string_view footer = R"(Examples:
  assay mark example.com "Example Mailer" approved --note "newsletter, contract until May"
  assay mark example.com "network 192.0.2.0/24" own
  assay mark example.com 198.51.100.25 blocked
  assay mark example.com --pile users
  assay mark example.com

SERVICE is a name as assay show sources says it; the mark holds for all addresses of the service, also future ones.
A network or an address is marked in the same way and goes before its service. Without SERVICE and --pile the marks
of the domain are listed. Marks are only added to (<data>/marks.jsonl): the latest counts, the earlier remain with who
said them and when. "unknown" takes a mark back.
)";

struct Options {
  std::string config = "/etc/assay/assay.toml";
  bool defaults = false;
  std::string marks = {};
  std::string domain = {};
  std::string service = {};
  std::string mark = {};
  std::string pile = {};
  std::string who = {};
  std::string note = {};
  std::string at = {};
  OutputOptions output = {};
};

std::string in_words(const analysis::Mark& mark) {
  const std::string what =
      mark.pile ? "pile: " + std::string(to_text(*mark.pile))
                : ascii::printable(mark.service) + ": " + std::string(to_text(*mark.marked));
  return fmt::format("{}  {:<12}  {}{}\n", to_rfc3339(mark.at), ascii::printable(mark.who), what,
                     mark.note.empty() ? "" : "  (" + ascii::printable(mark.note) + ")");
}

Expected<> list(const Options& options, const std::string& path, const std::string& domain) {
  ASSAY_TRY(marks, read_marks_file(path));
  std::string text;
  for (const analysis::Mark& each : marks.all) {
    if (each.domain == domain) text += options.output.json ? to_line(each) : in_words(each);
  }
  if (text.empty() && !options.output.json) text = "Nothing is marked for " + domain + ".\n";
  return write_output(text);
}

Expected<> run(const Options& options) {
  ASSAY_TRY(domain, parse_domain("DOMAIN", options.domain));
  ASSAY_TRY(at, parse_at(options.at));
  config::Settings settings;
  if (!options.defaults && options.marks.empty()) {
    ASSAY_TRY(loaded, load_configuration(options.config));
    settings = std::move(loaded);
  }
  const std::string path = marks_path(settings, options.marks);
  if (options.service.empty() && options.pile.empty()) return list(options, path, domain.text());
  analysis::Mark mark{.at = at,
                      .who = options.who.empty() ? user_name() : options.who,
                      .domain = domain.text(),
                      .service = options.service,
                      .note = options.note};
  if (!options.pile.empty()) {
    if (!options.service.empty())
      return fail(Status::usage, "--pile is of the domain: leave SERVICE and MARK out");
    mark.pile = analysis::parse_pile(options.pile);
  } else {
    mark.marked = analysis::parse_marked(options.mark);
    if (!mark.marked)
      return fail(Status::usage, "MARK is one of own, approved, forwarder, blocked, unknown");
  }
  ASSAY_TRY(marks, read_marks_file(path));  // Nothing is added to a file that cannot be read.
  static_cast<void>(marks);
  if (auto done = append_mark(path, mark); !done) return done;
  return write_output(options.output.json ? to_line(mark) : in_words(mark));
}

}  // namespace

void add_mark(const Command& program) {
  const Command command =
      program.subcommand("mark", "Say what a service that sends as a domain is to you");
  const auto options = std::make_shared<Options>();
  command.option("DOMAIN", options->domain, "The policy domain").named("").required();
  command
      .option("SERVICE", options->service,
              "A service, network or address as assay show sources names it")
      .named("");
  command.option("MARK", options->mark, "own, approved, forwarder, blocked, unknown").named("");
  command.option("--pile", options->pile, "What kind of mail the domain sends")
      .one_of({"non_sending", "transactional", "users", "mixed"});
  command.option("--note", options->note, "Why").named("TEXT");
  command.option("--who", options->who, "Who says so, instead of the user who runs this")
      .named("NAME");
  command.option("--config", options->config, "The configuration").named("FILE").default_shown();
  command.flag("--defaults", options->defaults, "Without a configuration");
  command.option("--marks", options->marks, "Another file than <data>/marks.jsonl").named("FILE");
  command.option("--at", options->at, "The time of the mark").named("TIME");
  add_json_option(command, options->output);
  command.footer(footer);
  command.runs([options] { return run(*options); });
}

}  // namespace assay::cli
