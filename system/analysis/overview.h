#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "system/analysis/counts.h"
#include "system/analysis/document.h"
#include "system/analysis/marks.h"
#include "system/store/received_values.h"

/// Domains side by side, reporters side by side, one period beside another.
namespace assay::analysis {

struct DomainRow {
  std::string domain;
  Tally tally = {};
  std::uint64_t failing_delivered = 0;
  store::Asked policy = store::Asked::unknown;  ///< of most messages of the last day with any
  bool test_mode = false;
  std::uint64_t reporters = 0;  ///< that ever reported
  std::optional<std::chrono::sys_days> last = {};
  std::optional<Pile> pile = {};  ///< as the owner says
};
/// `counts` by domain and cell, `latest` by domain, day and cell of the last days; both may be the
/// same. Domains without messages come from `known`.
std::vector<DomainRow> make_domains(std::span<const store::DailyCount> counts,
                                    std::span<const store::DailyCount> latest,
                                    std::span<const store::ReporterCount> known,
                                    const Marks& marks);
void tell(std::span<const DomainRow> domains, Document& document);

/// A policy as most mail of a day was under it.
struct PolicySeen {
  std::chrono::sys_days day = {};
  store::Asked policy = store::Asked::unknown;
  bool test_mode = false;
  friend bool operator==(const PolicySeen&, const PolicySeen&) = default;
};
/// One for each day with messages, in order. `counts` by day and cell, of one domain.
std::vector<PolicySeen> policy_by_day(std::span<const store::DailyCount> counts);

struct ReporterRow {
  std::string reporter;
  std::string org_name = {};
  std::uint64_t reports = 0;  ///< ever, counted
  std::uint64_t set_aside = 0;
  std::uint64_t repaired = 0;
  std::uint64_t rfc9990 = 0;
  std::uint64_t failure_reports = 0;
  std::uint64_t tls_reports = 0;
  std::uint64_t messages = 0;                  ///< of the period
  std::uint64_t days = 0;                      ///< of the period, with messages
  std::optional<store::Instant> first = {};    ///< begin of the earliest report
  std::optional<store::Instant> arrived = {};  ///< of the latest
  std::chrono::seconds cadence{0};  ///< mean time between reports; 0 where there are too few to say
  bool silent = false;              ///< longer than its reports were apart, several times over
  std::map<std::string, std::uint64_t> faults =
      {};  ///< codes of what had to be repaired or set aside
};
/// `counts` by day and reporter; `reports` of the period, for their faults.
std::vector<ReporterRow> make_reporters(std::span<const store::ReporterCount> known,
                                        std::span<const store::DailyCount> counts,
                                        std::span<const store::ReceivedReport> reports,
                                        store::Instant now);
void tell(std::span<const ReporterRow> reporters, Document& document);

/// One period beside another.
struct Comparison {
  store::Days then = {};
  Tally now_tally = {};
  Tally then_tally = {};
  struct Change {
    std::string name;
    Class what = Class::unknown;
    std::uint64_t now = 0;
    std::uint64_t then = 0;
    std::uint64_t now_failing = 0;
    std::uint64_t then_failing = 0;
  };
  std::vector<Change> sources = {};    ///< largest change first
  std::vector<Change> reporters = {};  ///< likewise
};
Comparison make_comparison(std::span<const store::DailyCount> now,
                           std::span<const store::DailyCount> then, std::span<const Flow> flows_now,
                           std::span<const Flow> flows_then);
void tell(const Comparison& comparison, Document& document);

}  // namespace assay::analysis
