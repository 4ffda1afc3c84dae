#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "system/intake/mail_parts.h"

namespace assay::intake {

/// What became of a mail for one recipient.
struct BouncedRecipient {
  std::string original_recipient = {};  ///< addresses without their type
  std::string final_recipient = {};
  std::string action = {};      ///< "failed", "delayed" …, lower case; empty: not said
  std::string status = {};      ///< "5.1.1"; empty: not said
  std::string diagnostic = {};  ///< the words of a server or of the text, at most 500 octets
};

/// How a bounce ends for a recipient.
enum class BounceFate : std::uint8_t {
  permanent,  ///< the address or its server will not have it
  temporary,  ///< it may go better later
  delivered,  ///< it arrived, or was passed on
  unknown,    ///< nothing certain is said
};

/// A mail read as a notification of what became of another one.
struct Bounce {
  /// Written by a mail system: it has a delivery status, or its sender or subject says so. Answers
  /// of people and of their programs are none.
  bool is_notification = false;
  /// Whom the mail was sent to, as far as it tells: Delivered-To and the like, then To and Cc.
  std::vector<std::string> addressed_to = {};
  std::vector<BouncedRecipient> recipients = {};  ///< at most 100
  std::vector<std::string> report_ids = {};       ///< in subjects of the mail that comes back
  Findings findings = {};                         ///< those of read_mail
};

/// Reads a delivery status notification (RFC 3464), also where only the text for people is left, as
/// of qmail or Exchange. Total, and bounded as read_mail is.
Bounce read_bounce(std::string_view octets, const MailLimits& limits = {.octets = 32U << 20});

/// RFC 3464 §2.3.3, RFC 3463 §2: the action, and the class of the status. A failure that the status
/// calls a passing one is temporary.
BounceFate fate_of(const BouncedRecipient& recipient);

/// "permanent", "temporary", "delivered", "unknown".
std::string_view to_text(BounceFate fate);

}  // namespace assay::intake
