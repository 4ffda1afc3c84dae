#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/analysis/document.h"
#include "system/store/received_values.h"

/// Failure reports: how many came and were kept, and which of them belong together.
namespace assay::analysis {

/// An address, domain or URL that nobody can click on by mistake: hxxps://evil[.]example/a.
std::string defang(std::string_view text);

/// A subject without what changes from copy to copy: numbers become #, white space one blank, lower
/// case, at most 100 octets.
std::string subject_pattern(std::string_view subject);

/// Failure reports of messages that look like one another.
struct Campaign {
  std::string subject;                  ///< pattern
  std::string from_domain;              ///< of the message's From
  std::vector<std::string> hosts = {};  ///< of its URLs, defanged
  std::uint64_t reports = 0;
  std::uint64_t incidents = 0;
  std::uint64_t sources = 0;
  std::vector<std::string> examples = {};  ///< source addresses, a few
  store::Instant first = {};
  store::Instant last = {};
  std::set<std::string> failures = {};   ///< what failed: spf, dkim, …
  std::set<std::string> delivered = {};  ///< what became of it
};

/// A failure report and when it came.
struct FailureSeen {
  store::FailureFacts facts;
  store::Instant arrived = {};
};

struct Failures {
  std::uint64_t came = 0;
  std::uint64_t kept = 0;  ///< the others were sampled out
  std::uint64_t incidents = 0;
  struct Source {
    std::string address;
    std::uint64_t came = 0;
    std::uint64_t kept = 0;
    std::uint64_t busiest_day = 0;
  };
  std::vector<Source> sources = {};  ///< most first
  std::vector<Campaign> campaigns = {};
  std::uint64_t looked_at = 0;  ///< reports that campaigns were made of
};
Failures make_failures(std::span<const store::FailureCount> counts,
                       std::span<const FailureSeen> seen);
void tell(const Failures& failures, Document& document);

}  // namespace assay::analysis
