#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/authres/authres.h"
#include "assay/dkim/key.h"
#include "assay/dmarc/dmarc.h"
#include "assay/dns/recorder.h"
#include "assay/spf/spf.h"
#include "assay/verify/verify.h"

/// Answers of the commands as one line of JSON each, keys in the order of the documentation. What
/// is absent is absent: no null, no empty string; lists that were made stand there although empty.
/// Any octets of a message or of the DNS may be in the values (see Writer).
namespace assay::json {

/// `{"id":…,"error":"…"}`. `id` is JSON text or empty, here and below.
std::string error_line(std::string_view id, std::string_view what);

/// How much of an SPF evaluation is told: the result, or each term too.
enum class Detail : std::uint8_t { result, trace };

/// The whole verdict of `assay verify`.
std::string verdict_line(std::string_view id, const verify::Verdict& verdict,
                         std::span<const dns::Asked> asked, Detail detail);

/// One element of "spf".
std::string spf_line(std::string_view id, const spf::Outcome& outcome,
                     std::span<const dns::Asked> asked, Detail detail);

/// What `assay dmarc` found.
struct DmarcAnswer {
  dmarc::Evaluation evaluation = {};
  verify::Decision decision = {};
  std::optional<dmarc::Evaluation> rfc7489 = {};
  std::vector<std::string> differs = {};
};
std::string dmarc_line(std::string_view id, const DmarcAnswer& answer,
                       std::span<const dns::Asked> asked);

/// The From field and the author domains.
std::string author_line(std::string_view id, const verify::Authors& authors);

/// The public suffix list's view beside a walk.
struct SuffixView {
  DomainName organizational = {};
  bool is_public_suffix = false;
};
/// Whether reports may go to a destination. `temporary` stands there where the DNS did not answer.
std::string destination_line(std::string_view id, const dmarc::Destination& destination,
                             std::span<const dns::Asked> asked);

std::string walk_line(const dmarc::Facts& facts, const std::optional<SuffixView>& suffix,
                      std::span<const dns::Asked> asked);

}  // namespace assay::json
