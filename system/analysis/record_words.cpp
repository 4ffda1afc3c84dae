#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/dmarc/record.h"
#include "system/analysis/record_watch.h"

namespace assay::analysis {
namespace {

using store::RecordChange;
using store::RecordState;
using store::WatchedKind;

constexpr std::size_t max_shown = 300;
constexpr std::size_t lines_shown = 5;

constexpr std::array<std::string_view, store::watched_kinds> names = {
    "DMARC record", "SPF record",     "senders that SPF allows", "DKIM key",
    "MX records",   "MTA-STS record", "TLS-RPT record"};

std::set<std::string> lines_of(std::string_view value) {
  std::set<std::string> lines;
  for (const std::string_view each : ascii::split(value, '\n')) {
    if (!each.empty()) lines.emplace(each);
  }
  return lines;
}

std::string listed(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size() && i < lines_shown; ++i) {
    text += (text.empty() ? "" : ", ") + ascii::printable(lines[i], max_shown);
  }
  if (lines.size() > lines_shown) text += fmt::format(" and {} more", lines.size() - lines_shown);
  return text;
}

/// "192.0.2.0/24 came; 198.51.100.0/24 went".
std::string difference(std::string_view before, std::string_view after) {
  const std::set<std::string> old_lines = lines_of(before);
  const std::set<std::string> new_lines = lines_of(after);
  std::vector<std::string> came;
  std::vector<std::string> went;
  std::ranges::set_difference(new_lines, old_lines, std::back_inserter(came));
  std::ranges::set_difference(old_lines, new_lines, std::back_inserter(went));
  std::string text;
  if (!came.empty()) text = listed(came) + " came";
  if (!went.empty()) text += (text.empty() ? "" : "; ") + listed(went) + " went";
  return text;
}

std::string dmarc_change(const RecordChange& change) {
  const PolicyInForce before = policy_in_force(change.domain, change.before);
  const PolicyInForce after = policy_in_force(change.domain, change.after);
  if (before != after) {
    return fmt::format("The DMARC record changed: {} became {}", to_text(before), to_text(after));
  }
  const auto was = parse_dmarc_seen(change.before);
  const auto is = parse_dmarc_seen(change.after);
  return fmt::format("The DMARC record changed, the policy did not: \"{}\" became \"{}\"",
                     ascii::printable(was ? was->text : "", max_shown),
                     ascii::printable(is ? is->text : "", max_shown));
}

/// One line of a value, for a table.
std::string shown(WatchedKind kind, const std::string& value) {
  if (kind == WatchedKind::dmarc) {
    const auto seen = parse_dmarc_seen(value);
    return seen ? fmt::format("{} (at {})", seen->text, seen->policy_domain) : "";
  }
  std::string text = value;
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

std::string to_value(const DmarcSeen& seen) {
  return seen.policy_domain + '\n' + seen.text;
}

std::optional<DmarcSeen> parse_dmarc_seen(std::string_view value) {
  const std::size_t end = value.find('\n');
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  const auto domain = DomainName::parse(value.substr(0, end));
  if (!domain || domain->text().contains('\n')) return std::nullopt;
  return DmarcSeen{.policy_domain = domain->text(), .text = std::string(value.substr(end + 1))};
}

PolicyInForce policy_in_force(std::string_view domain, std::string_view value) {
  const auto seen = parse_dmarc_seen(value);
  if (!seen) return {};
  const auto record = dmarc::parse_record(seen->text);
  if (!record || record->usable() != dmarc::Usable::as_written) return {};
  const bool is_own = seen->policy_domain == domain;
  const dmarc::Policy p = record->p.value_or(dmarc::Policy::none);
  // RFC 9989 §4.7: sp is for what is below the domain of the record.
  return {.policy = is_own ? p : record->sp.value_or(p), .test_mode = record->test_mode};
}

std::string to_text(const PolicyInForce& policy) {
  return "p=" + std::string(dmarc::to_text(policy.policy)) +
         (policy.test_mode && policy.policy != dmarc::Policy::none ? " with t=y" : "");
}

unsigned strength(const PolicyInForce& policy) {
  const auto step = static_cast<unsigned>(policy.policy);
  return policy.test_mode && step > 0 ? step - 1 : step;
}

std::string record_name(WatchedKind kind, std::string_view name) {
  std::string text(names[static_cast<std::size_t>(kind)]);
  if (name.empty()) return text;
  const std::size_t space = name.find(' ');
  text += " of selector " + ascii::printable(name.substr(0, space), max_shown);
  if (space != std::string_view::npos) {
    text += " of " + ascii::printable(name.substr(space + 1), max_shown);
  }
  return text;
}

std::string in_words(const RecordChange& change) {
  const std::string name = record_name(change.kind, change.name);
  const bool is_many = change.kind == WatchedKind::mx || change.kind == WatchedKind::spf_senders;
  if (change.after.empty()) {
    return fmt::format("The {} {} gone: there is none any more", name, is_many ? "are" : "is");
  }
  if (change.before.empty()) return fmt::format("There {} a {} now", is_many ? "are" : "is", name);
  if (change.kind == WatchedKind::dmarc) return dmarc_change(change);
  if (is_many) {
    return fmt::format("The {} changed: {}", name, difference(change.before, change.after));
  }
  if (change.kind == WatchedKind::dkim) return fmt::format("The {} changed", name);
  return fmt::format("The {} changed: \"{}\" became \"{}\"", name,
                     ascii::printable(change.before, max_shown),
                     ascii::printable(change.after, max_shown));
}

// ---- Question 19 -------------------------------------------------------------------------------

void tell(const RecordHistory& history, Document& document) {
  Table changes{.name = "changes",
                .title = "Records that changed",
                .columns = {{"at", "Found"},
                            {"not_before", "Not before"},
                            {"domain", "Domain"},
                            {"record", "Record"},
                            {"name"},
                            {"what", "What"},
                            {"before"},
                            {"after"}},
                .empty = "No watched record changed in these days."};
  for (const RecordChange& each : history.changes) {
    changes.rows.push_back({each.at, each.earliest, each.domain, to_text(each.kind), each.name,
                            in_words(each), shown(each.kind, each.before),
                            shown(each.kind, each.after)});
  }
  Table records{.name = "records",
                .title = "Records now",
                .columns = {{"domain", "Domain"},
                            {"record", "Record"},
                            {"name", "Selector"},
                            {"since", "So since"},
                            {"checked", "Asked"},
                            {"value", "Value"},
                            {"failing_since", "No answer since"},
                            {"why"}},
                .empty = "No record is watched yet."};
  for (const RecordState& each : history.records) {
    const Cell value =
        each.known && each.value.empty() ? Cell("(none)") : Cell(shown(each.kind, each.value));
    records.rows.push_back(
        {each.domain, to_text(each.kind), each.name, each.known ? Cell(each.since) : Cell(),
         each.known ? Cell(each.checked) : Cell(), value, each.failing_since, each.why});
    if (!each.failing_since) continue;
    document.basis.unknown.push_back(
        {"no_answer", fmt::format("{} of {}: the DNS does not answer since {} ({}); what is "
                                  "published now is not known",
                                  record_name(each.kind, each.name), each.domain,
                                  to_rfc3339(*each.failing_since), each.why)});
  }
  document.facts.push_back({"change_count", "Changes", history.changes.size()});
  bound_rows(changes, document.basis);
  bound_rows(records, document.basis);
  document.tables.push_back(std::move(changes));
  document.tables.push_back(std::move(records));
  if (!history.watched || history.records.empty()) {
    document.basis.unknown.push_back(
        {"not_watched", "What is published: nobody watches the records of this domain here"});
    document.next.emplace_back(
        "Name the domain in [intake] domains and let assay receive or assay run watch it, or ask "
        "once with assay alert check.");
  }
  document.notes.emplace_back(
      "A record is asked at intervals: it changed at some time between the two that stand with the "
      "change. An answer that did not come is no change.");
}

// ---- Marks -------------------------------------------------------------------------------------

std::vector<ChangeMark> mark_changes(std::span<const RecordChange> changes, const ByDay& failing,
                                     const ByDay& all) {
  std::map<std::chrono::sys_days, std::string> days;
  for (const RecordChange& each : changes) {
    // What concerns mail that fails; senders alone, where the SPF record is the same.
    if (each.kind == WatchedKind::mx || each.kind == WatchedKind::mta_sts ||
        each.kind == WatchedKind::tls_rpt)
      continue;
    std::string& text = days[std::chrono::floor<std::chrono::days>(each.at)];
    text += (text.empty() ? "" : ". ") + in_words(each);
  }
  std::vector<ChangeMark> marks;
  for (auto& [day, what] : days) {
    ChangeMark mark{.day = day, .what = std::move(what)};
    for (const auto& [when, messages] : all) {
      Share& share = when < day ? mark.before : mark.since;
      share.whole += messages;
      const auto failed = failing.find(when);
      share.part += failed == failing.end() ? 0 : failed->second;
    }
    marks.push_back(std::move(mark));
  }
  return marks;
}

void tell(std::span<const ChangeMark> marks, Document& document) {
  if (marks.empty()) return;
  Table table{.name = "record_changes",
              .title = "Records that changed meanwhile",
              .columns = {{"day", "Day"},
                          {"what", "What"},
                          {"failing_before", "Failing before"},
                          {"failing_since", "Failing since"}}};
  for (const ChangeMark& each : marks) {
    table.rows.push_back({each.day, each.what, each.before, each.since});
    document.notes.push_back(
        fmt::format("{}: {}. Of the messages of these days {} failed before, {} since then.",
                    to_text(each.day), each.what, percent(each.before), percent(each.since)));
  }
  bound_rows(table, document.basis);
  document.tables.push_back(std::move(table));
}

}  // namespace assay::analysis
