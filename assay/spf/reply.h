#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/spf/spf.h"

/// What an SMTP server says when its operator rejects mail by SPF alone. Assay does not, unless it
/// is told to: mail that DMARC would have looked at is then gone before (RFC 9989 §7.1).
namespace assay::spf {

struct SmtpReply {
  int code = 0;                         ///< 550 or 451
  std::string_view enhanced = {};       ///< enhanced status code (RFC 7372 §3.2)
  std::vector<std::string> lines = {};  ///< text of each line, printable ASCII, at most 450 octets
};

/// The reply for fail, temperror and permerror (RFC 7208 §8.4, §8.6, §8.7). The words of the domain
/// stand in lines of their own, marked as its words. Nothing for the other results, among which
/// neutral is treated like none (RFC 7208 §8.2) and softfail alone is no ground (RFC 7208 §8.5).
std::optional<SmtpReply> rejection(const Outcome& outcome);

}  // namespace assay::spf
