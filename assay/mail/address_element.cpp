#include "assay/mail/detail/address_element.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"

namespace assay::mail::detail {
namespace {

using enum TokenKind;

constexpr std::size_t npos = std::string_view::npos;

bool is_word(const Token& token) {
  return token.kind == atom || token.kind == quoted_string || token.kind == stray;
}

bool is_angle(const Token& token) {
  return token.kind == open_angle || token.kind == close_angle;
}

/// An "@" with what belongs to it on both sides, as indices of tokens.
struct Piece {
  std::size_t begin = 0;
  std::size_t at_sign = 0;
  std::size_t end = 0;
  bool well_formed = false;  ///< local-part "@" domain of RFC 5322 §3.4.1 and §4.4
  bool opened = false;       ///< begins its element or stands behind "<" or a route
  bool closed = false;       ///< ends its element or stands before ">"
};

/// Reads what stands between two commas of an address list.
class ElementReader {
 public:
  ElementReader(Tokens tokens, std::string_view text, std::size_t max_mailboxes, Findings& findings)
      : tokens_(tokens), text_(text), max_mailboxes_(max_mailboxes), findings_(&findings) {}

  /// The mailboxes of the element: one, or in ambiguous text all that it may mean, as far as
  /// max_mailboxes and one more.
  std::vector<Mailbox> read();

 private:
  std::vector<Piece> find_pieces();
  std::size_t skip_route(std::size_t behind_angle) const;
  bool address_follows(std::size_t token) const;
  Piece piece_around(std::size_t at_sign, std::size_t route_end) const;
  std::size_t local_begin(std::size_t at_sign) const;
  std::size_t domain_end(std::size_t at_sign) const;
  bool well_formed(const Piece& piece) const;
  bool is_clear(const std::vector<Piece>& pieces) const;

  std::vector<Mailbox> clear(const std::vector<Piece>& pieces);
  std::vector<Mailbox> ambiguous(const std::vector<Piece>& pieces);
  void complain(const Piece& piece);
  std::vector<Mailbox> without_address();
  Mailbox mailbox(const Piece& piece) const;
  std::string domain(const Piece& piece) const;
  std::string display_name() const;
  void note_oddities(const Piece& piece, std::size_t pieces);
  void note_oddities_around();

  std::size_t first_open_angle() const;
  std::size_t offset(std::size_t token) const;
  Tokens between(std::size_t begin, std::size_t end) const {
    return tokens_.subspan(begin, end - begin);
  }

  Tokens tokens_;
  std::string_view text_;
  std::size_t max_mailboxes_;
  Findings* findings_;
};

std::vector<Mailbox> ElementReader::read() {
  const std::vector<Piece> pieces = find_pieces();
  if (pieces.empty()) return without_address();
  return is_clear(pieces) ? clear(pieces) : ambiguous(pieces);
}

std::vector<Piece> ElementReader::find_pieces() {
  std::vector<Piece> pieces;
  std::size_t route_end = npos;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].kind == open_angle) {
      const std::size_t behind = skip_route(i + 1);
      if (behind == i + 1) continue;
      add_bounded(*findings_, {.code = "route",
                               .what = "an obsolete route stands before the address",
                               .at = offset(i),
                               .level = Level::info});
      route_end = behind;
      i = behind - 1;
    } else if (tokens_[i].kind == at_sign) {
      pieces.push_back(piece_around(i, route_end));
    }
  }
  return pieces;
}

/// Whether the next token that is no part of a word is an "@" with a local part before it.
bool ElementReader::address_follows(std::size_t token) const {
  const Tokens rest = tokens_.subspan(token);
  const auto next = std::ranges::find_if_not(
      rest, [](const Token& one) { return one.kind == dot || is_word(one); });
  return next != rest.end() && next != rest.begin() && next->kind == at_sign;
}

/// The index behind the colon of an obsolete route that begins here, or the same index.
/// RFC 5322 §4.4: *(CFWS / ",") "@" domain *("," ["@" domain]) ":"
std::size_t ElementReader::skip_route(std::size_t behind_angle) const {
  std::size_t i = behind_angle;
  std::size_t domains = 0;
  while (i < tokens_.size()) {
    if (tokens_[i].kind == colon && domains > 0) {
      return address_follows(i + 1) ? i + 1 : behind_angle;
    }
    if (tokens_[i].kind == comma) {
      ++i;
      continue;
    }
    const bool separate = domains == 0 || tokens_[i - 1].kind == comma;
    if (tokens_[i].kind != at_sign || !separate) return behind_angle;
    const std::size_t end = domain_end(i);
    if (end == i + 1) return behind_angle;
    i = end;
    ++domains;
  }
  return behind_angle;
}

Piece ElementReader::piece_around(std::size_t at_sign, std::size_t route_end) const {
  Piece piece{.begin = local_begin(at_sign), .at_sign = at_sign, .end = domain_end(at_sign)};
  piece.well_formed = well_formed(piece);
  piece.opened =
      piece.begin == 0 || piece.begin == route_end || tokens_[piece.begin - 1].kind == open_angle;
  piece.closed = piece.end == tokens_.size() || tokens_[piece.end].kind == close_angle;
  return piece;
}

/// RFC 5322 §4.4: word *("." word), here with dots anywhere; a stray octet sticks to its word.
std::size_t ElementReader::local_begin(std::size_t at_sign) const {
  std::size_t begin = at_sign;
  while (begin > 0) {
    const Token& token = tokens_[begin - 1];
    if (token.kind != dot && !is_word(token)) break;
    const bool neighbours = begin < at_sign && is_word(token) && is_word(tokens_[begin]);
    const bool sticks = neighbours && !tokens_[begin].spaced &&
                        (token.kind == stray || tokens_[begin].kind == stray);
    if (neighbours && !sticks) break;
    --begin;
  }
  return begin;
}

/// RFC 5322 §4.4: a domain-literal, or atom *("." atom), here with dots anywhere.
std::size_t ElementReader::domain_end(std::size_t at_sign) const {
  std::size_t end = at_sign + 1;
  if (end < tokens_.size() && tokens_[end].kind == domain_literal) return end + 1;
  while (end < tokens_.size()) {
    const bool after_atom = end > at_sign + 1 && tokens_[end - 1].kind == atom;
    if (tokens_[end].kind != dot && (tokens_[end].kind != atom || after_atom)) break;
    ++end;
  }
  return end;
}

bool ElementReader::well_formed(const Piece& piece) const {
  const Tokens local = between(piece.begin, piece.at_sign);
  const bool local_stands = std::ranges::any_of(local, is_word);
  if (!local_stands || std::ranges::any_of(local, [](const Token& t) { return t.kind == stray; })) {
    return false;
  }
  const Tokens domain = between(piece.at_sign + 1, piece.end);
  if (domain.empty() || domain.front().kind == dot) return false;
  for (std::size_t i = 1; i < domain.size(); ++i) {
    if (domain[i].kind == dot && domain[i - 1].kind == dot) return false;
  }
  return true;
}

/// Whether all readers must see the same domain: one address in its place, and at most the same
/// domain in the unquoted name before it.
bool ElementReader::is_clear(const std::vector<Piece>& pieces) const {
  const Piece& last = pieces.back();
  if (!last.well_formed || !last.opened || !last.closed) return false;
  const std::size_t angle = first_open_angle();
  return std::ranges::all_of(pieces, [&](const Piece& piece) {
    const bool is_last = piece.at_sign == last.at_sign;
    return is_last ||
           (piece.well_formed && piece.end <= angle && ascii::iequals(domain(piece), domain(last)));
  });
}

std::vector<Mailbox> ElementReader::clear(const std::vector<Piece>& pieces) {
  Mailbox one = mailbox(pieces.back());
  one.display_name = display_name();
  one.at = offset(0);
  note_oddities(pieces.back(), pieces.size());
  note_oddities_around();
  return {std::move(one)};
}

std::vector<Mailbox> ElementReader::ambiguous(const std::vector<Piece>& pieces) {
  std::vector<Mailbox> all;
  for (const Piece& piece : pieces) {
    Mailbox one = mailbox(piece);
    if (pieces.size() == 1) one.display_name = display_name();
    if (!one.domain.empty() || !one.local_part.empty()) all.push_back(std::move(one));
    if (all.size() > max_mailboxes_) break;
  }
  const auto broken = std::ranges::find(pieces, false, &Piece::well_formed);
  if (broken != pieces.end()) complain(*broken);
  if (pieces.size() > 1) {
    add_bounded(*findings_, {.code = "several_addresses",
                             .what = "several addresses stand without a comma between them",
                             .at = offset(0),
                             .level = Level::error});
  } else if (broken == pieces.end()) {
    add_bounded(*findings_, {.code = "text_around_address",
                             .what = "an address runs into other text",
                             .at = offset(pieces[0].begin),
                             .level = Level::error});
  }
  return all;
}

void ElementReader::complain(const Piece& piece) {
  Finding finding{.code = "bad_address",
                  .what = "an address is not of the form local-part@domain",
                  .at = offset(piece.begin),
                  .level = Level::error};
  if (piece.end == piece.at_sign + 1) {
    finding.code = "no_domain";
    finding.what = "an address has no domain";
  } else if (piece.begin == piece.at_sign) {
    finding.code = "no_local_part";
    finding.what = "an address has no local part";
  }
  add_bounded(*findings_, std::move(finding));
}

/// RFC 7103 §7.1.7: a local part or a name alone.
std::vector<Mailbox> ElementReader::without_address() {
  if (tokens_.empty()) return {};  // RFC 5322 §4.4: an empty list member
  add_bounded(*findings_, {.code = "no_domain",
                           .what = "an address has no domain",
                           .at = offset(0),
                           .level = Level::warning});
  const std::size_t angle = first_open_angle();
  Mailbox one{.at = offset(0)};
  if (angle == tokens_.size()) {
    one.local_part = decode(tokens_);
  } else {
    const auto inside = std::ranges::find_if_not(tokens_.subspan(angle), is_angle);
    const auto end = std::find_if(inside, tokens_.end(), is_angle);
    one.display_name = display_name();
    one.local_part = decode(Tokens(inside, end));
  }
  if (one.local_part.empty() && one.display_name.empty()) return {};
  return {std::move(one)};
}

Mailbox ElementReader::mailbox(const Piece& piece) const {
  Mailbox one{.at = offset(piece.begin)};
  for (const Token& token : between(piece.begin, piece.at_sign)) {
    one.local_part += decode(Tokens(&token, 1));
  }
  one.domain = domain(piece);
  return one;
}

std::string ElementReader::domain(const Piece& piece) const {
  std::string text;
  for (const Token& token : between(piece.at_sign + 1, piece.end)) {
    text += decode(Tokens(&token, 1));
  }
  return text;
}

/// The phrase before the first angle bracket; the text behind the last one where that is empty.
std::string ElementReader::display_name() const {
  const std::size_t angle = first_open_angle();
  if (angle > 0 && angle < tokens_.size()) return decode(between(0, angle));
  std::size_t last = tokens_.size();
  while (last > 0 && tokens_[last - 1].kind != close_angle) --last;
  return last == 0 ? std::string() : decode(tokens_.subspan(last));
}

void ElementReader::note_oddities(const Piece& piece, std::size_t pieces) {
  if (pieces > 1) {
    add_bounded(*findings_, {.code = "address_in_phrase",
                             .what = "an address stands unquoted in a display name",
                             .at = offset(0),
                             .level = Level::warning});
  }
  const Tokens local = between(piece.begin, piece.at_sign);
  bool misplaced = local.back().kind == dot || local.front().kind == dot;
  for (std::size_t i = 1; i < local.size(); ++i) {
    misplaced = misplaced || (local[i].kind == dot && local[i - 1].kind == dot);
  }
  if (misplaced) {
    add_bounded(*findings_, {.code = "dots_in_local_part",
                             .what = "a dot begins, ends or is doubled in a local part",
                             .at = offset(piece.begin),
                             .level = Level::warning});
  }
  if (tokens_[piece.end - 1].kind == dot) {
    add_bounded(*findings_, {.code = "trailing_dot",
                             .what = "a dot ends the domain",
                             .at = offset(piece.end - 1),
                             .level = Level::warning});
  }
}

/// RFC 7103 §7.1: what stands around one address without making it doubtful.
void ElementReader::note_oddities_around() {
  const auto opened = std::ranges::count(tokens_, open_angle, &Token::kind);
  const auto closed = std::ranges::count(tokens_, close_angle, &Token::kind);
  if (opened > 1 || opened != closed) {
    add_bounded(*findings_, {.code = "unbalanced_brackets",
                             .what = "angle brackets are missing or too many",
                             .at = offset(0),
                             .level = Level::warning});
  }
  if (closed > 0 && !is_angle(tokens_.back())) {
    add_bounded(*findings_, {.code = "text_after_address",
                             .what = "text stands behind the angle brackets",
                             .at = offset(tokens_.size() - 1),
                             .level = Level::warning});
  }
  const std::size_t angle = first_open_angle();
  if (angle < tokens_.size() && !is_phrase(between(0, angle))) {
    add_bounded(*findings_, {.code = "special_in_name",
                             .what = "a display name holds special characters without quotes",
                             .at = offset(0),
                             .level = Level::warning});
  }
}

std::size_t ElementReader::first_open_angle() const {
  return static_cast<std::size_t>(std::ranges::find(tokens_, open_angle, &Token::kind) -
                                  tokens_.begin());
}

std::size_t ElementReader::offset(std::size_t token) const {
  if (token >= tokens_.size()) return text_.size();
  const auto at = static_cast<std::size_t>(tokens_[token].raw.data() - text_.data());
  return tokens_[token].kind == quoted_string ? at - 1 : at;
}

}  // namespace

bool is_phrase(Tokens tokens) {
  return std::ranges::all_of(tokens, [](const Token& token) {
    return token.kind == atom || token.kind == quoted_string || token.kind == dot;
  });
}

std::vector<Mailbox> read_element(Tokens tokens, std::string_view text, std::size_t max_mailboxes,
                                  Findings& findings) {
  return ElementReader(tokens, text, max_mailboxes, findings).read();
}

}  // namespace assay::mail::detail
