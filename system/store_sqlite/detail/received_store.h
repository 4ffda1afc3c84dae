#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "system/store/received.h"
#include "system/store_sqlite/detail/guarded.h"
#include "system/store_sqlite/detail/schema.h"
#include "system/store_sqlite/store_sqlite.h"

namespace assay::store_sqlite::detail {

/// Whose file it is, in its header.
inline constexpr std::int64_t received_application = 0x41535952;  // "ASYR"

/// The versions of the file of received reports, as migrations().
std::span<const Migration> received_migrations();

/// Opens with other migrations than the product's: for tests.
Expected<std::unique_ptr<store::ReceivedReports>> open_received(const Options& options,
                                                                std::span<const Migration> steps);

/// Changes of daily counts, summed before they are written.
class DailyChanges {
 public:
  enum class Sign : std::uint8_t { add, subtract };
  /// Domain, day, reporter, type of policy, type of result.
  using TlsPlace = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

  void count(std::int64_t domain, std::int64_t reporter, const store::Rollup& rollup, Sign sign);
  void count_tls(const TlsPlace& place, std::int64_t sessions) { tls_[place] += sessions; }
  Expected<> write(Database& database) const;

 private:
  Expected<> write_sums(Database& database) const;  ///< of all reporters together

  using Place = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
  std::map<Place, std::int64_t> changes_ = {};
  std::map<TlsPlace, std::int64_t> tls_ = {};
};

/// A report as its row says, without what is in its head.
struct ReportRow {
  std::int64_t id = 0;
  store::ReportKind kind = store::ReportKind::aggregate;
  store::Standing standing = store::Standing::counted;
  std::int64_t domain = 0;
  std::int64_t reporter = 0;
  Instant begin = {};
  Instant end = {};
};

/// ReceivedReports over one connection; a mutex lets one thread in at a time.
class SqliteReceived final : public store::ReceivedReports, private Guarded {
 public:
  explicit SqliteReceived(std::unique_ptr<Database> database) : Guarded(std::move(database)) {}

  // received_adding.cpp
  Expected<std::vector<store::Placed>> add(std::span<const store::Arrival> arrivals,
                                           const store::Decide& decide,
                                           const store::Sampling& sampling) override;
  Expected<> replace(std::int64_t id, const store::Arrival& arrival) override;
  Expected<> stand(std::int64_t id, store::Standing standing, std::string_view reason) override;

  // received_reports.cpp
  Expected<std::vector<store::ReceivedReport>> reports(const store::ReportFilter& filter) override;
  Expected<store::ReceivedReport> report(std::int64_t id) override;
  Expected<store::Raw> raw(std::int64_t id) override;
  Expected<> each_record(std::int64_t id, const ShowRecord& show) override;
  Expected<store::FailureFacts> failure(std::int64_t id) override;
  Expected<std::vector<store::TlsPolicy>> tls(std::int64_t id) override;

  // received_questions.cpp
  Expected<std::vector<store::DailyCount>> daily(const store::DailyQuery& query) override;
  Expected<std::vector<store::SourceCount>> sources(const store::SourceQuery& query) override;
  Expected<store::ReportTally> tally(std::string_view policy_domain,
                                     const store::Days& days) override;
  Expected<std::vector<std::string>> policy_domains() override;
  Expected<std::vector<store::ReporterCount>> reporters(std::string_view policy_domain) override;
  Expected<std::vector<store::FailureCount>> failure_counts(std::string_view policy_domain,
                                                            const store::Days& days) override;
  Expected<std::vector<store::TlsCount>> tls_counts(std::string_view policy_domain,
                                                    const store::Days& days) override;

  // received_forgetting.cpp
  Expected<store::ReceivedBooks> books() override;
  Expected<store::ReceivedRemoved> forget(const store::ReceivedRetention& retention) override;
  Expected<store::ReceivedRemoved> erase(std::string_view domain) override;
  Expected<Findings> recount() override;

 private:
  template <class What>
  auto writing(const What& what) -> std::invoke_result_t<What> {
    const std::scoped_lock lock(mutex_);
    auto answer = database_->transaction(what);
    if (!answer) names_.clear();  // some may have ids that are not there
    return answer;
  }
  /// Does what takes rows away, so that they cannot be read from the file afterwards.
  template <class What>
  auto removing(const What& what) -> std::invoke_result_t<What>;

  /// The id of a domain, reporter or word; a new one where it is not known.
  Expected<std::int64_t> name_id(std::string_view name);
  Expected<> drop_stale_names();

  Expected<store::Placed> add_one(const store::Arrival& arrival, const store::Decide& decide,
                                  const store::Sampling& sampling, DailyChanges& changes);
  Expected<std::int64_t> insert_report(const store::Arrival& arrival,
                                       const store::Decision& decision, std::int64_t domain,
                                       std::int64_t reporter);
  Expected<> mark_seen(const store::Arrival& arrival, std::int64_t id);
  Expected<std::int64_t> put_in(const store::Arrival& arrival, const store::Decision& decision,
                                std::int64_t domain, std::int64_t reporter, DailyChanges& changes);
  Expected<std::vector<store::Neighbour>> neighbours(const store::Arrival& arrival,
                                                     std::int64_t domain, std::int64_t reporter);
  // received_raws.cpp
  Expected<std::int64_t> keep_raw(const store::Arrival& arrival);
  Expected<std::int64_t> keep_large_raw(const store::Arrival& arrival);
  /// What becomes of a failure report in a flood.
  enum class Sample : std::uint8_t { kept, counted, known };
  Expected<Sample> sample(const store::Arrival& arrival, std::int64_t domain,
                          const store::Sampling& sampling);
  Expected<> count_failure(const store::Arrival& arrival, std::int64_t domain, std::int64_t day,
                           Sample fate);
  Expected<> insert_facts(const ReportRow& row, const store::Arrival& arrival,
                          DailyChanges& changes);
  /// Adds or subtracts what a counted report says from the daily counts.
  Expected<> count(const ReportRow& row, DailyChanges::Sign sign, DailyChanges& changes);
  Expected<> count_tls(const ReportRow& row, const std::vector<store::TlsPolicy>& policies,
                       DailyChanges::Sign sign, DailyChanges& changes);
  Expected<> set_standing(const ReportRow& row, store::Standing standing, std::string_view reason,
                          DailyChanges& changes);
  /// Takes the reports in temp.doomed away, with all that belongs to them.
  Expected<> remove_doomed(store::ReceivedRemoved& removed);
  Expected<> remove_facts(const ReportRow& row, DailyChanges& changes);
  Expected<> forget_in(const store::ReceivedRetention& retention, store::ReceivedRemoved& removed);
  Expected<> erase_in(std::string_view domain, store::ReceivedRemoved& removed);

  std::unordered_map<std::string, std::int64_t> names_ = {};
  std::int64_t data_version_ = 0;
};

// What stands in the columns of octets.
std::string write_head(const store::ReportHead& head, const store::Authenticity& authenticity,
                       std::span<const store::Remark> remarks, std::span<const store::Remark> more);
/// Into the members that no column has.
void read_head(std::string_view octets, store::ReceivedReport& report);
std::string write_failure(const store::FailureFacts& facts);
store::FailureFacts read_failure(std::string_view octets);
std::string write_tls(const std::vector<store::TlsPolicy>& policies);
std::vector<store::TlsPolicy> read_tls(std::string_view octets);

/// Errors: `store_unknown`.
Expected<ReportRow> report_row(Database& database, std::int64_t id);
/// Shows each chunk of a report; ends when `show` says false.
Expected<> each_chunk(Database& database, std::int64_t report,
                      const std::function<bool(std::string_view chunk)>& show);
/// The policy that a report says was published.
Expected<aggregate::PolicyPublished> policy_of(Database& database, std::int64_t report);

/// Where daily counts differ from a recount.
Expected<Findings> recount(Database& database);
Expected<store::ReceivedBooks> read_received_books(Database& database);

constexpr std::int64_t all_domains = 0;  ///< in the daily counts: all of them together
constexpr unsigned chunk_bits = 20;      ///< of the number of a chunk within its report

inline std::int64_t day_number(std::chrono::sys_days day) {
  return day.time_since_epoch().count();
}
inline std::chrono::sys_days day_of(std::int64_t number) {
  return std::chrono::sys_days{std::chrono::days{static_cast<int>(number)}};
}

}  // namespace assay::store_sqlite::detail
