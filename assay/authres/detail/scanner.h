#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "assay/base/finding.h"

namespace assay::authres::detail {

/// Walks through a structured field from left to right (RFC 5322 §3.2). A function that says false
/// has left its reason in failure(); nothing is read after that.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  std::size_t at() const { return at_; }
  std::string_view rest() const { return text_.substr(at_); }
  /// Whether `c` comes next; stays before it.
  bool sees(char c) const { return !at_end() && text_[at_] == c; }
  /// The same, and goes behind it.
  bool take(char c);
  /// Goes back to a place it was at before.
  void go_to(std::size_t at) { at_ = at; }

  /// Comments, white space and folding (CFWS). Errors: `unclosed_comment`, `deep_comment`.
  bool skip_cfws();
  /// The longest run of octets for which `belongs` holds; may be empty.
  template <class Belongs>
  std::string_view run(Belongs belongs) {
    const std::size_t begin = at_;
    while (!at_end() && belongs(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  /// A quoted-string, which must come next: its content without quotes, escapes and line breaks.
  /// Errors: `unclosed_quote`.
  bool read_quoted(std::string& content);

  /// Always false.
  bool fail(std::string_view code, std::string what);
  const Finding& failure() const { return failure_; }

 private:
  bool skip_comment();

  std::string_view text_;
  std::size_t at_ = 0;
  Finding failure_ = {};
};

}  // namespace assay::authres::detail
