#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"

namespace assay::suffix {

/// The public suffix list, for RFC 7489 readers and for comparison; RFC 9989 does not use it.
/// Immutable, thread-safe.
class SuffixList {
 public:
  /// The list that libpsl has built in. Errors: `no_suffix_list` when it has none.
  static std::expected<SuffixList, Finding> built_in();
  /// A list as text, the format of publicsuffix.org. Errors: `no_suffix_list` when it holds no
  /// rule.
  static std::expected<SuffixList, Finding> parse(std::string_view text);

  ~SuffixList();
  SuffixList(SuffixList&&) noexcept;
  SuffixList& operator=(SuffixList&&) noexcept;

  /// The suffix plus one label (RFC 7489 §3.2); the name itself where it is a suffix.
  DomainName organizational_domain(const DomainName& name) const;
  bool is_public_suffix(const DomainName& name) const;

 private:
  struct State;
  explicit SuffixList(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::suffix
