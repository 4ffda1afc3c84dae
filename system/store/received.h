#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "system/store/received_values.h"
#include "system/store/store.h"

/// Where reports that others sent are kept: what they say of our domains, as facts and as daily
/// counts. It neither reads reports nor judges them: what an arrival is worth is decided by who
/// brings it, with what is there already in view, so that each report is counted once.
///
///     ASSAY_TRY(received, store_sqlite::open_received({.path = "/var/lib/assay/reports.sqlite"}));
///     ASSAY_TRY(placed, received->add(arrivals, decide));
///     ASSAY_TRY(counts, received->daily({.policy_domain = "example.com", .days = …}));
namespace assay::store {

/// What is to be done with an arrival, seeing those that resemble it: of the same reporter with the
/// same report_id, with the same content, or of the same domain with a period that overlaps. Pure;
/// called within the transaction.
using Decide = std::function<Decision(const Arrival& arrival, std::span<const Neighbour> known)>;

/// Every function is one transaction, as in Store, and has the errors of Store. Safe to call from
/// several threads. Counts are messages, days are UTC, and a report over several days is spread
/// over them (rollup.h). Domains are compared as they are: lower case, A-labels.
class ReceivedReports {
 public:
  ReceivedReports() = default;
  ReceivedReports(const ReceivedReports&) = delete;
  ReceivedReports& operator=(const ReceivedReports&) = delete;
  virtual ~ReceivedReports() = default;

  // ---- Taking in ----

  /// Takes arrivals in, all or none, one after the other: each sees those before it.
  virtual Expected<std::vector<Placed>> add(std::span<const Arrival> arrivals, const Decide& decide,
                                            const Sampling& sampling) = 0;

  /// Puts what a better reader read in the place of a report's facts. Its id, arrival, channel,
  /// authenticity and raw octets stay; standing and reason become those of `arrival`.
  /// Errors: `store_unknown` when there is no such report.
  virtual Expected<> replace(std::int64_t id, const Arrival& arrival) = 0;

  /// Changes the standing of a report by hand. Errors: `store_unknown`.
  virtual Expected<> stand(std::int64_t id, Standing standing, std::string_view reason) = 0;

  // ---- Reports ----

  /// Without records.
  virtual Expected<std::vector<ReceivedReport>> reports(const ReportFilter& filter) = 0;

  /// Errors of these: `store_unknown` when there is no such report.
  virtual Expected<ReceivedReport> report(std::int64_t id) = 0;
  /// Empty octets when they are not kept any longer.
  virtual Expected<Raw> raw(std::int64_t id) = 0;
  /// Shows the records of an aggregate report, in the order they came; ends when `show` says false.
  using ShowRecord = std::function<bool(const aggregate::Record&)>;
  virtual Expected<> each_record(std::int64_t id, const ShowRecord& show) = 0;
  virtual Expected<FailureFacts> failure(std::int64_t id) = 0;
  virtual Expected<std::vector<TlsPolicy>> tls(std::int64_t id) = 0;

  // ---- Questions ----

  /// Daily counts, kept up to date with each change: the quick way to all that needs no source.
  virtual Expected<std::vector<DailyCount>> daily(const DailyQuery& query) = 0;

  /// What the records of counted reports say of each source, summed over reporters.
  virtual Expected<std::vector<SourceCount>> sources(const SourceQuery& query) = 0;

  /// How many aggregate reports tell of some days, of one domain, or of all when it is empty.
  virtual Expected<ReportTally> tally(std::string_view policy_domain, const Days& days) = 0;

  /// Policy domains with reports of any kind and standing, by name; those that name none are left
  /// out.
  virtual Expected<std::vector<std::string>> policy_domains() = 0;

  /// Who reports on a domain, or on all when it is empty, by name.
  virtual Expected<std::vector<ReporterCount>> reporters(std::string_view policy_domain) = 0;

  virtual Expected<std::vector<FailureCount>> failure_counts(std::string_view policy_domain,
                                                             const Days& days) = 0;
  virtual Expected<std::vector<TlsCount>> tls_counts(std::string_view policy_domain,
                                                     const Days& days) = 0;

  // ---- Keeping and forgetting ----

  virtual Expected<ReceivedBooks> books() = 0;

  /// Forgets what is older than it may be (RFC 9991 §7).
  virtual Expected<ReceivedRemoved> forget(const ReceivedRetention& retention) = 0;

  /// Erases all that is known of a policy domain and those below it, on the disk too.
  virtual Expected<ReceivedRemoved> erase(std::string_view domain) = 0;

  /// Where daily counts differ from a recount of the records: `store_books`. Reads it all.
  virtual Expected<Findings> recount() = 0;
};

}  // namespace assay::store
