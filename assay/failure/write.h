#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "assay/base/time.h"
#include "assay/failure/report.h"

/// A report as mail, and whether a value may become one.
namespace assay::failure {

/// The mail around a report.
struct Envelope {
  std::string from_name = {};     ///< UTF-8, for people; empty: none
  std::string from_address = {};  ///< whose domain should pass DMARC (RFC 9991 §5.1)
  std::vector<std::string> to = {};
  Instant date = {};
  std::string id = {};       ///< the left half of the Message-ID; unique
  std::string contact = {};  ///< where to ask; empty: none
};

/// The report as `write` writes it: each field as often as it may stand (RFC 5965 §3, RFC 6591
/// §3.1), each value one line of what its syntax permits, the rest left out; defaults where a field
/// must stand (auth-failure, dmarc, Version 1, Identity-Alignment none). An original that no line
/// of SMTP can hold is cut down to its header. Idempotent; total.
Report normalized(Report report);

/// What hinders a report from being sent (level error) or makes it poorer than it should be.
/// error: `no_authentication_results`, `no_reported_domain`, `no_original`, `no_dkim_fields`,
/// `no_spf_dns`, `unknown_auth_failure`, `unknown_delivery_result`, `bad_source_ip`,
/// `bad_arrival_date`, `several_results` (one method per report, RFC 6591 §3.1).
/// warning: `no_source_ip`, `no_original_mail_from`, `no_arrival_date`, `no_source_port`,
/// `no_original_rcpt_to`.
Findings validate(const Report& report);

/// "FW: " and the subject of a header section (RFC 5965 §2) as an unfolded field value of ASCII,
/// at most 400 octets of it; where it has none, a text that names `domain`.
std::string subject(std::string_view header, std::string_view domain);

/// The mail as octets with CRLF, ready to be signed and sent: multipart/report of three parts
/// (RFC 5965 §2), saying Auto-Submitted: auto-generated (RFC 3834 §5). `read` gives
/// normalized(report) back. Total: no octets of the report begin a field or a part. Lines stay
/// below 998 octets; octets above 127 stand in the third part only, and only where that is a whole
/// message.
std::string write(const Report& report, const Envelope& envelope);

}  // namespace assay::failure
