#include "assay/mail/detail/address_tokens.h"

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"

namespace assay::mail::detail {
namespace {

/// RFC 5322 §3.2.3, and RFC 6532 §3.2 for the octets above 127.
constexpr std::array<bool, 256> make_atext() {
  std::array<bool, 256> atext = {};
  for (std::size_t octet = 0x21; octet < atext.size(); ++octet) atext[octet] = octet != 0x7f;
  for (const char special : std::string_view("()<>[]:;@\\,.\"")) {
    atext[static_cast<unsigned char>(special)] = false;
  }
  return atext;
}
constexpr std::array<bool, 256> atext_table = make_atext();

std::optional<TokenKind> kind_of_special(char c) {
  switch (c) {
    case '.':
      return TokenKind::dot;
    case '@':
      return TokenKind::at_sign;
    case ',':
      return TokenKind::comma;
    case ':':
      return TokenKind::colon;
    case ';':
      return TokenKind::semicolon;
    case '<':
      return TokenKind::open_angle;
    case '>':
      return TokenKind::close_angle;
    default:
      return std::nullopt;
  }
}

struct Comment {
  std::size_t size = 0;  ///< 0: not closed
  std::size_t depth = 0;
};

/// The comment at the beginning of `text`, which is "(".
Comment measure_comment(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') ++i;  // RFC 5322 §3.2.1: a quoted pair
    if (c == '(') deepest = std::max(deepest, ++depth);
    if (c == ')' && --depth == 0) return {.size = i + 1, .depth = deepest};
  }
  return {};
}

/// Quoted pairs undone; line ends dropped, so that no decoded text can hold one. RFC 5322 §3.2.4
void append_unquoted(std::string& text, std::string_view raw) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size()) ++i;
    if (raw[i] != '\r' && raw[i] != '\n') text += raw[i];
  }
}

}  // namespace

bool is_atext(char c) {
  return atext_table[static_cast<unsigned char>(c)];
}

std::optional<Token> Tokenizer::next() {
  const bool spaced = skip_comments();
  if (at_ == text_.size()) return std::nullopt;
  const char c = text_[at_];
  std::optional<Token> token;
  if (is_atext(c)) token = atom();
  if (c == '"') token = quoted_string();
  if (c == '[') token = domain_literal();
  if (!token) token = single(kind_of_special(c).value_or(TokenKind::stray));
  token->spaced = spaced;
  return token;
}

bool Tokenizer::skip_comments() {
  const std::size_t begin = at_;
  while (at_ < text_.size()) {
    if (ascii::is_fws(text_[at_])) {
      ++at_;
    } else if (text_[at_] != '(' || comments_broken_ || !skip_comment()) {
      break;
    }
  }
  return at_ != begin;
}

/// A comment with those inside it. RFC 5322 §3.2.2
bool Tokenizer::skip_comment() {
  const Comment comment = measure_comment(text_.substr(at_));
  if (comment.size == 0) {
    comments_broken_ = true;
    add_bounded(*findings_, {.code = "unterminated_comment",
                             .what = "a comment is not closed",
                             .at = at_,
                             .level = Level::error});
    return false;
  }
  if (comment.depth > comment_depth_) {
    add_bounded(*findings_, {.code = "deep_comment",
                             .what = "comments stand inside comments beyond the limit",
                             .at = at_,
                             .level = Level::error});
  }
  at_ += comment.size;
  return true;
}

Token Tokenizer::single(TokenKind kind) {
  return {.kind = kind, .raw = text_.substr(at_++, 1)};
}

Token Tokenizer::atom() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_atext(text_[at_])) ++at_;
  return {.kind = TokenKind::atom, .raw = text_.substr(begin, at_ - begin)};
}

std::optional<Token> Tokenizer::quoted_string() {
  if (quotes_broken_) return std::nullopt;
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    if (text_[i] == '\\') {
      ++i;
    } else if (text_[i] == '"') {
      const std::string_view raw = text_.substr(at_ + 1, i - at_ - 1);
      at_ = i + 1;
      return Token{.kind = TokenKind::quoted_string, .raw = raw};
    }
  }
  quotes_broken_ = true;
  add_bounded(*findings_, {.code = "unterminated_quote",
                           .what = "a quoted string is not closed",
                           .at = at_,
                           .level = Level::error});
  return std::nullopt;
}

/// RFC 5322 §3.4.1, without octets that would be syntax outside brackets: in real mail such
/// brackets belong to a display name.
std::optional<Token> Tokenizer::domain_literal() {
  std::size_t i = at_ + 1;
  while (i < text_.size() &&
         ((is_atext(text_[i]) || ascii::is_fws(text_[i])) || text_[i] == ':' || text_[i] == '.')) {
    ++i;
  }
  if (i == text_.size() || text_[i] != ']') return std::nullopt;
  const std::string_view raw = text_.substr(at_, i + 1 - at_);
  at_ = i + 1;
  return Token{.kind = TokenKind::domain_literal, .raw = raw};
}

std::string decode(std::span<const Token> tokens) {
  std::string text;
  for (const Token& token : tokens) {
    if (token.spaced && &token != tokens.data()) text += ' ';
    if (token.kind == TokenKind::quoted_string) {
      append_unquoted(text, token.raw);
    } else if (token.kind == TokenKind::domain_literal) {
      text += ascii::without_fws(token.raw);
    } else {
      text += token.raw;
    }
  }
  return text;
}

}  // namespace assay::mail::detail
