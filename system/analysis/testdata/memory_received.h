#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "system/store/received.h"
#include "system/store/rollup.h"
#include "system/store/source_sums.h"

/// A Store of received reports in memory, for tests: it takes in what it is given and answers by
/// going through all of it.
namespace assay::analysis {

class MemoryReceived final : public store::ReceivedReports {
 public:
  template <class T = void>
  using Expected = store::Expected<T>;

  Expected<std::vector<store::Placed>> add(std::span<const store::Arrival> arrivals,
                                           const store::Decide& /*decide*/,
                                           const store::Sampling& /*sampling*/) override {
    std::vector<store::Placed> placed;
    for (const store::Arrival& each : arrivals) {
      arrivals_.push_back(each);
      rollups_.emplace_back();
      placed.push_back({.id = static_cast<std::int64_t>(arrivals_.size())});
    }
    return placed;
  }
  Expected<> replace(std::int64_t, const store::Arrival&) override { return unknown(); }
  Expected<> stand(std::int64_t id, store::Standing standing, std::string_view reason) override {
    at(id).standing = standing;
    at(id).reason = reason;
    return {};
  }

  Expected<std::vector<store::ReceivedReport>> reports(const store::ReportFilter& filter) override {
    std::vector<store::ReceivedReport> list;
    if (filter.before != 0) return latest(filter);
    for (std::size_t i = static_cast<std::size_t>(filter.after);
         i < arrivals_.size() && list.size() < filter.limit; ++i) {
      const store::Arrival& each = arrivals_[i];
      if (filter.kind && each.head.kind != *filter.kind) continue;
      if (filter.standing && each.standing != *filter.standing) continue;
      if (!filter.policy_domain.empty() && each.head.policy_domain != filter.policy_domain)
        continue;
      if (filter.from && each.head.end <= *filter.from) continue;
      if (filter.until && each.head.begin >= *filter.until) continue;
      list.push_back(as_kept(static_cast<std::int64_t>(i + 1)));
    }
    return list;
  }
  std::vector<store::ReceivedReport> latest(store::ReportFilter filter) {
    const std::int64_t before = std::exchange(filter.before, 0);
    const std::size_t limit = std::exchange(filter.limit, arrivals_.size());
    std::vector<store::ReceivedReport> list = *reports(filter);
    std::erase_if(list, [&](const auto& each) { return each.id >= before; });
    std::ranges::reverse(list);
    if (list.size() > limit) list.resize(limit);
    return list;
  }
  Expected<store::ReceivedReport> report(std::int64_t id) override { return as_kept(id); }
  Expected<store::Raw> raw(std::int64_t) override { return store::Raw{}; }
  Expected<> each_record(std::int64_t id, const ShowRecord& show) override {
    for (const std::string& chunk : at(id).records.chunks()) {
      store::ChunkReader reader(chunk);
      store::PackedRecord packed;
      while (reader.next(packed)) {
        if (!show(reader.record(packed))) return {};
      }
    }
    return {};
  }
  Expected<store::FailureFacts> failure(std::int64_t id) override {
    return at(id).failure.value_or(store::FailureFacts{});
  }
  Expected<std::vector<store::TlsPolicy>> tls(std::int64_t id) override { return at(id).tls; }

  Expected<std::vector<store::DailyCount>> daily(const store::DailyQuery& query) override {
    std::map<std::tuple<std::string, std::chrono::sys_days, std::string, store::Cell>,
             std::uint64_t>
        sums;
    for (std::size_t i = 0; i < arrivals_.size(); ++i) {
      const store::Arrival& each = arrivals_[i];
      if (!counts(each) || !touches(each, query.days) ||
          (!query.policy_domain.empty() && each.head.policy_domain != query.policy_domain))
        continue;
      for (const auto& [place, messages] : rollup(i)) {
        if (place.day < query.days.from || place.day >= query.days.until) continue;
        sums[{query.by_domain ? each.head.policy_domain : "",
              query.by_day ? place.day : std::chrono::sys_days{},
              query.by_reporter ? each.head.reporter : "",
              query.by_cell ? store::cell_of(place.cell) : store::Cell{}}] += messages;
      }
    }
    std::vector<store::DailyCount> list;
    for (const auto& [key, messages] : sums) {
      list.push_back({.policy_domain = std::get<0>(key),
                      .day = std::get<1>(key),
                      .reporter = std::get<2>(key),
                      .cell = std::get<3>(key),
                      .messages = messages});
    }
    return list;
  }

  Expected<std::vector<store::SourceCount>> sources(const store::SourceQuery& query) override {
    store::SourceSums sums(query);
    for (const store::Arrival& each : arrivals_) {
      if (!counts(each) || each.head.policy_domain != query.policy_domain) continue;
      if (each.head.end <= query.days.from || each.head.begin >= query.days.until) continue;
      sums.begin(each.head.policy, each.head.begin, each.head.end);
      for (const std::string& chunk : each.records.chunks()) sums.add(chunk);
    }
    return sums.counts();
  }

  Expected<store::ReportTally> tally(std::string_view policy_domain,
                                     const store::Days& days) override {
    store::ReportTally tally;
    std::set<std::string> reporters;
    for (const store::Arrival& each : arrivals_) {
      if (each.head.kind != store::ReportKind::aggregate || !touches(each, days) ||
          (!policy_domain.empty() && each.head.policy_domain != policy_domain))
        continue;
      ++(counts(each) ? tally.counted : tally.set_aside);
      if (counts(each)) reporters.insert(each.head.reporter);
    }
    tally.reporters = reporters.size();
    return tally;
  }

  Expected<std::vector<std::string>> policy_domains() override {
    std::set<std::string> names;
    for (const store::Arrival& each : arrivals_) names.insert(each.head.policy_domain);
    return std::vector<std::string>(names.begin(), names.end());
  }

  Expected<std::vector<store::ReporterCount>> reporters(std::string_view policy_domain) override {
    std::map<std::tuple<std::string, std::string, store::ReportKind>, store::ReporterCount> sums;
    for (const store::Arrival& each : arrivals_) {
      if (!policy_domain.empty() && each.head.policy_domain != policy_domain) continue;
      store::ReporterCount& sum =
          sums[{each.head.reporter, each.head.policy_domain, each.head.kind}];
      const bool is_new = sum.reporter.empty();
      sum.reporter = each.head.reporter;
      sum.policy_domain = each.head.policy_domain;
      sum.kind = each.head.kind;
      ++(each.standing == store::Standing::counted ? sum.reports : sum.set_aside);
      sum.remarked += each.remarks.empty() ? 0 : 1;
      sum.rfc9990 += each.head.schema == aggregate::Schema::rfc9990 ? 1 : 0;
      if (counts(each)) sum.messages += each.records.messages();
      sum.first = is_new ? each.head.begin : std::min(sum.first, each.head.begin);
      sum.last = is_new ? each.head.end : std::max(sum.last, each.head.end);
      sum.arrived = std::max(sum.arrived, each.arrived);
    }
    std::vector<store::ReporterCount> list;
    for (const auto& [key, sum] : sums) list.push_back(sum);
    return list;
  }

  Expected<std::vector<store::FailureCount>> failure_counts(std::string_view policy_domain,
                                                            const store::Days& days) override {
    std::vector<store::FailureCount> list;
    for (const store::FailureCount& each : failure_counts_) {
      if (each.policy_domain == policy_domain && each.day >= days.from && each.day < days.until)
        list.push_back(each);
    }
    return list;
  }
  /// Of reports of one day whose failures are explained.
  Expected<std::vector<store::TlsCount>> tls_counts(std::string_view policy_domain,
                                                    const store::Days& days) override {
    std::vector<store::TlsCount> list;
    for (const store::Arrival& each : arrivals_) {
      const auto day = std::chrono::floor<std::chrono::days>(each.head.begin);
      if (each.head.policy_domain != policy_domain || day < days.from || day >= days.until)
        continue;
      const auto add = [&](const std::string& type, const std::string& result,
                           std::uint64_t sessions) {
        list.push_back({.policy_domain = each.head.policy_domain,
                        .day = day,
                        .reporter = each.head.reporter,
                        .policy_type = type,
                        .result_type = result,
                        .sessions = sessions});
      };
      for (const store::TlsPolicy& policy : each.tls) {
        add(policy.type, "", policy.successful);
        for (const store::TlsFailure& failure : policy.failures)
          add(policy.type, failure.result_type, failure.sessions);
      }
    }
    return list;
  }
  Expected<store::ReceivedBooks> books() override { return store::ReceivedBooks{}; }
  Expected<store::ReceivedRemoved> forget(const store::ReceivedRetention&) override {
    return store::ReceivedRemoved{};
  }
  Expected<store::ReceivedRemoved> erase(std::string_view) override {
    return store::ReceivedRemoved{};
  }
  Expected<Findings> recount() override { return Findings{}; }

  void count_failures(store::FailureCount count) { failure_counts_.push_back(std::move(count)); }

 private:
  static std::unexpected<Finding> unknown() {
    return std::unexpected(Finding{.code = "store_unknown", .what = "no such report"});
  }
  static bool counts(const store::Arrival& arrival) {
    return arrival.standing == store::Standing::counted &&
           arrival.head.kind == store::ReportKind::aggregate;
  }
  static bool touches(const store::Arrival& arrival, const store::Days& days) {
    const store::ReportHead& head = arrival.head;
    return head.begin < days.until &&
           std::max(head.end, head.begin + std::chrono::seconds{1}) > days.from;
  }
  /// Of one report, counted when it is first asked for.
  const std::map<store::Rollup::Place, std::uint64_t>& rollup(std::size_t number) {
    auto& known = rollups_[number];
    if (!known) {
      const store::Arrival& arrival = arrivals_[number];
      store::Rollup fresh(arrival.head.policy, arrival.head.begin, arrival.head.end);
      for (const std::string& chunk : arrival.records.chunks()) fresh.add(chunk);
      known = fresh.counts();
    }
    return *known;
  }
  store::Arrival& at(std::int64_t id) { return arrivals_.at(static_cast<std::size_t>(id) - 1); }
  store::ReceivedReport as_kept(std::int64_t id) {
    const store::Arrival& each = at(id);
    return {.id = id,
            .head = each.head,
            .remarks = each.remarks,
            .authenticity = each.authenticity,
            .channel = each.channel,
            .arrived = each.arrived,
            .seen_last = each.arrived,
            .standing = each.standing,
            .reason = each.reason,
            .records = each.records.records(),
            .messages = each.records.messages()};
  }

  std::vector<store::Arrival> arrivals_ = {};
  std::vector<std::optional<std::map<store::Rollup::Place, std::uint64_t>>> rollups_ = {};
  std::vector<store::FailureCount> failure_counts_ = {};
};

}  // namespace assay::analysis
