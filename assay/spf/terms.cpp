#include "assay/spf/detail/terms.h"

#include <algorithm>
#include <utility>

namespace assay::spf::detail {

std::vector<TermText> split_terms(std::string_view record) {
  std::vector<TermText> terms;
  std::size_t at = std::min(record.find(' '), record.size());
  while (at < record.size()) {
    const std::size_t begin = record.find_first_not_of(' ', at);  // RFC 7208 §4.6.1
    if (begin == std::string_view::npos) break;
    at = std::min(record.find(' ', begin), record.size());
    terms.push_back({.text = record.substr(begin, at - begin), .at = begin});
  }
  return terms;
}

std::optional<Finding> TermTracker::repeated(const Term& term) {
  const bool redirect = std::holds_alternative<Redirect>(term.what);
  if (!redirect && !std::holds_alternative<Explanation>(term.what)) return std::nullopt;
  // RFC 7208 §6
  if (!std::exchange(redirect ? redirect_ : explanation_, true)) return std::nullopt;
  return Finding{.code = "duplicate_modifier",
                 .what = redirect ? "a second redirect=" : "a second exp=",
                 .at = term.at};
}

}  // namespace assay::spf::detail
