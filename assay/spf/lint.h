#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "assay/spf/record.h"

/// SPF records as their owners want to see them: every term, every complaint, every piece of
/// advice that the text alone gives rise to. Asks no DNS; what the names lead to is for others.
namespace assay::spf {

/// One term of a text, read or not.
struct LintedTerm {
  std::string written = {};  ///< printable
  std::size_t at = 0;
  std::expected<Term, Finding> term = {};
};

struct Lint {
  /// Whether a receiver would use the record: it is one, and nothing in it is a syntax error. Then,
  /// and only then, no finding is of Level::error.
  bool valid = false;
  std::vector<LintedTerm> terms = {};
  /// Ordered by offset. Errors: those of parse_record. Warnings: `all_pass`, `any_address`,
  /// `dead_term`, `dead_redirect`, `duplicate_term`, `ptr`, `too_many_lookups`, `long_record`,
  /// `too_long_record`, `unknown_modifier`, `validated_name_macro`, `bad_label`, `no_effect`.
  /// Info: `no_default`, `all_neutral`, `host_bits`, `modifier_order`, `case`, `spaces`,
  /// `sender_macro`, `trailing_dot`, `useless_explanation`.
  Findings findings = {};
  unsigned lookups = 0;  ///< terms that count towards the ten, in this record alone
};

/// Total and, but for putting the findings in order, linear in the text. Of more than a hundred
/// findings a hundred stay, errors first.
Lint lint_record(std::string_view text);

}  // namespace assay::spf
