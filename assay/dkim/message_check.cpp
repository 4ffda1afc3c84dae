#include "assay/dkim/detail/message_check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"
#include "assay/mail/address.h"

namespace assay::dkim::detail {
namespace {

std::unexpected<Finding> error(std::string_view code, std::string what, std::size_t at = 0) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = at});
}

/// The octets from the first field to the last; they stand in one text.
std::string_view octets_of(const mail::Header& header) {
  if (header.fields.empty()) return {};
  const char* begin = header.fields.front().raw.data();
  const std::string_view last = header.fields.back().raw;
  return {begin, static_cast<std::size_t>(last.data() + last.size() - begin)};
}

/// How near two domains are, as far as their text tells.
enum class Relation : std::uint8_t { strangers, relatives, one_line };

Relation relation(const DomainName& a, const DomainName& b) {
  if (a.equal_or_below(b) || b.equal_or_below(a)) return Relation::one_line;
  return a.suffix(2) == b.suffix(2) ? Relation::relatives : Relation::strangers;
}

void add_once(Findings& findings, std::string_view code, std::string what) {
  if (std::ranges::find(findings, code, &Finding::code) != findings.end()) return;
  findings.push_back({.code = code, .what = std::move(what), .at = 0, .level = Level::warning});
}

}  // namespace

Charset charset_of(std::string_view text) {
  Charset charset = Charset::ascii;
  while (!text.empty()) {
    const auto above = std::ranges::find_if(text, ascii::is_octet_above_127);
    text.remove_prefix(static_cast<std::size_t>(above - text.begin()));
    if (text.empty()) break;
    const utf8::CodePoint next = utf8::decode(text);
    if (next.octets == 0) return Charset::unknown;
    text.remove_prefix(next.octets);
    charset = Charset::utf8;
  }
  return charset;
}

Charset charset_of(const mail::Header& header) {
  return charset_of(octets_of(header));
}

void OctetCheck::update(std::string_view octets) {
  for (std::size_t at = octets.find('\n'); at != std::string_view::npos;
       at = octets.find('\n', at + 1)) {
    ++line_feeds_;
    bare_line_feed_ = bare_line_feed_ || (at == 0 ? last_ : octets[at - 1]) != '\r';
  }
  carriage_returns_ += static_cast<std::size_t>(std::ranges::count(octets, '\r'));
  eight_bits_ = eight_bits_ || !ascii::is_ascii(octets);
  if (!octets.empty()) last_ = octets.back();
}

std::expected<void, Finding> check_header(const mail::Header& header) {
  if (header.truncated) {
    return error("header_too_large", "the header is larger than is signed");
  }
  for (const Finding& finding : header.findings) {
    if (finding.level == Level::info) continue;
    const bool line_end = finding.code == "bare_cr";
    return error(line_end ? "bare_line_end" : "malformed_header", finding.what, finding.at);
  }
  if (!header.left_out.empty()) return error("malformed_header", "a line is no header field");
  const auto authors = mail::fields_named(header, "From");
  if (authors.empty()) return error("no_from", "the message has no From field");
  if (authors.size() > 1) {
    // RFC 5322 §3.6: exactly one.
    return error("several_from_fields", "the message has several From fields");
  }
  OctetCheck ends;
  ends.update(octets_of(header));
  // RFC 6376 §5.3
  if (ends.has_bare_line_end()) {
    return error("bare_line_end", "the header has a line end that is not CRLF");
  }
  return {};
}

std::expected<void, Finding> check_alignment(const mail::Header& header, const DomainName& domain,
                                             Unaligned unaligned, Findings& findings) {
  const mail::AddressList authors =
      mail::parse_addresses(mail::fields_named(header, "From").front()->value);
  const auto wrong = std::ranges::find(authors.findings, Level::error, &Finding::level);
  if (wrong != authors.findings.end()) return error("bad_from", "From: " + wrong->what, wrong->at);
  const bool refuse = unaligned == Unaligned::refuse;
  if (authors.mailboxes.empty() && refuse) {
    return error("no_author_domain", "the From field names no author");
  }
  for (const mail::Mailbox& author : authors.mailboxes) {
    const auto name = to_a_labels(author.domain);
    if (!name && refuse) {
      return error("no_author_domain", "the From field has an author without a domain");
    }
    // RFC 9989 §5.1.2
    const Relation near = name ? relation(*name, domain) : Relation::strangers;
    const std::string shown = ascii::printable(name ? name->text() : author.domain);
    if (near == Relation::strangers) {
      std::string what = domain.text() + " is not aligned with the author's domain " + shown;
      if (refuse) return error("not_aligned", std::move(what));
      add_once(findings, "not_aligned", std::move(what));
    } else if (near == Relation::relatives) {
      add_once(findings, "organizational_domain",
               domain.text() + " is aligned with " + shown +
                   " only where both have one Organizational Domain");
    }
  }
  return {};
}

}  // namespace assay::dkim::detail
