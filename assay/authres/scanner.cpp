#include "assay/authres/detail/scanner.h"

#include <utility>

#include "assay/authres/authres.h"
#include "assay/base/ascii.h"

namespace assay::authres::detail {

bool Scanner::take(char c) {
  if (!sees(c)) return false;
  ++at_;
  return true;
}

bool Scanner::fail(std::string_view code, std::string what) {
  failure_ = Finding{.code = code, .what = std::move(what), .at = at_};
  return false;
}

bool Scanner::skip_cfws() {
  while (true) {
    run(ascii::is_fws);
    if (!sees('(')) return true;
    if (!skip_comment()) return false;
  }
}

bool Scanner::skip_comment() {
  const std::size_t begin = at_;
  std::size_t depth = 0;
  for (; !at_end(); ++at_) {
    const char c = text_[at_];
    if (c == '\\') {
      ++at_;
      if (at_ == text_.size()) break;
    } else if (c == '(') {
      if (++depth > max_comment_depth) return fail("deep_comment", "comments in too many comments");
    } else if (c == ')' && --depth == 0) {
      ++at_;
      return true;
    }
  }
  at_ = begin;
  return fail("unclosed_comment", "a comment that does not end");
}

bool Scanner::read_quoted(std::string& content) {
  const std::size_t begin = at_;
  for (++at_; !at_end(); ++at_) {
    if (text_[at_] == '"') {
      ++at_;
      return true;
    }
    if (text_[at_] == '\\') ++at_;
    if (at_ == text_.size()) break;
    // RFC 5322 §3.2.4: the line break of folding is no part of the text, its white space is.
    if (text_[at_] != '\r' && text_[at_] != '\n') content += text_[at_];
  }
  at_ = begin;
  return fail("unclosed_quote", "a quoted string that does not end");
}

}  // namespace assay::authres::detail
