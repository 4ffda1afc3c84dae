#pragma once

#include <optional>
#include <string_view>

#include "system/intake/mail_parts.h"

namespace assay::intake {

/// The parts of a mail whose form leaves no doubt: one part, or one multipart of parts that are no
/// multiparts and no mails; each field of MIME once and without comments, encoded words and
/// continuations; base64 without a flaw, or no transfer encoding. Most report mails are so, and are
/// read many times as fast. Nothing for any other mail, which is for GMime.
/// What comes out is what read_mail says (plain_mail_fuzz.cpp holds that).
std::optional<MailParts> read_plain_mail(std::string_view octets, const MailLimits& limits = {});

}  // namespace assay::intake
