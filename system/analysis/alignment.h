#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "assay/dmarc/record.h"
#include "system/analysis/counts.h"
#include "system/analysis/document.h"
#include "system/analysis/flows.h"

/// Mail that does not authenticate as the domain: why, what to do, and whom a stricter policy hits.
namespace assay::analysis {

/// Unauthenticated mail of one cause and service.
struct CauseRow {
  Cause cause = Cause::unknown;
  std::string service;
  Confidence confidence = Confidence::none;  ///< the highest of its flows
  std::string evidence;                      ///< of the largest
  Tally tally = {};
  std::uint64_t networks = 0;
};
struct Unauthenticated {
  std::uint64_t messages = 0;                ///< all mail
  std::uint64_t failing = 0;                 ///< passed by neither
  std::uint64_t untold = 0;                  ///< the reporter does not say
  std::array<std::uint64_t, 5> causes = {};  ///< by Cause
  std::vector<CauseRow> rows = {};           ///< by cause, then largest first
  std::uint64_t of(Cause cause) const { return causes[static_cast<std::size_t>(cause)]; }
};
Unauthenticated make_unauthenticated(std::span<const Flow> flows);
void tell(const Unauthenticated& unauthenticated, Document& document);

/// Mail that is authenticated as somebody else than its author domain.
struct Unaligned {
  std::string service;
  Class what = Class::unknown;
  std::string header_from;
  std::string dkim_domain = {};  ///< of a signature that passes and is not aligned
  std::string dkim_selector = {};
  std::string spf_domain = {};  ///< of an envelope that passes and is not aligned
  bool passes = false;          ///< all the same, by SPF alone: its DKIM is what is not aligned
  std::uint64_t messages = 0;
  std::vector<std::string> fixes = {};  ///< the best first
};
/// Largest first, mail that fails before mail that passes by SPF alone.
std::vector<Unaligned> make_unaligned(const View& view, std::span<const Flow> flows);
void tell(std::span<const Unaligned> unaligned, Document& document);

/// Another policy for the same mail.
struct Scenario {
  dmarc::Policy policy = dmarc::Policy::reject;
  bool test_mode = false;                      ///< t=y
  std::optional<dmarc::Alignment> adkim = {};  ///< nothing: as it was
  std::optional<dmarc::Alignment> aspf = {};
};
/// What the scenario does to mail of one service.
struct Hit {
  std::string service;
  Class what = Class::unknown;
  Cause cause = Cause::unknown;
  std::uint64_t messages = 0;     ///< that would fail under the scenario
  std::uint64_t now_failing = 0;  ///< of these, failed already
  std::uint64_t now_stopped = 0;  ///< of these, quarantined or rejected already
};
struct WhatIf {
  Scenario scenario = {};
  std::uint64_t messages = 0;
  std::uint64_t passing = 0;  ///< under the scenario
  std::uint64_t gained = 0;   ///< of these, failed before
  std::uint64_t failing = 0;
  std::uint64_t untold = 0;  ///< cannot be said
  std::array<std::uint64_t, classes> failing_by_class = {};
  std::vector<Hit> hits = {};  ///< own, approved, forwarder, unknown, abuse; each largest first
};
WhatIf make_what_if(const View& view, std::span<const Flow> flows, const Scenario& scenario);
void tell(const WhatIf& what_if, Document& document);

}  // namespace assay::analysis
