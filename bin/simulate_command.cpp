/// assay simulate: a journal under another configuration, and what would have been done otherwise.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/filter/replay.h"
#include "system/journal/journal.h"
#include "system/json/writer.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/journal_files.h"

namespace assay::cli {
namespace {

constexpr std::size_t max_groups = 100'000;
constexpr std::size_t most_examples = 3;

constexpr const char* footer = R"(Example:
  assay simulate /var/lib/assay/journal --config /etc/assay/new.toml

Judges the messages of the journal again: verdicts and findings are those of then, mode, limits, stricter policies and
allow-lists those of the new configuration. Prints which messages would have been treated otherwise, in groups of one author
domain, one sender and one change, the largest first, each with the ids of a few messages for `assay journal cat`.
The journal knows recipients by domain only.)";

struct SimulateOptions {
  std::vector<std::string> paths = {};
  std::string config = {};
  OutputOptions output = {};
};

/// One change, for one author domain and one sender.
struct Group {
  std::string author;
  std::string sender;  ///< the domain that authenticated, or else the client's address
  std::string before;
  std::string after;
  friend auto operator<=>(const Group&, const Group&) = default;
};

struct Changed {
  std::uint64_t messages = 0;
  std::vector<std::string> examples = {};  ///< ids
};

struct Result {
  std::uint64_t messages = 0;
  std::uint64_t exempt = 0;
  std::uint64_t broken = 0;
  std::uint64_t changed = 0;
  std::map<Group, Changed> groups = {};
};

std::string sender_of(const journal::Entry& entry) {
  for (const journal::DkimResult& one : entry.dkim) {
    if (one.result == "pass") return one.domain;
  }
  for (const journal::SpfResult& one : entry.spf) {
    if (one.identity == "mfrom" && one.result == "pass") return one.domain;
  }
  return entry.client ? to_text(*entry.client) : "unknown";
}

void take(Result& result, const filter::Policy& policy, const journal::Entry& entry) {
  if (!entry.verdict) {
    ++result.exempt;
    return;
  }
  ++result.messages;
  const auto& listener = policy.settings.listeners.front();
  const verify::Decision decision = filter::decide_again(policy, listener, entry);
  const std::string_view after = to_text(decision.action);
  if (after == entry.action.action) return;
  ++result.changed;
  Group group{.author = entry.verdict->author_domain,
              .sender = sender_of(entry),
              .before = entry.action.action,
              .after = std::string(after)};
  if (result.groups.size() >= max_groups && !result.groups.contains(group)) group.sender = "others";
  Changed& changed = result.groups[std::move(group)];
  ++changed.messages;
  if (changed.examples.size() < most_examples) changed.examples.push_back(entry.id);
}

Expected<> read_all(const SimulateOptions& options, const filter::Policy& policy, Result& result) {
  return for_each_line(options.paths, [&](const std::string&, const journal::Line& line) {
    if (line.entry) {
      take(result, policy, *line.entry);
    } else {
      ++result.broken;
    }
    return Expected<>();
  });
}

using Sorted = std::vector<std::pair<Group, Changed>>;

Sorted largest_first(const Result& result) {
  Sorted all(result.groups.begin(), result.groups.end());
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    return std::tie(b.second.messages, a.first) < std::tie(a.second.messages, b.first);
  });
  return all;
}

std::string in_words(const Result& result) {
  std::string text = fmt::format("{} of {} messages would have been treated otherwise",
                                 result.changed, result.messages);
  if (result.exempt > 0) text += fmt::format("; {} exempt ones were left out", result.exempt);
  text += "\n";
  for (const auto& [group, changed] : largest_first(result)) {
    text +=
        fmt::format("{:8}  {} -> {}  author {}, sent by {}  ({})\n", changed.messages, group.before,
                    group.after, ascii::printable(group.author), ascii::printable(group.sender),
                    ascii::printable(fmt::format("{}", fmt::join(changed.examples, " ")), 500));
  }
  if (result.broken > 0) {
    text +=
        fmt::format("{} lines could not be read; assay journal check says where\n", result.broken);
  }
  return text;
}

std::string as_json(const Result& result) {
  json::Writer out;
  out.begin_object();
  out.member_number("messages", result.messages);
  out.member_number("changed", result.changed);
  out.member_number("exempt", result.exempt);
  out.member_number("broken", result.broken);
  out.key("groups");
  out.begin_array();
  for (const auto& [group, changed] : largest_first(result)) {
    out.begin_object();
    out.member_number("messages", changed.messages);
    out.member("before", group.before);
    out.member("after", group.after);
    out.member("author_domain", group.author);
    out.member("sender", group.sender);
    out.member_always("examples", changed.examples);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take() + "\n";
}

Expected<> simulate(const SimulateOptions& options) {
  ASSAY_TRY(settings, load_configuration(options.config));
  ASSAY_TRY(policy, make_policy(settings));
  Result result;
  if (auto read = read_all(options, *policy, result); !read) return read;
  return write_output(options.output.json ? as_json(result) : in_words(result));
}

}  // namespace

void add_simulate(const Command& program) {
  const Command command =
      program.subcommand("simulate", "Judge a journal again under another configuration");
  const auto options = std::make_shared<SimulateOptions>();
  command.footer(footer);
  command.option("JOURNAL", options->paths, "Journal files or folders")
      .named("FILE|DIR")
      .required();
  command.option("--config", options->config, "The new configuration").named("FILE").required();
  add_json_option(command, options->output);
  command.runs([options] { return simulate(*options); });
}

}  // namespace assay::cli
