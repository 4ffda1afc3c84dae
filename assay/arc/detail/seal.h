#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "assay/base/time.h"
#include "assay/dkim/signature.h"

namespace assay::arc::detail {

/// The tags of an ARC-Seal field (RFC 8617 §4.1.3).
struct Seal {
  unsigned instance = 0;
  std::string cv = {};                            ///< as written
  std::optional<dkim::Algorithm> algorithm = {};  ///< nothing: a= names one we do not know
  std::string signature = {};                     ///< b= decoded
  DomainName domain = {};
  std::string selector = {};
  std::optional<Instant> timestamp = {};
};

/// Reads the value of the field. Tags that ARC does not know are signed but mean nothing.
/// Errors: those of strict_tags; `missing_tag`, `bad_tag`, `too_long`; `h_tag` for h=.
std::expected<Seal, Finding> parse_seal(std::string_view value);

/// i= of an ARC-Message-Signature, also where other tags of it are broken: only its instance is a
/// matter of structure. Nothing where i= is missing, given twice, or none of 1 to 50.
std::optional<unsigned> message_signature_instance(std::string_view value);

}  // namespace assay::arc::detail
