#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "assay/base/finding.h"
#include "assay/tlsrpt/report.h"

/// A TLS report from JSON, the twin of write.h: read(write(report)) is the report again.
namespace assay::tlsrpt {

struct ReadLimits {
  std::size_t octets = 64U << 20;   ///< of the document; a larger one is refused
  std::size_t depth = 32;           ///< objects and arrays in one another
  std::size_t text = 16'384;        ///< octets of one text; the rest is left out
  std::size_t policies = 100'000;   ///< of a report
  std::size_t details = 1'000'000;  ///< of a report, all policies together
  std::size_t strings = 1'000;      ///< of one policy_string or mx_host
};

/// What a document held.
struct Reading {
  Report report = {};  ///< as far as it was read
  /// What was overlooked, in one finding of a kind with how often and in which policy first.
  /// warning: repaired, nothing is lost. error: something is lost. info: worth knowing. At most
  /// 100.
  Findings findings = {};
  /// Why nothing of it may be used; then `report` must not be. `too_large`, `not_json`, `too_deep`,
  /// `not_a_report`, `no_policies`, `bad_date`.
  std::optional<Finding> error = {};
  std::uint64_t sessions = 0;  ///< successful and failed together; at most the largest number
};

/// Reads a report of RFC 8460 §4.4, or what reporters make of it. Members may stand in any order
/// and any case, with underscores for hyphens, doubled (the first counts), be null, a list of one
/// where a value belongs, or a value where a list belongs; numbers may be texts or floats, times
/// whatever parse_loose_instant reads. It may be in UTF-16. Control characters in texts, escapes
/// that are none and commas behind the last value are mended. The policy domain is in A-labels and
/// lower case where it is a domain. Unknown members are left out. What stands behind a syntax error
/// is lost; a report that has no whole policy before it is refused. A time that is none refuses the
/// report, since it would stand in the wrong place for ever. Memory is bounded by the size of the
/// document and the limits; nothing recurses.
///
/// Findings: `missing`, `repeated`, `case`, `null`, `bad_type`, `bad_number`, `bad_time`,
/// `bad_period`, `bad_address`, `bad_word`, `unknown_member`, `unknown_result_type`, `sum`,
/// `too_long`, `too_many`, `not_utf8`, `bad_json`, `u_label`, `cut_short`, `trailing`.
Reading read_json(std::string_view document, const ReadLimits& limits = {});

}  // namespace assay::tlsrpt
