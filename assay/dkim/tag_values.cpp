#include "assay/dkim/tag_values.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/try.h"

namespace assay::dkim {
namespace {

constexpr std::size_t npos = std::string_view::npos;

std::unexpected<Finding> bad(const Tag& tag, std::string_view what, std::size_t offset = 0) {
  std::string text(tag.name);
  text += "= ";
  text += what;
  return std::unexpected(
      Finding{.code = "bad_tag", .what = std::move(text), .at = tag.value_at + offset});
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, ascii::is_digit);
}

/// ALPHA *(ALPHA / DIGIT)
bool is_word(std::string_view text) {
  return !text.empty() && ascii::is_alpha(text.front()) &&
         std::ranges::all_of(text, ascii::is_alnum);
}

/// RFC 6376 §2.10: hyphenated-word.
bool is_hyphenated_word(std::string_view text) {
  return !text.empty() && ascii::is_alpha(text.front()) && ascii::is_alnum(text.back()) &&
         std::ranges::all_of(text, [](char c) { return ascii::is_alnum(c) || c == '-'; });
}

/// RFC 5321 §4.1.2: sub-domain, and the underscore that deployed selectors and domains hold.
bool is_label(std::string_view label) {
  const auto allowed = [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; };
  return !label.empty() && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, allowed);
}

/// A name of at least `labels` labels, U-labels turned to A-labels.
std::expected<DomainName, Finding> read_name(const Tag& tag, std::string_view text,
                                             std::size_t labels) {
  // RFC 6376 §3.5 knows no trailing dot, which DomainName would drop.
  if (text.empty() || text.ends_with('.')) return bad(tag, "is no domain name");
  auto name = to_a_labels(text);  // RFC 8616 §5
  if (!name) return bad(tag, "is no domain name: " + name.error().what);
  if (!std::ranges::all_of(ascii::Pieces(name->text(), '.'), is_label)) {
    return bad(tag, "holds a character that a domain name cannot have");
  }
  if (name->label_count() < labels) return bad(tag, "is a domain name of one label");
  return std::move(*name);
}

std::optional<Canonicalization> canonicalization_of(std::string_view word) {
  if (ascii::iequals(word, "simple")) return Canonicalization::simple;
  if (ascii::iequals(word, "relaxed")) return Canonicalization::relaxed;
  return std::nullopt;
}

/// RFC 5322 §3.6.8: field-name.
bool is_field_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return ascii::is_graph(c) && c != ':'; });
}

/// RFC 6376 §2.11: FWS goes, =XX with capital digits is an octet. Nothing for other text.
std::optional<std::string> decode_quoted_printable(std::string_view text) {
  std::string octets;
  const std::string packed = ascii::without_fws(text);
  const auto digit = [&](std::size_t at) {
    return at < packed.size() && !ascii::is_lower(packed[at]) ? ascii::hex_value(packed[at]) : -1;
  };
  for (std::size_t at = 0; at < packed.size(); ++at) {
    const char c = packed[at];
    if (!ascii::is_graph(c) && !ascii::is_octet_above_127(c)) return std::nullopt;
    if (c != '=') {
      octets += c;
      continue;
    }
    const int high = digit(at + 1);
    const int low = digit(at + 2);
    if (high < 0 || low < 0) return std::nullopt;
    octets += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return octets;
}

}  // namespace

std::expected<std::optional<Algorithm>, Finding> read_algorithm(const Tag& tag) {
  const std::size_t hyphen = tag.value.find('-');
  if (hyphen == npos) return bad(tag, "is not of the form key-hash");
  const std::string_view key = tag.value.substr(0, hyphen);
  const std::string_view hash = tag.value.substr(hyphen + 1);
  if (!is_word(key) || !is_word(hash)) return bad(tag, "is not of the form key-hash");
  // RFC 8301 §3.1 and RFC 8463 §3 name those that exist; RFC 6376 §3.3.4 has others ignored.
  const bool rsa = ascii::iequals(key, "rsa");
  const bool sha256 = ascii::iequals(hash, "sha256");
  if (rsa && sha256) return Algorithm{.key = KeyType::rsa, .hash = Hash::sha256};
  if (rsa && ascii::iequals(hash, "sha1")) {
    return Algorithm{.key = KeyType::rsa, .hash = Hash::sha1};
  }
  if (ascii::iequals(key, "ed25519") && sha256) {
    return Algorithm{.key = KeyType::ed25519, .hash = Hash::sha256};
  }
  return std::nullopt;
}

std::expected<std::string, Finding> read_base64(const Tag& tag) {
  auto octets = base64::decode(tag.value);
  if (!octets) return bad(tag, "is no base64: " + octets.error().what, octets.error().at);
  if (octets->empty()) return bad(tag, "is empty");
  return std::move(*octets);
}

std::expected<DomainName, Finding> read_signing_domain(const Tag& tag) {
  return read_name(tag, tag.value,
                   2);  // RFC 6376 §3.5: domain-name = sub-domain 1*("." sub-domain)
}

std::expected<std::string, Finding> read_selector(const Tag& tag) {
  ASSAY_TRY(name, read_name(tag, tag.value, 1));
  const bool ascii_only = ascii::is_ascii(tag.value);
  return ascii_only ? std::string(tag.value) : name.text();
}

std::expected<Instant, Finding> read_instant(const Tag& tag) {
  if (!all_digits(tag.value)) return bad(tag, "is no number of seconds");
  // RFC 6376 §3.5: values up to 10^12 are handled, longer ones may count as infinite.
  constexpr std::size_t exact_digits = 18;
  constexpr long long infinite = 1'000'000'000'000'000'000;
  const std::string_view digits =
      tag.value.substr(std::min(tag.value.find_first_not_of('0'), tag.value.size() - 1));
  const auto seconds = digits.size() > exact_digits
                           ? infinite
                           : static_cast<long long>(ascii::parse_number(digits).value_or(0));
  return Instant(std::chrono::seconds(seconds));
}

std::expected<std::uint64_t, Finding> read_length(const Tag& tag) {
  if (!all_digits(tag.value) || tag.value.size() > 76) return bad(tag, "is no number of octets");
  // RFC 6376 §3.5 asks to mind the overflow: no body is that long, so that the check of the length
  // fails.
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  return ascii::parse_number(tag.value).value_or(largest);
}

std::expected<unsigned, Finding> read_instance(const Tag& tag) {
  if (!all_digits(tag.value) || tag.value.size() > 2)
    return bad(tag, "is no instance from 1 to 50");
  const auto number = static_cast<unsigned>(ascii::parse_number(tag.value).value_or(0));
  if (number < 1 || number > 50) return bad(tag, "is no instance from 1 to 50");  // RFC 8617 §4.2.1
  return number;
}

std::expected<std::optional<Canonicalizations>, Finding> read_canonicalizations(const Tag& tag) {
  const std::vector<std::string_view> words = ascii::split(tag.value, '/');
  if (words.size() > 2 || !std::ranges::all_of(words, is_hyphenated_word)) {
    return bad(tag, "is not of the form header/body");
  }
  const auto header = canonicalization_of(words[0]);
  // RFC 6376 §3.5: one word alone is for the header, and the body is simple.
  const auto body =
      words.size() == 2 ? canonicalization_of(words[1]) : std::optional(Canonicalization::simple);
  if (!header || !body) return std::nullopt;
  return Canonicalizations{.header = *header, .body = *body};
}

std::expected<std::vector<std::string>, Finding> read_header_names(const Tag& tag,
                                                                   EmptyNames empty_names) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(std::ranges::count(tag.value, ':')) + 1);
  for (const std::string_view piece : ascii::Pieces(tag.value, ':')) {
    const std::string_view name = ascii::trim_fws(piece);
    if (name.empty() && empty_names == EmptyNames::drop) continue;
    if (!is_field_name(name)) {
      const auto at = static_cast<std::size_t>(name.data() - tag.value.data());
      return bad(tag, "holds what is no field name: " + ascii::printable(name, 40), at);
    }
    names.push_back(ascii::to_lower(name));
  }
  return names;
}

std::expected<bool, Finding> read_query(const Tag& tag) {
  bool known = false;
  for (const std::string_view piece : ascii::Pieces(tag.value, ':')) {
    const std::string_view method = ascii::trim_fws(piece);
    if (method.empty()) return bad(tag, "holds an empty query method");
    // RFC 6376 §3.5: unrecognized query mechanisms are ignored.
    known = known || ascii::iequals(method, "dns/txt");
  }
  return known;
}

std::expected<DomainName, Finding> read_identity_domain(const Tag& tag) {
  const auto identity = decode_quoted_printable(tag.value);
  if (!identity) return bad(tag, "is no quoted-printable text");
  // The local part may be quoted and hold an @ itself.
  const std::size_t at_sign = identity->rfind('@');
  if (at_sign == npos) return bad(tag, "has no @");
  return read_name(tag, std::string_view(*identity).substr(at_sign + 1), 1);
}

}  // namespace assay::dkim
