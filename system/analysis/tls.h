#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "system/analysis/document.h"
#include "system/store/received_values.h"

/// TLS reports (RFC 8460): sessions that senders opened to the MX of a domain, and why they failed.
namespace assay::analysis {

struct Sessions {
  std::uint64_t successful = 0;
  std::uint64_t failed = 0;
  std::uint64_t all() const { return successful + failed; }
};

/// What failures of one kind have in common, from the reports themselves.
struct TlsFailing {
  std::string result_type;
  std::string mx;       ///< receiving_mx_hostname; empty: not told
  std::string mx_ip;    ///< one of its addresses
  std::string sender;   ///< one of the sending addresses
  std::string details;  ///< a reason code or other words that a reporter gave, of one
  std::uint64_t sessions = 0;
  std::uint64_t reports = 0;
};

struct TlsReporter {
  std::string reporter;
  Sessions sessions = {};
  std::uint64_t reports = 0;  ///< ever, counted
  std::uint64_t set_aside = 0;
  std::optional<store::Instant> arrived = {};  ///< of the latest
  bool silent = false;                         ///< longer than its reports were apart, threefold
};

struct TlsAnswer {
  Sessions all = {};
  std::vector<TlsReporter> reporters = {};  ///< most sessions first
  std::map<std::string, Sessions> by_policy = {};
  std::map<std::string, std::uint64_t> by_result = {};  ///< of failures
  std::map<std::chrono::sys_days, Sessions> days = {};
  std::vector<TlsFailing> failing = {};  ///< most sessions first
  std::uint64_t reports_read = 0;        ///< those that `failing` is from
  bool not_all_read = false;
};

/// `known`: of the domain, of any kind. `counts`: of the days asked for.
TlsAnswer make_tls(std::span<const store::TlsCount> counts,
                   std::span<const store::ReporterCount> known, store::Instant now);
/// Adds the policies that one counted report tells of.
void add_policies(TlsAnswer& answer, std::span<const store::TlsPolicy> policies);
void tell(const TlsAnswer& answer, Document& document);

/// What a result type means and what to do (RFC 8460 §4.3); empty for one that it does not name.
std::string_view meaning_of_result(std::string_view result_type);

}  // namespace assay::analysis
