#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "system/analysis/flows.h"
#include "system/analysis/testdata/memory_received.h"

/// A world whose truth is known: domains, what sends as them, who passes their mail on, who abuses
/// them, and reporters with faults. It makes the reports and, beside them, the truth: what each
/// message really was. Always the same.
namespace assay::analysis {

using std::chrono::days;
using std::chrono::sys_days;

/// What a stream of mail really is.
struct Stream {
  std::string name;
  Class what = Class::unknown;
  Cause cause = Cause::passes;  ///< why it fails, where it does
  std::string domain = {};
  std::string address = {};  ///< empty: another network every few days
  std::string spf_domain = {};
  std::string spf = "none";  ///< SPF's own result
  std::string dkim_domain = {};
  std::string selector = {};
  std::string dkim = {};  ///< result of the signature; empty: there is none
  bool spf_aligned = false;
  bool dkim_aligned = false;
  std::uint64_t daily = 0;  ///< messages a day and reporter
  std::string reason = {};  ///< that telling reporters give
  int from = 0;             ///< day of the world on which it begins
  int until = 1'000'000;
};

struct ReporterOfWorld {
  std::string name;
  int every = 1;          ///< days that a report covers
  int until = 1'000'000;  ///< falls silent then
  bool tells_reasons = true;
  bool enforces = true;
  bool sees_none = false;  ///< an old copy of the record
  bool rfc9990 = true;
  bool is_repaired = false;
};

/// Sums of messages, as they really were.
struct Truth {
  struct Key {
    std::string domain;
    sys_days day;
    std::string reporter;
    std::string stream;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  std::map<Key, std::uint64_t> messages = {};
  std::map<Key, std::pair<std::string, std::string>> handled = {};  ///< disposition, reason
};

/// What happens in a world beside what always does.
struct WorldPlan {
  std::vector<Stream> more = {};          ///< streams beside the usual ones
  std::map<std::string, int> ends = {};   ///< streams that end on a day
  std::map<std::string, int> falls = {};  ///< reporters that fall silent on a day
  bool weekly_rhythm = false;             ///< a third of the mail on Saturdays and Sundays
};

class WorldOfMail {
 public:
  static constexpr int length = 728;              ///< days, whole weeks
  static constexpr sys_days begin{days{20'000}};  // 2024-10-04
  static sys_days day(int number) { return begin + days{number}; }
  static sys_days end() { return day(length); }

  explicit WorldOfMail(WorldPlan plan = {}) : plan_(std::move(plan)) {
    make_streams();
    for (Stream& each : streams_) {
      if (plan_.ends.contains(each.name)) each.until = plan_.ends.at(each.name);
    }
    streams_.insert(streams_.end(), plan_.more.begin(), plan_.more.end());
    reporters_ = {{.name = "big.example"},
                  {.name = "weekly.example", .every = 7, .rfc9990 = false},
                  {.name = "silent.example", .until = length - 42},
                  {.name = "lax.example", .tells_reasons = false, .enforces = false},
                  {.name = "stale.example", .sees_none = true},
                  {.name = "faulty.example", .is_repaired = true}};
    for (ReporterOfWorld& each : reporters_) {
      if (plan_.falls.contains(each.name)) each.until = plan_.falls.at(each.name);
    }
    for (const std::string& domain : domains()) {
      for (const ReporterOfWorld& reporter : reporters_) report_on(domain, reporter);
    }
    for (int number = length - failing_days; number < length; ++number) report_failures(number);
  }

  // Of each of the last days so many failure reports came of an attack on example.com, and so many
  // are kept; half of these are of one campaign.
  static constexpr int failing_days = 28;
  static constexpr std::uint64_t failures_came = 20;
  static constexpr std::uint64_t failures_kept = 4;

  static std::vector<std::string> domains() {
    return {"example.com", "example.net", "example.org"};
  }
  MemoryReceived& store() { return store_; }
  const Truth& truth() const { return truth_; }
  const std::vector<Stream>& streams() const { return streams_; }
  const std::vector<ReporterOfWorld>& reporters() const { return reporters_; }
  const Stream& stream(const std::string& name) const {
    return *std::ranges::find(streams_, name, &Stream::name);
  }

  /// The policy that a domain published on a day, and t=y.
  static std::pair<std::string, bool> policy_of(const std::string& domain, int number) {
    if (domain == "example.com") {
      if (number < 500) return {"none", false};
      return {"quarantine", number < 560};
    }
    return {domain == "example.net" ? "none" : "reject", false};
  }

 private:
  std::uint64_t random() {  // splitmix64
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  void make_streams() {  // NOLINT(readability-function-size): a table
    streams_ = {{.name = "office",
                 .what = Class::own,
                 .domain = "example.com",
                 .address = "192.0.2.10",
                 .spf_domain = "example.com",
                 .spf = "pass",
                 .dkim_domain = "example.com",
                 .selector = "s1",
                 .dkim = "pass",
                 .spf_aligned = true,
                 .dkim_aligned = true,
                 .daily = 400},
                {.name = "legacy",
                 .what = Class::own,
                 .domain = "example.com",
                 .address = "192.0.2.77",
                 .spf_domain = "example.com",
                 .spf = "pass",
                 .spf_aligned = true,
                 .daily = 25},
                {.name = "bulk",
                 .what = Class::approved,
                 .domain = "example.com",
                 .address = "198.51.100.20",
                 .spf_domain = "bounce.bulk.example",
                 .spf = "pass",
                 .dkim_domain = "example.com",
                 .selector = "bulk1",
                 .dkim = "pass",
                 .dkim_aligned = true,
                 .daily = 200},
                {.name = "crm",
                 .what = Class::unknown,
                 .cause = Cause::broken_own,
                 .domain = "example.com",
                 .address = "203.0.113.200",
                 .spf_domain = "mail.crm.example",
                 .spf = "pass",
                 .dkim_domain = "crm.example",
                 .selector = "k1",
                 .dkim = "pass",
                 .daily = 40},
                {.name = "list",
                 .what = Class::forwarder,
                 .cause = Cause::forwarding,
                 .domain = "example.com",
                 .address = "198.18.50.5",
                 .spf_domain = "lists.example",
                 .spf = "pass",
                 .dkim_domain = "example.com",
                 .selector = "s1",
                 .dkim = "fail",
                 .daily = 10,
                 .reason = "mailing_list"},
                {.name = "forwarder",
                 .what = Class::forwarder,
                 .domain = "example.com",
                 .address = "198.18.80.5",
                 .spf_domain = "example.com",
                 .spf = "fail",
                 .dkim_domain = "example.com",
                 .selector = "s1",
                 .dkim = "pass",
                 .dkim_aligned = true,
                 .daily = 8},
                {.name = "printer",
                 .what = Class::unknown,
                 .cause = Cause::unknown,
                 .domain = "example.com",
                 .address = "198.18.7.7",
                 .spf_domain = "example.com",
                 .spf = "fail",
                 .daily = 3},
                {.name = "attack",
                 .what = Class::abuse,
                 .cause = Cause::abuse,
                 .domain = "example.com",
                 .spf_domain = "example.com",
                 .spf = "fail",
                 .daily = 60},
                {.name = "newcomer",
                 .what = Class::own,
                 .domain = "example.com",
                 .address = "198.18.90.9",
                 .spf_domain = "new.example.com",
                 .spf = "pass",
                 .dkim_domain = "example.com",
                 .selector = "new1",
                 .dkim = "pass",
                 .spf_aligned = true,
                 .dkim_aligned = true,
                 .daily = 30,
                 .from = length - 10},
                {.name = "orders",
                 .what = Class::own,
                 .domain = "example.net",
                 .address = "192.0.2.20",
                 .spf_domain = "example.net",
                 .spf = "pass",
                 .dkim_domain = "example.net",
                 .selector = "o1",
                 .dkim = "pass",
                 .spf_aligned = true,
                 .dkim_aligned = true,
                 .daily = 100},
                {.name = "abuse of nothing",
                 .what = Class::abuse,
                 .cause = Cause::abuse,
                 .domain = "example.org",
                 .spf_domain = "example.org",
                 .spf = "fail",
                 .daily = 50}};
  }

  void report_failures(int number) {
    const std::string source = address_of(stream("attack"), number);
    for (std::uint64_t i = 0; i < failures_kept; ++i) {
      store::Arrival arrival;
      arrival.head = {.kind = store::ReportKind::failure,
                      .reporter = "big.example",
                      .report_id = "f" + std::to_string(number) + "." + std::to_string(i),
                      .policy_domain = "example.com",
                      .begin = day(number) + std::chrono::hours{9},
                      .end = day(number) + std::chrono::hours{9}};
      arrival.arrived = arrival.head.begin;
      arrival.failure = store::FailureFacts{
          .auth_failure = "dmarc",
          .delivery_result = "reject",
          .source_ip = source,
          .from = "Billing <billing@example.com>",
          .subject = i % 2 == 0 ? "Invoice " + std::to_string(1'000 * number) : "Your parcel",
          .urls = {i % 2 == 0 ? "https://pay.example/" + std::to_string(number)
                              : "https://parcel.example/"},
          .incidents = 1};
      static_cast<void>(store_.add({&arrival, 1}, {}, {}));
    }
    store_.count_failures({.policy_domain = "example.com",
                           .source_ip = source,
                           .day = day(number),
                           .came = failures_came,
                           .kept = failures_kept,
                           .incidents = failures_came});
  }

  aggregate::Row row_of(const Stream& stream, const std::string& address) const {
    aggregate::Row row{.source_ip = address,
                       .dkim = stream.dkim_aligned ? "pass" : "fail",
                       .spf = stream.spf_aligned ? "pass" : "fail",
                       .header_from = stream.domain};
    if (!stream.dkim.empty())
      row.dkim_results = {
          {.domain = stream.dkim_domain, .selector = stream.selector, .result = stream.dkim}};
    row.spf_results = {{.domain = stream.spf_domain, .scope = "mfrom", .result = stream.spf}};
    return row;
  }

  /// What a reporter does with mail that fails (disposition, reason).
  static std::pair<std::string, std::string> handle(const Stream& stream,
                                                    const ReporterOfWorld& reporter,
                                                    const std::string& policy, bool testing) {
    if (stream.spf_aligned || stream.dkim_aligned) return {"none", ""};
    if (policy == "none") return {"none", reporter.tells_reasons ? stream.reason : ""};
    if (!reporter.enforces) return {"none", ""};
    if (!stream.reason.empty() && reporter.tells_reasons) return {"none", stream.reason};
    if (testing) return {policy == "reject" ? "quarantine" : "none", "policy_test_mode"};
    return {policy, ""};
  }

  /// An attacker's network lives for two days.
  static std::string address_of(const Stream& stream, int number) {
    if (!stream.address.empty()) return stream.address;
    const int network = number / 2 + (stream.domain == "example.org" ? 1'000 : 0);
    char text[64];
    std::snprintf(text, sizeof text, "2001:db8:%x::%x", network, 1 + number % 7);
    return text;
  }

  void report_on(const std::string& domain, const ReporterOfWorld& reporter) {
    for (int first = 0; first < length && first < reporter.until; first += reporter.every) {
      auto [policy, testing] = policy_of(domain, first);
      if (reporter.sees_none) policy = "none", testing = false;
      store::Arrival arrival;
      store::ReportHead& head = arrival.head;
      head.schema = reporter.rfc9990 ? aggregate::Schema::rfc9990 : aggregate::Schema::rfc7489;
      head.reporter = head.org_name = reporter.name;
      head.report_id = domain + "." + std::to_string(first);
      head.policy_domain = domain;
      head.begin = day(first);
      head.end = day(first + reporter.every);
      head.policy = {.domain = domain,
                     .p = policy,
                     .sp = policy,
                     .adkim = "r",
                     .aspf = "r",
                     .testing = testing ? "y" : "n"};
      arrival.arrived = head.end + std::chrono::hours{3};
      if (reporter.is_repaired)
        arrival.remarks = {{.code = "xml_repaired", .what = "a tag was not closed"}};
      for (int number = first; number < first + reporter.every; ++number) {
        for (const Stream& stream : streams_) {
          if (stream.domain == domain && number >= stream.from && number < stream.until) {
            add_record(arrival, stream, reporter, number, {policy, testing});
          }
        }
      }
      arrival.records.finish();
      static_cast<void>(store_.add({&arrival, 1}, {}, {}));
    }
  }

  void add_record(store::Arrival& arrival, const Stream& stream, const ReporterOfWorld& reporter,
                  int number, const std::pair<std::string, bool>& policy) {
    // Reporters of weeks see the same every day, so that spreading their reports is exact.
    const bool rests = plan_.weekly_rhythm && (day(number) - begin).count() % 7 >= 5;
    const std::uint64_t daily = rests ? stream.daily / 3 : stream.daily;
    const std::uint64_t count =
        reporter.every > 1 ? stream.daily : daily / 2 + random() % (daily + 1);
    if (count == 0) return;
    const auto [disposition, reason] = handle(stream, reporter, policy.first, policy.second);
    aggregate::Record record{.row = row_of(stream, address_of(stream, number)), .count = count};
    record.row.disposition = disposition;
    if (!reason.empty())
      record.row.reasons = {
          {.type = reason,
           .comment = reason == "mailing_list" ? "arc=pass as[1].d=lists.example as[1].s=a" : ""}};
    arrival.records.add(record);
    const Truth::Key key{.domain = stream.domain,
                         .day = day(number),
                         .reporter = reporter.name,
                         .stream = stream.name};
    truth_.messages[key] += count;
    truth_.handled[key] = {disposition, reason};
  }

  WorldPlan plan_;
  std::uint64_t state_ = 42;
  std::vector<Stream> streams_ = {};
  std::vector<ReporterOfWorld> reporters_ = {};
  MemoryReceived store_ = {};
  Truth truth_ = {};
};

}  // namespace assay::analysis
