#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "assay/failure/report.h"

/// Failure reports as they come in. Their content is hostile: nothing is fetched or rendered, and
/// nothing that a report says is known to be true (RFC 5965 §3, §8.7).
namespace assay::failure {

/// What a reporter means by Identity-Alignment.
enum class Reporter : std::uint8_t { unknown, follows_rfc9991 };

struct ReadOptions {
  std::size_t octets = 16U << 20;          ///< of the mail
  std::size_t values = 1'000;              ///< of all fields that may repeat, and of unknown ones
  std::size_t original_octets = 8U << 20;  ///< of the third part
  Reporter reporter = Reporter::unknown;
};

struct Read {
  /// Nothing where the mail holds no failure report.
  std::optional<Report> report = {};
  /// What was bent. error: nothing could be read, or the report is malformed and to be set aside
  /// (RFC 5965 §4): `no_report`, `two_dates`, `bad_fields`. warning: read all the same,
  /// `too_large`, `not_multipart_report`, `no_report_type`, `text_report`, `no_feedback_type`,
  /// `no_version`, `odd_version`, `no_user_agent`, `no_auth_failure`, `no_identity_alignment`,
  /// `bad_identity_alignment`, `no_original`, `repeated_field`, `too_many_fields`, `bad_source_ip`,
  /// `bad_source_port`, `bad_arrival_date`, `bad_incidents`, `bad_spf_dns`,
  /// `unknown_delivery_result`, and those of MIME (`no_boundary`, `unterminated_multipart`, …).
  /// info: `other_feedback_type`, `received_date`, and, of a reporter unknown,
  /// `ambiguous_alignment`: by RFC 9991 §4 the methods named failed, by RFC 7489 §7.3.1 they
  /// passed.
  Findings findings = {};
};

/// Reads a mail (octets; lines end in CRLF or LF) that is a report of RFC 9991, RFC 6591 or
/// RFC 5965, or the text that some hosts send instead. Lenient and total; what it does not know it
/// keeps in `other_fields` (RFC 5965 §7.1). Linear in the octets.
Read read(std::string_view mail, const ReadOptions& options = {});

/// What people look for first in the original.
struct OriginalFacts {
  std::string from = {};     ///< as written, unfolded
  std::string subject = {};  ///< as written, unfolded
  std::string message_id = {};
  std::vector<std::string> urls = {};  ///< http, https and hxxp of the body, each once, at most 100
};
OriginalFacts original_facts(const Original& original);

}  // namespace assay::failure
