#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "assay/spf/record.h"

/// What parse_record and lint_record share: cutting a record into terms, and noticing repeats.
namespace assay::spf::detail {

struct TermText {
  std::string_view text;
  std::size_t at = 0;
};

/// What stands between the spaces behind the version section. Only SP separates (RFC 7208 §4.6.1).
std::vector<TermText> split_terms(std::string_view record);

/// redirect= and exp= must stand at most once each (RFC 7208 §6).
class TermTracker {
 public:
  /// The error `duplicate_modifier` when such a modifier was seen before.
  std::optional<Finding> repeated(const Term& term);

 private:
  bool redirect_ = false;
  bool explanation_ = false;
};

}  // namespace assay::spf::detail
