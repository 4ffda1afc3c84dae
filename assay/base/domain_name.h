#pragma once

#include <compare>
#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "assay/base/finding.h"

namespace assay {

/// A name as the DNS compares it: labels of any octets but the dot, A-Z as a-z (RFC 4343), no
/// trailing dot, no empty label, a label at most 63 octets, the whole at most 253 (RFC 1035
/// §2.3.4). International names are A-labels; to_a_labels makes them so.
class DomainName {
 public:
  /// The root: no labels, empty text.
  DomainName() = default;

  /// One trailing dot is allowed and dropped; "" and "." are errors here, since mail has no use for
  /// the root.
  /// Errors: `empty_name`, `empty_label`, `long_label`, `long_name`.
  static std::expected<DomainName, Finding> parse(std::string_view text);

  /// Lower case, without a trailing dot. Lives as long as the name.
  const std::string& text() const { return text_; }
  bool is_root() const { return text_.empty(); }
  std::size_t label_count() const;

  /// Without the left-most label; the root for a single label.
  DomainName parent() const;
  /// The right-most `labels` labels; the whole name where it has no more.
  DomainName suffix(std::size_t labels) const;
  /// `label` (or labels, dot-separated) before this name, for example "_dmarc".
  /// Errors: as for parse; `long_name` when the result is no DNS name any more.
  std::expected<DomainName, Finding> child(std::string_view label) const;
  /// This very name or one below it; "bad-example.com" is not below "example.com".
  bool equal_or_below(const DomainName& ancestor) const;

  friend auto operator<=>(const DomainName&, const DomainName&) = default;

 private:
  explicit DomainName(std::string text) : text_(std::move(text)) {}
  static std::expected<DomainName, Finding> take(std::string text);
  std::string text_;
};

/// A domain as it stands in mail, to the form the DNS knows: U-labels (UTF-8) become A-labels
/// (RFC 5890 §2.3) after the mapping of UTS 46 (case, width, ideographic full stops;
/// non-transitional), ASCII stays as it is but for case.
/// Errors: those of DomainName::parse; `idna` where a label is no U-label, holds a character that
/// the mapping would drop, or would become text that is no host name.
std::expected<DomainName, Finding> to_a_labels(std::string_view domain);

/// A-labels as people read them, in UTF-8; the name as it is where to_a_labels would not lead back.
std::string to_u_labels(const DomainName& name);

}  // namespace assay

template <>
struct std::hash<assay::DomainName> {
  std::size_t operator()(const assay::DomainName& name) const noexcept {
    return std::hash<std::string>{}(name.text());
  }
};
