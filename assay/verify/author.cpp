#include "assay/verify/author.h"

#include <algorithm>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/mail/address.h"
#include "assay/mail/encoded_word.h"

namespace assay::verify {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t max_values = 10;
constexpr mail::AddressLimits limits{.octets = 64U << 10, .mailboxes = 200};

/// Whether a reader who passes over foreign octets sees "From:" at the beginning of the line.
bool looks_like_from(std::string_view line) {
  constexpr std::string_view from = "from";
  std::size_t matched = 0;
  for (const char c : line) {
    if (c == ':') return matched == from.size();
    if (!ascii::is_graph(c)) continue;
    if (matched == from.size() || ascii::to_lower(c) != from[matched]) return false;
    ++matched;
  }
  return false;
}

/// The values of From fields that stand in `piece` for readers who end lines at a CR or LF alone or
/// take foreign octets out of a name. Linear: what is passed over before a name is passed once.
/// RFC 7103 §7.2
void find_hidden(std::string_view piece, std::vector<std::string_view>& values) {
  while (!piece.empty() && values.size() <= max_values) {
    const auto name = std::ranges::find_if(piece, ascii::is_graph);
    piece.remove_prefix(static_cast<std::size_t>(name - piece.begin()));
    if (looks_like_from(piece)) values.push_back(piece.substr(piece.find(':') + 1));
    piece.remove_prefix(std::min(piece.find_first_of("\r\n"), piece.size()));
  }
}

/// Behind the first CR that is no part of a line end, or nothing.
std::string_view behind_bare_cr(std::string_view raw) {
  for (std::size_t cr = raw.find('\r'); cr != npos; cr = raw.find('\r', cr + 1)) {
    if (raw.substr(cr, 2) != "\r\n") return raw.substr(cr + 1);
  }
  return {};
}

/// The domain of an address in a text for people, or nothing. The full-width at sign counts.
std::string_view domain_in(std::string_view text) {
  constexpr std::string_view full_width = "\xef\xbc\xa0";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool wide = text.substr(i).starts_with(full_width);
    if (text[i] != '@' && !wide) continue;
    const std::size_t begin = i + (wide ? full_width.size() : 1);
    std::size_t end = begin;
    while (end < text.size() && (ascii::is_alnum(text[end]) || text[end] == '-' ||
                                 text[end] == '.' || ascii::is_octet_above_127(text[end]))) {
      ++end;
    }
    while (end > begin && text[end - 1] == '.') --end;
    const std::string_view domain = text.substr(begin, end - begin);
    if (domain.find('.', 1) != npos) return domain;
    i = end - 1;
  }
  return {};
}

/// RFC 5321 §2.3.5, with the underscore that real domains have.
bool is_host_name(const DomainName& name) {
  for (const std::string_view label : ascii::Pieces(name.text(), '.')) {
    if (label.front() == '-' || label.back() == '-') return false;
    const auto fits = [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; };
    if (!std::ranges::all_of(label, fits)) return false;
  }
  return true;
}

class AuthorFinder {
 public:
  explicit AuthorFinder(const mail::Header& header) : header_(header) {}
  Authors find();

 private:
  void find_values();
  void find_hidden_values();
  void read(std::string_view value);
  void take(const mail::Mailbox& mailbox);
  void take_domain(const mail::Mailbox& mailbox);
  void add_domain(DomainName domain);
  void note(std::string_view code, std::string what, Level level, std::size_t at = 0);

  const mail::Header& header_;
  std::vector<std::string_view> values_ = {};
  Authors authors_ = {};
  bool cut_ = false;
};

Authors AuthorFinder::find() {
  find_values();
  find_hidden_values();
  if (values_.size() > max_values) {
    values_.resize(max_values);
    cut_ = true;
  }
  for (const std::string_view value : values_) read(value);
  if (cut_) {
    // RFC 9989 §11.5: the evaluation of some author domains only is incomplete.
    note("too_many_authors", "there are more authors than the limit, the rest is not looked at",
         Level::error);
  }
  if (authors_.domains.empty() && !values_.empty()) {
    note("no_author_domain", "the From field names no author domain", Level::error);
  }
  if (authors_.domains.size() > 1) {
    note("several_author_domains", "the From field names authors of several domains",
         Level::warning);
  }
  // RFC 9989 §5.3.1: one domain, however many of its addresses stand there.
  authors_.usable =
      authors_.from_fields == 1 && !authors_.domains.empty() && !has_error(authors_.findings);
  return std::move(authors_);
}

void AuthorFinder::find_values() {
  const std::vector<const mail::Field*> fields = fields_named(header_, "From");
  authors_.from_fields = fields.size();
  for (const mail::Field* field : fields) {
    values_.push_back(field->value);
    if (values_.size() > max_values) break;
  }
  if (fields.empty()) note("no_from", "the message has no From field", Level::error);
  if (fields.size() > 1) {
    // RFC 5322 §3.6: exactly one.
    note("several_from_fields", "the message has several From fields", Level::error);
  }
  if (header_.truncated) {
    note("header_too_large", "the header exceeds the limits, so that a From field may be missing",
         Level::error);
  }
}

void AuthorFinder::find_hidden_values() {
  const std::size_t open_values = values_.size();
  for (const std::string_view piece : header_.left_out) find_hidden(piece, values_);
  for (const mail::Field& field : header_.fields) find_hidden(behind_bare_cr(field.raw), values_);
  if (values_.size() > open_values) {
    note("hidden_from", "a line that some readers take for a From field is none", Level::error);
  }
}

void AuthorFinder::read(std::string_view value) {
  mail::AddressList list = mail::parse_addresses(value, limits);
  for (Finding& finding : list.findings) add_bounded(authors_.findings, std::move(finding));
  for (const mail::Mailbox& mailbox : list.mailboxes) {
    take(mailbox);
    if (cut_) return;
  }
}

void AuthorFinder::take(const mail::Mailbox& mailbox) {
  if (mailbox.domain.starts_with('[')) {
    // RFC 5321 §4.1.3: an address literal is no domain, so that no policy can be found for it.
    note("address_literal", "an author has an address literal for a domain", Level::warning,
         mailbox.at);
  } else if (!mailbox.domain.empty()) {
    take_domain(mailbox);
  }
  // RFC 2047 §5: decoded for looking only, never into syntax.
  const std::string shown = mail::decode_encoded_words(mailbox.display_name);
  const std::string_view other = domain_in(shown);
  if (!other.empty() && !ascii::iequals(other, mailbox.domain)) {
    note("address_in_display_name",
         "a display name holds an address of another domain: " + ascii::printable(other),
         Level::info, mailbox.at);
  }
}

void AuthorFinder::take_domain(const mail::Mailbox& mailbox) {
  // RFC 9989 §5.3.1: U-labels become A-labels before anything else.
  std::expected<DomainName, Finding> domain = to_a_labels(mailbox.domain);
  if (!domain || !is_host_name(*domain)) {
    const std::string why = domain ? "no host name" : domain.error().what;
    note("bad_author_domain",
         "the domain of an author is not usable (" + why + "): " + ascii::printable(mailbox.domain),
         Level::error, mailbox.at);
    return;
  }
  add_domain(std::move(*domain));
}

/// RFC 9989 §11.4: names are the same when they are equal but for case, and not when they look so.
void AuthorFinder::add_domain(DomainName domain) {
  if (std::ranges::find(authors_.domains, domain) != authors_.domains.end()) return;
  if (authors_.domains.size() == max_authors) {
    cut_ = true;  // RFC 9989 §11.5
    return;
  }
  authors_.domains.push_back(std::move(domain));
}

void AuthorFinder::note(std::string_view code, std::string what, Level level, std::size_t at) {
  add_bounded(authors_.findings, {.code = code, .what = std::move(what), .at = at, .level = level});
}

}  // namespace

Authors find_authors(const mail::Header& header) {
  return AuthorFinder(header).find();
}

}  // namespace assay::verify
