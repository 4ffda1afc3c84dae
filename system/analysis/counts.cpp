#include "system/analysis/counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "system/analysis/detail/order.h"

namespace assay::analysis {
namespace {

using store::Aligned;
using store::Asked;
using store::DailyCount;
using store::Done;
using store::OverrideType;

constexpr std::array<std::string_view, parts> part_words = {"passed_under_enforcement",
                                                            "delivered_without_enforcement",
                                                            "let_through_by_override",
                                                            "quarantined",
                                                            "rejected",
                                                            "unknown"};
constexpr std::array<std::string_view, parts> part_headings = {"Passed under enforcement",
                                                               "Delivered, no enforcement",
                                                               "Failed, let through",
                                                               "Quarantined",
                                                               "Rejected",
                                                               "Cannot be told"};
constexpr std::array<std::string_view, 5> gap_words = {
    "override", "test_mode", "served_as_quarantine", "not_enforced", "other_policy"};

/// So many failing messages must a reporter have let through before it is said never to enforce.
constexpr std::uint64_t enough_to_say_never = 20;

std::vector<Column> tally_columns(std::string key, std::string heading) {
  return {{std::move(key), std::move(heading)},
          {"messages", "Messages"},
          {"both", "Both"},
          {"only_spf", "Only SPF"},
          {"only_dkim", "Only DKIM"},
          {"none", "None"},
          {"unknown"},
          {"delivered", "Delivered"},
          {"quarantined", "Quarantined"},
          {"rejected", "Rejected"},
          {"other"}};
}

std::vector<Cell> tally_row(Cell key, const Tally& tally) {
  return {std::move(key),    tally.messages(), tally.both,    tally.only_spf,
          tally.only_dkim,   tally.none,       tally.unknown, tally.delivered,
          tally.quarantined, tally.rejected,   tally.other};
}

bool is_enforcing(Asked policy) {
  return policy == Asked::quarantine || policy == Asked::reject;
}

}  // namespace

void Tally::add(const store::Cell& cell, std::uint64_t count) {
  const bool spf = cell.spf == Aligned::pass;
  const bool dkim = cell.dkim == Aligned::pass;
  if (spf && dkim) {
    both += count;
  } else if (spf) {
    only_spf += count;
  } else if (dkim) {
    only_dkim += count;
  } else {
    (fails(cell) ? none : unknown) += count;
  }
  switch (cell.disposition) {
    case Done::none:
    case Done::pass:
      delivered += count;
      break;
    case Done::quarantine:
      quarantined += count;
      break;
    case Done::reject:
      rejected += count;
      break;
    case Done::other:
      other += count;
      break;
  }
}

// ---- Cube --------------------------------------------------------------------------------------

Cube make_cube(std::span<const DailyCount> counts, std::span<const Flow> flows) {
  Cube cube;
  for (const DailyCount& each : counts) {
    cube.all.add(each.cell, each.messages);
    cube.cells[{each.cell.spf, each.cell.dkim, each.cell.disposition}] += each.messages;
    cube.days[each.day].add(each.cell, each.messages);
    cube.reporters[each.reporter].add(each.cell, each.messages);
  }
  for (const Flow& each : flows) {
    cube.sources[each.identity.service].add(each.source.cell, each.source.messages);
  }
  return cube;
}

void tell(const Cube& cube, Document& document) {
  const Tally& all = cube.all;
  const std::uint64_t messages = all.messages();
  document.facts = {{"messages", "Messages", messages},
                    {"both", "Passed by SPF and DKIM", all.both},
                    {"only_spf", "Passed by SPF alone", all.only_spf},
                    {"only_dkim", "Passed by DKIM alone", all.only_dkim},
                    {"none", "Passed by neither", all.none},
                    {"passing_share", "Share that passed", Share{all.passing(), messages}},
                    {"only_spf_share", "Share by SPF alone", Share{all.only_spf, messages}}};
  if (all.unknown > 0)
    document.facts.push_back({"unknown", "Result not told by the reporter", all.unknown});
  Table cells{.name = "cells",
              .title = "SPF x DKIM x disposition",
              .columns = {{"spf", "SPF"},
                          {"dkim", "DKIM"},
                          {"disposition", "Disposition"},
                          {"messages", "Messages"}}};
  for (const auto& [edge, count] : cube.cells) {
    cells.rows.push_back({to_text(edge.spf), to_text(edge.dkim), to_text(edge.disposition), count});
  }
  Table days{.name = "days", .title = "By day", .columns = tally_columns("day", "Day")};
  for (const auto& [day, tally] : cube.days) days.rows.push_back(tally_row(day, tally));
  Table sources{
      .name = "sources", .title = "By source", .columns = tally_columns("service", "Source")};
  for (const auto& [name, tally] : cube.sources) sources.rows.push_back(tally_row(name, tally));
  Table reporters{.name = "reporters",
                  .title = "By reporter",
                  .columns = tally_columns("reporter", "Reporter")};
  for (const auto& [name, tally] : cube.reporters) reporters.rows.push_back(tally_row(name, tally));
  for (Table* table : {&sources, &reporters}) {
    detail::sort_largest_first(table->rows, [](const std::vector<Cell>& row) {
      return std::get<std::uint64_t>(row[1].value());
    });
  }
  document.tables = {std::move(cells), std::move(days), std::move(sources), std::move(reporters)};
  if (all.only_spf > 0) {
    // RFC 9989 §7.4
    document.notes.push_back(
        "Mail that passes by SPF alone fails as soon as it is forwarded. A domain with p=reject "
        "must not rely on it "
        "(RFC 9989 section 7.4): sign all of it with DKIM.");
  }
}

// ---- Split -------------------------------------------------------------------------------------

std::string_view to_text(Part part) {
  return part_words[static_cast<std::size_t>(part)];
}

Asked in_effect(const store::Cell& cell) {
  // RFC 9989 §4.7
  if (!cell.test_mode) return cell.policy;
  if (cell.policy == Asked::reject) return Asked::quarantine;
  return cell.policy == Asked::quarantine ? Asked::none : cell.policy;
}

Part part_of(const store::Cell& cell) {
  if (cell.disposition == Done::reject) return Part::rejected;
  if (cell.disposition == Done::quarantine) return Part::quarantined;
  const Asked policy = in_effect(cell);
  if (cell.disposition == Done::other || policy == Asked::unknown) return Part::unknown;
  if (policy == Asked::none) return Part::without_enforcement;
  if (passes(cell)) return Part::passed_enforced;
  return fails(cell) ? Part::overridden : Part::unknown;
}

Split make_split(std::span<const DailyCount> counts) {
  Split split;
  for (const DailyCount& each : counts) {
    const Part part = part_of(each.cell);
    const auto at = static_cast<std::size_t>(part);
    split.messages[at] += each.messages;
    split.days[each.day][at] += each.messages;
    if (part == Part::without_enforcement && passes(each.cell))
      split.unenforced_passing += each.messages;
  }
  return split;
}

void tell(const Split& split, Document& document) {
  std::uint64_t all = 0;
  for (const std::uint64_t each : split.messages) all += each;
  document.facts.push_back({"messages", "Messages", all});
  Table table{
      .name = "parts",
      .title = "What became of all mail",
      .columns = {{"part"}, {"heading", "Part"}, {"messages", "Messages"}, {"share", "Share"}}};
  for (std::size_t i = 0; i < parts; ++i) {
    if (static_cast<Part>(i) == Part::unknown && split.messages[i] == 0) continue;
    table.rows.push_back(
        {part_words[i], part_headings[i], split.messages[i], Share{split.messages[i], all}});
  }
  const std::uint64_t unenforced = split.of(Part::without_enforcement);
  document.facts.push_back(
      {"unenforced_passing", "Delivered without enforcement, passing", split.unenforced_passing});
  document.facts.push_back({"unenforced_failing", "Delivered without enforcement, not passing",
                            unenforced - split.unenforced_passing});
  Table days{.name = "days", .title = "By day", .columns = {{"day", "Day"}}};
  for (std::size_t i = 0; i < parts; ++i) {
    days.columns.push_back({std::string(part_words[i]), std::string(part_headings[i])});
  }
  for (const auto& [day, messages] : split.days) {
    std::vector<Cell> row = {day};
    for (const std::uint64_t each : messages) row.emplace_back(each);
    days.rows.push_back(std::move(row));
  }
  document.tables = {std::move(table), std::move(days)};
  document.notes.push_back(
      "Each message is in one part. Enforcement is the policy that the reporter saw, one step less "
      "where it saw t=y; "
      "receivers read t=y differently.");
}

// ---- Gaps --------------------------------------------------------------------------------------

std::string_view to_text(GapKind kind) {
  return gap_words[static_cast<std::size_t>(kind)];
}

namespace {

using PolicyOf = std::pair<Asked, bool>;  // and t=y

/// What reporters saw published, day by day.
class Policies {
 public:
  explicit Policies(std::span<const DailyCount> counts) {
    for (const DailyCount& each : counts) {
      Day& day = days_[each.day];
      day.messages[seen(each)] += each.messages;
      day.reporters[seen(each)].insert(each.reporter);
    }
  }

  /// Whether a reporter saw a weaker policy than that of most mail, alone among reporters.
  bool stands_alone(const DailyCount& count) const {
    const Day& day = days_.at(count.day);
    if (day.reporters.at(seen(count)).size() > 1) return false;
    const auto most =
        std::ranges::max_element(day.messages, {}, [](const auto& each) { return each.second; });
    return most->first != seen(count) && day.reporters.at(most->first).size() > 1 &&
           is_enforcing(most->first.first) && count.cell.policy < most->first.first;
  }

 private:
  struct Day {
    std::map<PolicyOf, std::uint64_t> messages = {};
    std::map<PolicyOf, std::set<std::string>> reporters = {};
  };
  static PolicyOf seen(const DailyCount& count) {
    return {count.cell.policy, count.cell.test_mode};
  }
  std::map<std::chrono::sys_days, Day> days_ = {};
};

bool handled_as(Asked asked, Done done) {
  if (asked == Asked::reject) return done == Done::reject;
  return done == Done::quarantine || done == Done::reject;
}

/// Why a failing message under an enforcing policy was handled more gently; nothing when it was
/// not.
std::optional<GapKind> gap_of(const store::Cell& cell) {
  if (handled_as(cell.policy, cell.disposition)) return std::nullopt;
  if (cell.reason == OverrideType::policy_test_mode) return GapKind::test_mode;
  if (cell.reason != OverrideType::absent) return GapKind::override_told;
  const Asked lowered = in_effect(cell);
  if (cell.test_mode && (lowered == Asked::none || handled_as(lowered, cell.disposition)))
    return GapKind::test_mode;
  // RFC 9989 §7.4
  if (cell.disposition == Done::quarantine) return GapKind::served_as_quarantine;
  return GapKind::not_enforced;
}

}  // namespace

Gaps make_gaps(std::span<const DailyCount> counts) {
  const Policies policies(counts);
  using Key = std::tuple<std::string, GapKind, OverrideType, Asked, Done>;
  std::map<Key, std::uint64_t> found;
  std::map<std::string, ReporterHandling> reporters;
  Gaps gaps;
  for (const DailyCount& each : counts) {
    const store::Cell& cell = each.cell;
    if (!fails(cell)) continue;
    if (!is_enforcing(cell.policy)) {
      const bool gap = cell.disposition == Done::none && policies.stands_alone(each);
      if (gap)
        found[{each.reporter, GapKind::other_policy, cell.reason, cell.policy, cell.disposition}] +=
            each.messages;
      continue;
    }
    gaps.failing += each.messages;
    ReporterHandling& reporter = reporters[each.reporter];
    reporter.failing += each.messages;
    const auto kind = gap_of(cell);
    if (!kind) {
      gaps.as_asked += each.messages;
      reporter.as_asked += each.messages;
      continue;
    }
    found[{each.reporter, *kind, cell.reason, cell.policy, cell.disposition}] += each.messages;
  }
  for (const auto& [key, messages] : found) {
    const auto& [reporter, kind, reason, asked, done] = key;
    gaps.gaps.push_back({.reporter = reporter,
                         .kind = kind,
                         .reason = reason,
                         .asked = asked,
                         .done = done,
                         .messages = messages});
  }
  detail::sort_largest_first(gaps.gaps, &Gap::messages);
  std::map<std::string, std::uint64_t> unexplained;
  for (const Gap& each : gaps.gaps) {
    if (each.kind == GapKind::not_enforced) unexplained[each.reporter] += each.messages;
  }
  for (auto& [name, reporter] : reporters) {
    reporter.reporter = name;
    reporter.never_enforces = reporter.as_asked == 0 && unexplained[name] >= enough_to_say_never;
    gaps.reporters.push_back(reporter);
  }
  return gaps;
}

void tell(const Gaps& gaps, Document& document) {
  document.facts = {{"failing", "Failed under quarantine or reject", gaps.failing},
                    {"handled_as_asked", "Handled as the policy asks", gaps.as_asked},
                    {"not_so_handled", "Handled more gently", gaps.failing - gaps.as_asked}};
  Table table{.name = "gaps",
              .title = "Failed, and handled more gently than the policy asks",
              .columns = {{"reporter", "Reporter"},
                          {"kind", "Why"},
                          {"reason", "Reason told"},
                          {"policy", "Policy seen"},
                          {"disposition", "Handled as"},
                          {"messages", "Messages"}},
              .empty = gaps.failing == 0 ? "No mail failed under quarantine or reject: there is "
                                           "nothing that could have been handled "
                                           "otherwise."
                                         : "All mail that failed was handled as the policy asks."};
  for (const Gap& each : gaps.gaps) {
    table.rows.push_back({each.reporter, to_text(each.kind), to_text(each.reason),
                          to_text(each.asked), to_text(each.done), each.messages});
  }
  Table reporters{.name = "reporters",
                  .title = "How each reporter handles mail that fails",
                  .columns = {{"reporter", "Reporter"},
                              {"failing", "Failed"},
                              {"as_asked", "Handled as asked"},
                              {"share", "Share"},
                              {"never_enforces", "Never enforces"}}};
  for (const ReporterHandling& each : gaps.reporters) {
    reporters.rows.push_back({each.reporter, each.failing, each.as_asked,
                              Share{each.as_asked, each.failing}, each.never_enforces});
  }
  document.tables = {std::move(table), std::move(reporters)};
  document.notes = {
      "served_as_quarantine is what RFC 9989 section 7.4 asks of receivers: they must not reject "
      "for p=reject alone.",
      "other_policy means that one reporter saw a weaker policy than the others that day, as an "
      "old copy of the record "
      "or a subdomain's policy makes it.",
      "The policy of a row is that of p or sp. No report says whether np ruled."};
}

}  // namespace assay::analysis
