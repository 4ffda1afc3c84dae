#include "system/analysis/overrides.h"

#include <algorithm>
#include <tuple>

#include "assay/base/ascii.h"
#include "system/analysis/detail/order.h"
#include "system/analysis/flows.h"

namespace assay::analysis {
namespace {

constexpr std::size_t max_seals = 50;
constexpr std::size_t max_reporters = 20;
constexpr std::size_t max_comment = 300;

/// Words between white space, semicolons and commas.
std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::size_t max_words = 500;
  std::vector<std::string_view> words;
  constexpr std::string_view between = " \t\r\n;,()";
  while (words.size() < max_words) {
    const std::size_t from = text.find_first_not_of(between);
    if (from == std::string_view::npos) break;
    text.remove_prefix(from);
    const std::size_t size = std::min(text.find_first_of(between), text.size());
    words.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return words;
}

/// The number in "as[2].d"; nothing for another key, or one that is no instance.
std::optional<unsigned> instance_of(std::string_view key, std::string_view before,
                                    std::string_view behind) {
  if (!ascii::istarts_with(key, before) || !key.ends_with(behind)) return std::nullopt;
  if (key.size() < before.size() + behind.size()) return std::nullopt;
  const auto number =
      ascii::parse_number(key.substr(before.size(), key.size() - before.size() - behind.size()));
  if (!number || *number == 0 || *number > max_seals) return std::nullopt;
  return static_cast<unsigned>(*number);
}

ArcComment::Seal& seal_of(ArcComment& arc, unsigned instance) {
  const auto found = std::ranges::find(arc.seals, instance, &ArcComment::Seal::instance);
  if (found != arc.seals.end()) return *found;
  arc.seals.push_back({.instance = instance});
  return arc.seals.back();
}

}  // namespace

std::optional<ArcComment> parse_arc_comment(std::string_view comment) {
  // RFC 8617 §7.2.2
  std::optional<ArcComment> arc;
  for (const std::string_view word : words_of(comment)) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = word.substr(0, equals);
    const std::string value = ascii::to_lower(word.substr(equals + 1));
    if (value.empty()) continue;
    if (ascii::iequals(key, "arc")) {
      if (!arc) arc = ArcComment{.result = value};
      continue;
    }
    if (!arc) continue;
    if (const auto instance = instance_of(key, "as[", "].d"); instance) {
      seal_of(*arc, *instance).domain = value;
    } else if (const auto of_selector = instance_of(key, "as[", "].s"); of_selector) {
      seal_of(*arc, *of_selector).selector = value;
    } else if (instance_of(key, "remote-ip[", "]") && arc->remote_ips.size() < max_seals) {
      arc->remote_ips.push_back(value);
    }
  }
  if (arc) std::ranges::sort(arc->seals, std::ranges::greater(), &ArcComment::Seal::instance);
  return arc;
}

void CommentSums::add(std::string_view reporter, const aggregate::Record& record) {
  for (const aggregate::Reason& each : record.row.reasons) {
    std::pair key(each.type, each.comment.substr(0, max_comment));
    const auto found = sums_.find(key);
    if (found == sums_.end() && sums_.size() >= max_comments) {
      others_ += record.count;
      continue;
    }
    Sum& sum = found == sums_.end() ? sums_[std::move(key)] : found->second;
    sum.messages += record.count;
    const bool known = std::ranges::find(sum.reporters, reporter) != sum.reporters.end();
    if (!known && sum.reporters.size() < max_reporters) sum.reporters.emplace_back(reporter);
  }
}

std::vector<OverrideComment> CommentSums::comments() const {
  std::vector<OverrideComment> list;
  for (const auto& [key, sum] : sums_) {
    list.push_back({.type = key.first,
                    .comment = key.second,
                    .arc = parse_arc_comment(key.second),
                    .reporters = sum.reporters,
                    .messages = sum.messages});
  }
  detail::sort_largest_first(list, &OverrideComment::messages);
  return list;
}

Overrides make_overrides(std::span<const store::DailyCount> counts, const CommentSums& comments) {
  Overrides overrides{.comments = comments.comments()};
  std::map<std::pair<store::OverrideType, std::string>, OverrideRow> rows;
  for (const store::DailyCount& each : counts) {
    overrides.messages += each.messages;
    if (each.cell.reason == store::OverrideType::absent) continue;
    overrides.overridden += each.messages;
    OverrideRow& row = rows[{each.cell.reason, each.reporter}];
    row.type = each.cell.reason;
    row.reporter = each.reporter;
    row.messages += each.messages;
    if (!fails(each.cell)) continue;
    row.failing += each.messages;
    const bool delivered =
        each.cell.disposition == store::Done::none || each.cell.disposition == store::Done::pass;
    if (delivered) row.delivered += each.messages;
  }
  for (auto& [key, row] : rows) overrides.rows.push_back(std::move(row));
  detail::sort_largest_first(overrides.rows, &OverrideRow::messages);
  return overrides;
}

void tell(const Overrides& overrides, Document& document) {
  document.facts = {{"messages", "Messages", overrides.messages},
                    {"overridden", "With a reason for an override", overrides.overridden},
                    {"overridden_share", "Share", Share{overrides.overridden, overrides.messages}}};
  Table table{.name = "overrides",
              .title = "By reason and reporter",
              .columns = {{"type", "Reason"},
                          {"reporter", "Reporter"},
                          {"messages", "Messages"},
                          {"failing", "Passed by neither"},
                          {"delivered", "Of these delivered"}},
              .empty = "No reporter told a reason for an override."};
  for (const OverrideRow& each : overrides.rows) {
    table.rows.push_back(
        {to_text(each.type), each.reporter, each.messages, each.failing, each.delivered});
  }
  Table comments{.name = "comments",
                 .title = "What reporters say about it",
                 .columns = {{"type", "Reason"},
                             {"comment", "Comment"},
                             {"arc", "ARC"},
                             {"sealers", "Sealed by"},
                             {"remote_ips"},
                             {"reporters", "Reporters"},
                             {"messages", "Messages"}}};
  for (const OverrideComment& each : overrides.comments) {
    std::vector<std::string> sealers;
    if (each.arc) {
      for (const ArcComment::Seal& seal : each.arc->seals) sealers.push_back(seal.domain);
    }
    comments.rows.push_back({each.type, each.comment, each.arc ? Cell(each.arc->result) : Cell(),
                             sealers, each.arc ? Cell(each.arc->remote_ips) : Cell(),
                             each.reporters, each.messages});
  }
  document.tables = {std::move(table), std::move(comments)};
  if (overrides.reports_read < overrides.reports_with) {
    document.basis.unknown.push_back(
        {"comments_of_some", "Comments are those of the first " +
                                 count_of(overrides.reports_read, "report") +
                                 "; more would have to be read"});
  }
  document.notes.push_back(
      "A message is counted under its first reason. Comments are of whole reports, also of days "
      "outside of the period.");
}

}  // namespace assay::analysis
