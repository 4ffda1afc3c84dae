#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "system/analysis/alerts.h"
#include "system/analysis/counts.h"
#include "system/analysis/rollout.h"

/// A week in short, for people who do not look at pages: what changed, and what to do next.
namespace assay::analysis {

/// What a week was for one domain.
struct DomainWeek {
  std::string domain;
  Split now = {};
  Split before = {};  ///< of the week before
  Tally tally = {};
  Tally tally_before = {};
  std::vector<std::string> newcomers = {};
  std::vector<store::Alert> opened = {};  ///< in the week, whether over by now or not
  std::vector<store::Alert> open = {};    ///< from before it, and still so
  std::vector<store::Alert> over = {};    ///< ended in the week
  std::vector<store::RecordChange> changes = {};
  std::optional<std::string> next = {};  ///< the next step of the rollout, a sentence
  /// Nothing happened that anybody has to know.
  bool quiet() const;
};

struct WeekDigest {
  store::Days week = {};                  ///< Monday to before the next Monday
  std::vector<DomainWeek> domains = {};   ///< those with most to tell first
  std::vector<store::Alert> common = {};  ///< open or opened in the week, of no single domain
  std::uint64_t messages = 0;
  std::uint64_t messages_before = 0;
  bool quiet() const;
};

/// The Monday on or before a day.
std::chrono::sys_days monday_of(std::chrono::sys_days day);

/// The week that a digest is due for now: the last one that is over, once `weekday` (1 Monday … 7
/// Sunday) and `hour` UTC have come since.
std::chrono::sys_days week_due(Instant now, unsigned weekday, unsigned hour);

/// Errors: those of the Store.
std::expected<WeekDigest, Finding> gather_digest(const AlertWorld& world,
                                                 std::span<const std::string> domains,
                                                 std::chrono::sys_days monday, Instant now);

/// Without the domains that somebody is not concerned with. `domains` empty: all stay.
WeekDigest digest_for(const WeekDigest& digest, const std::set<std::string>& domains);

/// "DMARC in the week of 2026-05-04: 2 things to look at".
std::string subject_of(const WeekDigest& digest);
/// Plain text in lines of moderate length, and a page without anything from elsewhere. Whatever
/// reports say is escaped.
std::string to_text(const WeekDigest& digest);
std::string to_html(const WeekDigest& digest);

/// Text as it stands in HTML: what is markup is escaped, what is no harmless UTF-8 replaced.
std::string html_escaped(std::string_view text);

}  // namespace assay::analysis
