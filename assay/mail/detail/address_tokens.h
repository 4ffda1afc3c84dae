#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "assay/base/finding.h"

namespace assay::mail::detail {

enum class TokenKind : std::uint8_t {
  atom,
  quoted_string,
  domain_literal,
  dot,
  at_sign,
  comma,
  colon,
  semicolon,
  open_angle,
  close_angle,
  stray,  ///< one octet that belongs nowhere: ")", "]", "\", a control, an opening that never
          ///< closes
};

/// A lexical token of RFC 5322 §3.2 as a view into the text.
struct Token {
  TokenKind kind = TokenKind::stray;
  bool spaced = false;        ///< comments or folding white space stand before it
  std::string_view raw = {};  ///< of a quoted-string what is between the quotes
};

/// Splits structured field text into tokens, comments and folding white space left out.
/// Linear: an opening that never closes is looked for once.
class Tokenizer {
 public:
  Tokenizer(std::string_view text, std::size_t comment_depth, Findings& findings)
      : text_(text), comment_depth_(comment_depth), findings_(&findings) {}

  /// The next token, or nothing at the end of the text.
  std::optional<Token> next();

 private:
  bool skip_comments();
  bool skip_comment();
  Token single(TokenKind kind);
  Token atom();
  std::optional<Token> quoted_string();
  std::optional<Token> domain_literal();

  std::string_view text_;
  std::size_t comment_depth_;
  Findings* findings_;
  std::size_t at_ = 0;
  bool comments_broken_ = false;
  bool quotes_broken_ = false;
};

/// The tokens as one text: quoted pairs undone, a single space where comments or white space stood.
std::string decode(std::span<const Token> tokens);

/// Whether `c` may stand in an atom (RFC 5322 §3.2.3), UTF-8 included (RFC 6532 §3.2).
bool is_atext(char c);

}  // namespace assay::mail::detail
