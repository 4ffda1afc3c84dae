#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/dkim/verifier.h"
#include "assay/dmarc/evaluate.h"
#include "assay/spf/spf.h"
#include "assay/verify/author.h"

namespace assay::verify {

/// The Authenticated Identifiers among the outcomes, and those that a DNS error may have kept from
/// being one (RFC 9989 §5.3.3): SPF's MAIL FROM, never HELO; DKIM's d=, never i=.
std::vector<dmarc::Identifier> identifiers(std::span<const spf::Outcome> spf,
                                           std::span<const dkim::Outcome> dkim);

/// The evaluation that rules a message with these: the strictest (RFC 9989 §11.5). Strictest first:
/// fail under reject, fail under quarantine, temperror, permerror, fail under none, none, pass. The
/// first of equals; not for an empty list.
const dmarc::Evaluation& strictest(std::span<const dmarc::Evaluation> evaluations);

/// The evaluation of the message: the strictest, or none without an author domain, with the
/// findings of the From field. A message whose author is not certain never passes: that would lend
/// its other From field the trust of this one.
dmarc::Evaluation judge(const Authors& authors, std::span<const dmarc::Evaluation> evaluations);

/// Names of the members of "dmarc" in which two readings differ; how they were found (discovery) is
/// not compared.
std::vector<std::string> differences(const dmarc::Evaluation& one, const dmarc::Evaluation& other);

/// A number below 100 that is the same for the same octets (for RFC 7489's pct).
unsigned sample_of(std::string_view octets);

}  // namespace assay::verify
