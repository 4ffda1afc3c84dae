#include "assay/base/try.h"
#include "system/analysis/counts.h"
#include "system/analysis/record_watch.h"

namespace assay::analysis {

std::expected<RecordHistory, Finding> gather_history(store::AlertBook* book,
                                                     std::string_view domain,
                                                     const store::Days& days) {
  RecordHistory history;
  if (book == nullptr) return history;
  history.watched = true;
  ASSAY_TRY(changes, book->changes({.domain = std::string(domain),
                                    .from = days.from,
                                    .until = days.until,
                                    .limit = max_rows + 1}));
  ASSAY_TRY(records, book->records(domain));
  history.changes = std::move(changes);
  history.records = std::move(records);
  return history;
}

std::expected<void, Finding> add_change_marks(store::AlertBook* book,
                                              store::ReceivedReports& reports,
                                              std::string_view domain, const store::Days& days,
                                              Document& document) {
  if (book == nullptr) return {};
  ASSAY_TRY(
      changes,
      book->changes(
          {.domain = std::string(domain), .from = days.from, .until = days.until, .limit = 200}));
  if (changes.empty()) return {};
  ASSAY_TRY(counts, reports.daily({.policy_domain = std::string(domain),
                                   .days = days,
                                   .by_domain = false,
                                   .by_day = true,
                                   .by_reporter = false,
                                   .by_cell = true}));
  ByDay failing;
  ByDay all;
  for (const store::DailyCount& each : counts) {
    all[each.day] += each.messages;
    if (fails(each.cell)) failing[each.day] += each.messages;
  }
  tell(mark_changes(changes, failing, all), document);
  return {};
}

}  // namespace assay::analysis
