#include "assay/mail/address.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"
#include "assay/mail/detail/address_element.h"
#include "assay/mail/detail/address_tokens.h"

namespace assay::mail {
namespace {

using detail::Token;
using detail::Tokenizer;
using enum detail::TokenKind;

constexpr std::size_t npos = std::string_view::npos;

/// The first octet that is a control and no part of folding white space.
std::size_t find_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool folding = c == '\n' || (c == '\r' && text.substr(i, 2) == "\r\n");
    const bool fits = ascii::is_graph(c) || ascii::is_wsp(c) || ascii::is_octet_above_127(c);
    if (!fits && !folding) return i;
  }
  return npos;
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const bool single = !ascii::is_octet_above_127(text[i]);
    const std::size_t octets = single ? 1 : utf8::decode(text.substr(i)).octets;
    if (octets == 0) return i;
    i += octets;
  }
  return npos;
}

/// Reads the list: finds its elements and groups.
class ListReader {
 public:
  ListReader(std::string_view text, const AddressLimits& limits)
      : text_(text.substr(0, limits.octets)),
        limits_(limits),
        tokenizer_(text_, limits.comment_depth, findings_) {
    if (text_.size() < text.size()) {
      add_bounded(findings_, {.code = "too_many_octets",
                              .what = "the address list exceeds the limit and was cut",
                              .at = text_.size(),
                              .level = Level::error});
    }
  }

  AddressList read();

 private:
  void look_at_octets();
  void take(const Token& token);
  void take_comma(const Token& token);
  void take_colon(const Token& token);
  void take_semicolon(const Token& token);
  void push(const Token& token);
  void finish_element();
  std::size_t offset(const Token& token) const {
    return static_cast<std::size_t>(token.raw.data() - text_.data());
  }

  /// Where in an element the reader is.
  enum class Place : std::uint8_t { outside, behind_angle, in_route, inside };

  std::string_view text_;
  AddressLimits limits_;
  Findings findings_;
  Tokenizer tokenizer_;
  std::vector<Token> element_;
  std::vector<Mailbox> mailboxes_;
  Place place_ = Place::outside;
  bool has_address_ = false;  ///< the element holds "@" or an angle bracket
  bool in_group_ = false;
  bool behind_group_ = false;
};

AddressList ListReader::read() {
  look_at_octets();
  while (const std::optional<Token> token = tokenizer_.next()) {
    take(*token);
    if (mailboxes_.size() > limits_.mailboxes) break;
  }
  finish_element();
  if (in_group_) {
    add_bounded(findings_, {.code = "unterminated_group",
                            .what = "a group is not closed by a semicolon",
                            .at = text_.size(),
                            .level = Level::warning});
  }
  if (mailboxes_.size() > limits_.mailboxes) {
    add_bounded(findings_, {.code = "too_many_mailboxes",
                            .what = "the address list has more mailboxes than the limit",
                            .at = mailboxes_[limits_.mailboxes].at,
                            .level = Level::error});
    mailboxes_.resize(limits_.mailboxes);
  }
  return {.mailboxes = std::move(mailboxes_), .findings = std::move(findings_)};
}

/// What is wrong wherever it stands: controls (C programs end at NUL, terminals obey others) and
/// octets that are no UTF-8 (RFC 6532 §3.1).
void ListReader::look_at_octets() {
  const std::size_t control = find_control(text_);
  if (control != npos) {
    add_bounded(findings_, {.code = "control_octet",
                            .what = "a control character among addresses",
                            .at = control,
                            .level = Level::error});
  }
  const std::size_t invalid = find_invalid_utf8(text_);
  if (invalid != npos) {
    add_bounded(findings_, {.code = "invalid_utf8",
                            .what = "octets that are no UTF-8",
                            .at = invalid,
                            .level = Level::warning});
  }
}

void ListReader::take(const Token& token) {
  switch (token.kind) {
    case comma:
      return take_comma(token);
    case colon:
      return take_colon(token);
    case semicolon:
      return take_semicolon(token);
    case open_angle:
      push(token);
      has_address_ = true;
      place_ = Place::behind_angle;
      return;
    case close_angle:
      push(token);
      place_ = Place::outside;
      return;
    case at_sign:
      push(token);
      has_address_ = true;
      if (place_ == Place::behind_angle) place_ = Place::in_route;
      return;
    default:
      push(token);
      if (place_ == Place::behind_angle) place_ = Place::inside;
  }
}

void ListReader::take_comma(const Token& token) {
  if (place_ == Place::behind_angle || place_ == Place::in_route) return push(token);
  finish_element();
  behind_group_ = false;
}

void ListReader::take_colon(const Token& token) {
  if (place_ != Place::outside) {
    push(token);
    place_ = Place::inside;
    return;
  }
  if (has_address_) {
    add_bounded(findings_, {.code = "stray_colon",
                            .what = "a colon stands behind an address",
                            .at = offset(token),
                            .level = Level::error});
    return finish_element();
  }
  // RFC 5322 §3.4: a group; RFC 6854 §2.1 allows it in From.
  if (in_group_) {
    add_bounded(findings_, {.code = "nested_group",
                            .what = "a group stands inside a group",
                            .at = offset(token),
                            .level = Level::warning});
  }
  if (element_.empty() || !detail::is_phrase(element_)) {
    add_bounded(findings_, {.code = "bad_group_name",
                            .what = "no phrase stands before the colon of a group",
                            .at = offset(token),
                            .level = Level::warning});
  }
  in_group_ = true;
  element_.clear();
}

void ListReader::take_semicolon(const Token& token) {
  finish_element();
  if (!in_group_) {
    add_bounded(findings_, {.code = "stray_semicolon",
                            .what = "a semicolon ends no group",
                            .at = offset(token),
                            .level = Level::error});
  }
  behind_group_ = std::exchange(in_group_, false);
}

void ListReader::push(const Token& token) {
  if (std::exchange(behind_group_, false)) {
    add_bounded(findings_, {.code = "missing_comma",
                            .what = "no comma stands behind a group",
                            .at = offset(token),
                            .level = Level::warning});
  }
  element_.push_back(token);
}

void ListReader::finish_element() {
  std::vector<Mailbox> read = detail::read_element(element_, text_, limits_.mailboxes, findings_);
  std::ranges::move(read, std::back_inserter(mailboxes_));
  element_.clear();
  place_ = Place::outside;
  has_address_ = false;
}

/// `"` and `\` become quoted pairs. RFC 5322 §3.2.4
std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

bool is_dot_atom(std::string_view text) {
  bool atom_stands = false;
  for (const char c : text) {
    if (c == '.' ? !atom_stands : !detail::is_atext(c)) return false;
    atom_stands = c != '.';
  }
  return atom_stands;
}

}  // namespace

AddressList parse_addresses(std::string_view value, const AddressLimits& limits) {
  return ListReader(value, limits).read();
}

std::string to_text(const Mailbox& mailbox) {
  const std::string& local = mailbox.local_part;
  std::string address = is_dot_atom(local) ? local : quoted(local);
  if (!mailbox.domain.empty()) address += "@" + mailbox.domain;
  const std::string& name = mailbox.display_name;
  if (name.empty() && !mailbox.domain.empty()) return address;
  return (name.empty() ? "" : quoted(name) + " ") + "<" + address + ">";
}

}  // namespace assay::mail
