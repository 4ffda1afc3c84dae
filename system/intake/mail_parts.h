#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"

namespace assay::intake {

struct MailLimits {
  std::size_t octets = 256U << 20;  ///< of the mail
  std::size_t parts = 1'000;
  std::size_t depth = 20;  ///< multiparts and mails in one another
};

/// One part of a mail that holds no others.
struct MailPart {
  std::string name = {};  ///< of the file, from Content-Disposition or Content-Type; may be empty
  std::string media_type = {};  ///< "application/gzip", lower case
  std::string octets = {};      ///< decoded
  bool is_feedback = false;     ///< a mail within the mail that is a failure report, whole
};

struct MailParts {
  /// The report-type of a multipart/report, such as "feedback-report"; lower case, or empty. Of
  /// mails within the mail only where they are no failure reports.
  std::string report_type = {};
  std::vector<MailPart> parts = {};  ///< in the order they stand, also of mails within the mail
  Findings findings = {};            ///< `mail_too_large`, `too_many_parts`, `too_deep`
};

/// The parts of a mail (RFC 2045), decoded leniently. Total: what is no mail has one part or none.
MailParts read_mail(std::string_view octets, const MailLimits& limits = {});

/// Whether octets begin as a mail does: with a header field, or with the "From " line of an mbox.
bool looks_like_mail(std::string_view octets);

/// The mails of an mbox, without their "From " lines; one that does not begin with such a line is
/// one mail.
std::vector<std::string_view> split_mbox(std::string_view octets);

}  // namespace assay::intake
