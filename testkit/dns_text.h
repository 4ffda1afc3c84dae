#pragma once

#include <string>
#include <string_view>

#include "assay/dns/resolver.h"

namespace testkit {

/// "TXT example.com"; the root is ".". A text that is none fails the test.
assay::dns::Question question(std::string_view text);

/// One line for an answer: its records and, in parentheses, its TTL: `"v=spf1 -all", "x" (300)`,
/// `10 mail.example.com (60)`, `name_error (0)`, `temporary_failure servfail (0)`.
std::string answer_text(const assay::dns::Answer& answer);

}  // namespace testkit
