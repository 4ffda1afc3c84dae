/// assay journal: what the filter has kept of each message, shown, checked and counted.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/try.h"
#include "assay/base/utf8.h"
#include "system/journal/erase.h"
#include "system/journal/journal.h"
#include "system/json/writer.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/journal_files.h"

namespace assay::cli {
namespace {

constexpr std::string_view help_footer = R"(Examples:
  assay journal cat /var/lib/assay/journal --author example.com --result fail
  assay journal check /var/lib/assay/journal
  assay journal stats --json mx1-20260501T12.journal

FILE is a journal file, also one that is still written (.part). DIR stands for the journal files in
it. What the lines hold is described in docs/journal.md.
)";

constexpr std::string_view cat_footer = R"(Examples:
  assay journal cat DIR --from 2026-05-01T12:00:00Z --to 2026-05-01T13:00:00Z
  assay journal cat DIR --author example.com --result fail | jq -r .client

The lines stand as they are in the files, file after file. All conditions must hold. Lines that
cannot be read are left out, and counted on standard error; `assay journal check` says where they are.
)";

constexpr std::string_view check_footer = R"(Example:
  assay journal check /var/lib/assay/journal

Reads every line and says what is broken, with file, line and octet. Exit code 65 if anything is.
)";

constexpr std::string_view stats_footer = R"(Example:
  assay journal stats /var/lib/assay/journal --from 2026-05-01T00:00:00Z

Counts messages by result, action and override, and says which author domains fail most. Times are UTC.
)";

constexpr std::string_view erase_footer = R"(Example:
  assay journal erase --domain example.com /var/lib/assay/journal

Takes away the lines of messages that claim to come from the domain or one below it: it is an author
domain or the domain of the envelope sender. A file is replaced when its new form is on the disk. Files that are still
written (.part) are left and counted: erase again when their hour is over. What was learned from the lines
stays in files of evidence, see assay evidence forget.
)";

/// Which lines are wanted.
struct FilterOptions {
  std::string from = {};
  std::string to = {};
  std::string author = {};
  std::string result = {};
  std::string action = {};
};

struct Options {
  std::vector<std::string> paths = {};
  FilterOptions filter = {};
  OutputOptions output = {};
  std::string domain = {};
};

struct Filter {
  std::optional<journal::Time> from = {};  ///< from this on
  std::optional<journal::Time> to = {};    ///< before this
  std::string author = {};
  std::string result = {};
  std::string action = {};
};

Expected<std::optional<journal::Time>> parse_bound(const std::string& option,
                                                   const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (const auto time = journal::parse_time(text)) return time;
  if (const auto instant = parse_instant(text)) return journal::Time{*instant};
  return fail(Status::usage,
              option + ": \"" + ascii::printable(text) +
                  "\" is no time; give one like 2026-05-01T12:00:00Z, or Unix seconds");
}

Expected<Filter> parse_filter(const FilterOptions& options) {
  Filter filter{.result = options.result, .action = options.action};
  ASSAY_TRY(from, parse_bound("--from", options.from));
  filter.from = from;
  ASSAY_TRY(to, parse_bound("--to", options.to));
  filter.to = to;
  if (!options.author.empty()) {
    ASSAY_TRY(author, parse_domain("--author", options.author));
    filter.author = author.text();
  }
  return filter;
}

/// Whether a journalled domain is the wanted one or below it.
bool is_within(std::string_view domain, std::string_view wanted) {
  if (ascii::iequals(domain, wanted)) return true;
  if (domain.size() <= wanted.size()) return false;
  const std::size_t dot = domain.size() - wanted.size() - 1;
  return domain[dot] == '.' && ascii::iequals(domain.substr(dot + 1), wanted);
}

bool accepts(const Filter& filter, const journal::Entry& entry) {
  if (filter.from && entry.time < *filter.from) return false;
  if (filter.to && entry.time >= *filter.to) return false;
  if (!filter.action.empty() && entry.action.action != filter.action) return false;
  if (!filter.result.empty() && (!entry.verdict || entry.verdict->result != filter.result)) {
    return false;
  }
  return filter.author.empty() ||
         std::ranges::any_of(entry.author_domains, [&](const std::string& domain) {
           return is_within(domain, filter.author);
         });
}

/// JSON text that holds raw what a terminal must not get, with that escaped (SEC-03). What JSON
/// wants escaped stands between the values only, and becomes a space.
std::string harmless(std::string_view json) {
  std::string text;
  while (!json.empty()) {
    const utf8::CodePoint next = utf8::decode(json);
    const std::size_t octets = std::max<std::size_t>(next.octets, 1);
    if (next.value < ' ') {
      text += ' ';
    } else if (utf8::is_harmless(next.value)) {
      text += json.substr(0, octets);
    } else {
      utf8::append_json(text, next.value);
    }
    json.remove_prefix(octets);
  }
  return text;
}

std::string broken_in_words(std::uint64_t broken, std::uint64_t lines) {
  return fmt::format("{} of {} lines cannot be read", broken, lines);
}

// ---- cat ---------------------------------------------------------------------------------------

Expected<> run_cat(const Options& options) {
  ASSAY_TRY(filter, parse_filter(options.filter));
  constexpr std::size_t block = 65'536;
  std::string out;
  std::uint64_t lines = 0;
  std::uint64_t broken = 0;
  const auto show = [&](const std::string&, const journal::Line& line) -> Expected<> {
    ++lines;
    broken += line.entry ? 0 : 1;
    if (!line.entry || !accepts(filter, *line.entry)) return {};
    out += utf8::is_harmless(line.text) ? std::string(line.text) : harmless(line.text);
    out += '\n';
    if (out.size() < block) return {};
    return write_output(std::exchange(out, {}));
  };
  const Expected<> done = for_each_line(options.paths, show);
  if (auto written = write_output(out); !written) return written;
  if (done && broken > 0) {
    report("journal cat", {.what = broken_in_words(broken, lines) + "; see assay journal check"});
  }
  return done;
}

// ---- check -------------------------------------------------------------------------------------

Expected<> run_check(const Options& options) {
  std::uint64_t lines = 0;
  std::uint64_t broken = 0;
  const auto check = [&](const std::string& path, const journal::Line& line) -> Expected<> {
    ++lines;
    if (line.entry) return {};
    ++broken;
    return write_output(journal::describe(path, line) + "\n");
  };
  const Expected<> done = for_each_line(options.paths, check);
  if (!done) return done;
  if (broken > 0) return fail(Status::bad_data, broken_in_words(broken, lines));
  return write_output(fmt::format("{} lines, all well\n", lines));
}

// ---- stats -------------------------------------------------------------------------------------

struct Counted {
  journal::Counts counts = {};
  std::uint64_t lines = 0;
  std::uint64_t broken = 0;
};

constexpr std::size_t shown_domains = 10;
constexpr std::size_t shown_words = 50;

void add_tally(std::string& text, std::string_view title, const journal::Tally& tally,
               std::size_t shown) {
  if (tally.words.empty()) return;
  text += fmt::format("\n{}\n", title);
  for (const auto& [word, count] : tally.top(shown)) {
    text += fmt::format("  {:<32} {:>10}\n", word.empty() ? "(none)" : ascii::printable(word, 255),
                        count);
  }
  const std::size_t more = tally.words.size() - std::min(shown, tally.words.size());
  if (more > 0 || tally.others > 0) text += fmt::format("  and {} more\n", more + tally.others);
}

std::string in_words(const Counted& counted) {
  const journal::Counts& counts = counted.counts;
  std::string text = fmt::format("Messages: {}\n", counts.messages);
  if (counts.first) {
    text += fmt::format("Period:   {} to {}\n", journal::to_rfc3339(*counts.first),
                        journal::to_rfc3339(*counts.last));
  }
  if (counted.broken > 0) text += broken_in_words(counted.broken, counted.lines) + "\n";
  add_tally(text, "Results", counts.results, shown_words);
  add_tally(text, "Not judged", counts.exempt, shown_words);
  add_tally(text, "Actions", counts.actions, shown_words);
  add_tally(text, "Dispositions in reports", counts.dispositions, shown_words);
  add_tally(text, "Overrides", counts.overrides, shown_words);
  add_tally(text, "Author domains that fail most", counts.failing_authors, shown_domains);
  if (counts.dns_dmarc + counts.dns_spf + counts.dns_dkim > 0) {
    text += fmt::format(
        "\nMessages where the DNS failed\n  {:<32} {:>10}\n  {:<32} {:>10}\n"
        "  {:<32} {:>10}\n",
        "so that the result is open", counts.dns_dmarc, "in SPF", counts.dns_spf, "in DKIM",
        counts.dns_dkim);
  }
  if (counts.compared > 0) {
    text += fmt::format("\nCompared with RFC 7489\n  {:<32} {:>10}\n  {:<32} {:>10}\n", "messages",
                        counts.compared, "with another verdict", counts.differing);
    add_tally(text, "What differs", counts.differences, shown_words);
  }
  return text;
}

void write_tally(json::Writer& out, std::string_view name, const journal::Tally& tally) {
  out.key(name);
  out.begin_object();
  for (const auto& [word, count] : tally.top(shown_words)) {
    out.key(word);
    out.number(count);
  }
  out.end_object();
}

std::string as_json(const Counted& counted) {
  const journal::Counts& counts = counted.counts;
  json::Writer out;
  out.begin_object();
  out.member_number("messages", counts.messages);
  out.member_number("lines", counted.lines);
  out.member_number("broken_lines", counted.broken);
  if (counts.first) {
    out.member("first", journal::to_rfc3339(*counts.first));
    out.member("last", journal::to_rfc3339(*counts.last));
  }
  write_tally(out, "results", counts.results);
  write_tally(out, "exempt", counts.exempt);
  write_tally(out, "actions", counts.actions);
  write_tally(out, "dispositions", counts.dispositions);
  write_tally(out, "overrides", counts.overrides);
  write_tally(out, "failing_author_domains", counts.failing_authors);
  out.key("dns_failures");
  out.begin_object();
  out.member_number("result", counts.dns_dmarc);
  out.member_number("spf", counts.dns_spf);
  out.member_number("dkim", counts.dns_dkim);
  out.end_object();
  out.key("compare");
  out.begin_object();
  out.member_number("messages", counts.compared);
  out.member_number("differing", counts.differing);
  write_tally(out, "members", counts.differences);
  out.end_object();
  out.end_object();
  return out.take() + "\n";
}

Expected<> run_stats(const Options& options) {
  ASSAY_TRY(filter, parse_filter(options.filter));
  Counted counted;
  const auto count = [&](const std::string&, const journal::Line& line) -> Expected<> {
    ++counted.lines;
    counted.broken += line.entry ? 0 : 1;
    if (line.entry && accepts(filter, *line.entry)) journal::add(counted.counts, *line.entry);
    return {};
  };
  if (auto done = for_each_line(options.paths, count); !done) return done;
  return write_output(options.output.json ? as_json(counted) : in_words(counted));
}

// ---- erase -------------------------------------------------------------------------------------

bool concerns(const journal::Entry& entry, const std::string& domain) {
  const std::size_t at = entry.mail_from.rfind('@');
  return is_within(entry.mail_from.substr(at == std::string::npos ? 0 : at + 1), domain) ||
         std::ranges::any_of(entry.author_domains,
                             [&](const std::string& one) { return is_within(one, domain); });
}

/// How many lines of a file concern the domain.
Expected<std::uint64_t> count_concerned(std::string path, const std::string& domain) {
  ASSAY_TRY(reader, open_journal(path));
  std::uint64_t lines = 0;
  while (const auto line = reader.next()) {
    lines += line->entry && concerns(*line->entry, domain) ? 1 : 0;
  }
  return lines;
}

Expected<> run_erase(const Options& options) {
  ASSAY_TRY(name, parse_domain("--domain", options.domain));
  const std::string& domain = name.text();
  ASSAY_TRY(files, find_journals(options.paths));
  journal::Erased total;
  std::uint64_t changed = 0;
  std::uint64_t left = 0;
  for (const std::string& path : files) {
    if (path.ends_with(".part")) {
      ASSAY_TRY(lines, count_concerned(path, domain));
      left += lines;
      continue;
    }
    const auto erased = journal::erase_lines(
        path, [&](const journal::Entry& entry) { return concerns(entry, domain); });
    if (!erased) return fail(Status::io, erased.error().what);
    total.lines += erased->lines;
    total.erased += erased->erased;
    changed += erased->erased > 0 ? 1 : 0;
  }
  std::string text =
      fmt::format("erased {} of {} lines, in {} files\n", total.erased, total.lines, changed);
  if (left > 0) {
    text += fmt::format(
        "{} more in files that are still written: erase again when their hour is over\n", left);
  }
  return write_output(text);
}

// ---- The command line --------------------------------------------------------------------------

void add_paths(const Command& command, Options& options) {
  command.option("PATH", options.paths, "Journal files, and folders of them")
      .named("FILE|DIR")
      .required();
}

void add_filter(const Command& command, FilterOptions& options) {
  command.option("--from", options.from, "Messages from this time on, UTC").named("TIME");
  command.option("--to", options.to, "Messages before this time, UTC").named("TIME");
  command.option("--author", options.author, "Messages of this author domain or one below it")
      .named("DOMAIN");
  command.option("--result", options.result, "Messages with this DMARC result, like fail")
      .named("RESULT");
  command.option("--action", options.action, "Messages with which this was done, like reject")
      .named("ACTION");
}

struct Subcommand {
  std::string name;
  std::string description;
  std::string_view footer;
  Expected<> (*run)(const Options&);
};

Command add_subcommand(const Command& journal, const Subcommand& what,
                       const std::shared_ptr<Options>& options) {
  const Command command = journal.subcommand(what.name, what.description);
  add_paths(command, *options);
  command.footer(what.footer);
  command.runs([options, run = what.run] { return run(*options); });
  return command;
}

}  // namespace

void add_journal(const Command& program) {
  const Command journal =
      program.subcommand("journal", "Show, check, count and erase what the filter has journalled");
  journal.footer(help_footer);
  journal.needs_subcommand();
  const auto options = std::make_shared<Options>();
  const Command cat = add_subcommand(
      journal, {"cat", "Show lines, all or those wanted", cat_footer, run_cat}, options);
  add_filter(cat, options->filter);
  add_subcommand(journal,
                 {"check", "Read every line and say what is broken", check_footer, run_check},
                 options);
  const Command stats =
      add_subcommand(journal, {"stats", "Count messages", stats_footer, run_stats}, options);
  add_filter(stats, options->filter);
  add_json_option(stats, options->output);
  add_subcommand(journal, {"erase", "Take away the lines of a domain", erase_footer, run_erase},
                 options)
      .option("--domain", options->domain, "The domain, with those below it")
      .named("DOMAIN")
      .required();
}

}  // namespace assay::cli
