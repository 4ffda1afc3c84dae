#pragma once

#include "system/accounts/scope.h"
#include "system/store/received.h"

namespace assay::webapi {

/// What somebody may see of the received reports: those on the domains of his scope. The one place
/// where tenants are kept apart: all that the interface tells of reports is asked here. A report on
/// another domain is not there (`store_unknown`), and counts over all domains are sums over those
/// that he sees. Nothing can be changed through it (`store_read_only`).
class VisibleReports final : public store::ReceivedReports {
 public:
  template <class T = void>
  using Expected = store::Expected<T>;

  /// Both outlive it.
  VisibleReports(store::ReceivedReports& all, const accounts::Scope& scope)
      : all_(all), scope_(scope) {}

  Expected<std::vector<store::Placed>> add(std::span<const store::Arrival> arrivals,
                                           const store::Decide& decide,
                                           const store::Sampling& sampling) override;
  Expected<> replace(std::int64_t id, const store::Arrival& arrival) override;
  Expected<> stand(std::int64_t id, store::Standing standing, std::string_view reason) override;

  Expected<std::vector<store::ReceivedReport>> reports(const store::ReportFilter& filter) override;
  Expected<store::ReceivedReport> report(std::int64_t id) override;
  Expected<store::Raw> raw(std::int64_t id) override;
  Expected<> each_record(std::int64_t id, const ShowRecord& show) override;
  Expected<store::FailureFacts> failure(std::int64_t id) override;
  Expected<std::vector<store::TlsPolicy>> tls(std::int64_t id) override;

  Expected<std::vector<store::DailyCount>> daily(const store::DailyQuery& query) override;
  Expected<std::vector<store::SourceCount>> sources(const store::SourceQuery& query) override;
  /// Where not all are seen, reporters are those with messages on these days.
  Expected<store::ReportTally> tally(std::string_view policy_domain,
                                     const store::Days& days) override;
  Expected<std::vector<std::string>> policy_domains() override;
  Expected<std::vector<store::ReporterCount>> reporters(std::string_view policy_domain) override;
  Expected<std::vector<store::FailureCount>> failure_counts(std::string_view policy_domain,
                                                            const store::Days& days) override;
  Expected<std::vector<store::TlsCount>> tls_counts(std::string_view policy_domain,
                                                    const store::Days& days) override;

  /// Of reports that are visible; where not all are: reports, counted, set_aside and messages
  /// alone.
  Expected<store::ReceivedBooks> books() override;
  Expected<store::ReceivedRemoved> forget(const store::ReceivedRetention& retention) override;
  Expected<store::ReceivedRemoved> erase(std::string_view domain) override;
  Expected<Findings> recount() override;

 private:
  bool may_see(std::string_view domain) const { return scope_.sees(domain); }
  /// Errors: `store_unknown` where the report is of a domain that is not seen.
  Expected<> require(std::int64_t id);

  store::ReceivedReports& all_;
  const accounts::Scope& scope_;
};

}  // namespace assay::webapi
