#include "assay/base/domain_name.h"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "assay/base/utf8.h"

namespace assay {
namespace {

constexpr std::size_t max_label = 63;
constexpr std::size_t max_name = 253;  // of text; 255 octets on the wire (RFC 1035 §2.3.4)

std::unexpected<Finding> bad(std::string_view code, std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = at});
}

/// What is wrong with the labels of a text that is to stand before the rest of a name or is one.
std::expected<void, Finding> check_labels(std::string_view text) {
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('.', start), text.size());
    if (end == start) return bad("empty_label", "an empty label in a domain name", end);
    if (end - start > max_label) {
      return bad("long_label", "a label of more than 63 octets in a domain name", start);
    }
    start = end + 1;
  }
  return {};
}

void make_lower(std::string& text) {
  for (char& c : text) c = ascii::to_lower(c);
}

}  // namespace

std::expected<DomainName, Finding> DomainName::parse(std::string_view text) {
  if (text.size() > max_name + 1) {
    return bad("long_name", "a domain name of more than 253 octets", max_name);
  }
  return take(std::string(text));
}

std::expected<DomainName, Finding> DomainName::take(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  if (text.empty()) return bad("empty_name", "a domain name is missing", 0);
  if (text.size() > max_name) {
    return bad("long_name", "a domain name of more than 253 octets", max_name);
  }
  if (auto good = check_labels(text); !good) return std::unexpected(std::move(good.error()));
  make_lower(text);
  return DomainName(std::move(text));
}

std::size_t DomainName::label_count() const {
  return is_root() ? 0 : 1 + static_cast<std::size_t>(std::ranges::count(text_, '.'));
}

DomainName DomainName::parent() const {
  const std::size_t dot = text_.find('.');
  return dot == std::string::npos ? DomainName() : DomainName(text_.substr(dot + 1));
}

DomainName DomainName::suffix(std::size_t labels) const {
  if (labels == 0) return {};
  std::size_t begin = text_.size();
  for (; labels > 0; --labels) {
    const std::size_t dot = begin == 0 ? std::string::npos : text_.rfind('.', begin - 1);
    if (dot == std::string::npos) return *this;
    begin = dot;
  }
  return DomainName(text_.substr(begin + 1));
}

std::expected<DomainName, Finding> DomainName::child(std::string_view label) const {
  if (is_root()) return take(std::string(label));
  if (label.size() + 1 + text_.size() > max_name) {
    return bad("long_name", "a domain name of more than 253 octets", max_name);
  }
  if (auto good = check_labels(label); !good) return std::unexpected(std::move(good.error()));
  std::string longer;
  longer.reserve(label.size() + 1 + text_.size());
  longer += label;
  make_lower(longer);
  longer.append(".").append(text_);
  return DomainName(std::move(longer));
}

bool DomainName::equal_or_below(const DomainName& ancestor) const {
  if (ancestor.is_root()) return true;
  if (!text_.ends_with(ancestor.text_)) return false;
  const std::size_t rest = text_.size() - ancestor.text_.size();
  return rest == 0 || text_[rest - 1] == '.';
}

namespace {

/// Code points that IDNA mapping drops (status "ignored" in UTS 46): a name with them would become
/// the name without them, which is not the name that stands there.
bool is_dropped(std::uint32_t code_point) {
  struct Range {
    std::uint32_t first, last;
  };
  constexpr std::array<Range, 10> dropped = {{{0xad, 0xad},
                                              {0x34f, 0x34f},
                                              {0x180b, 0x180f},
                                              {0x200b, 0x200b},
                                              {0x2060, 0x2060},
                                              {0x2064, 0x2064},
                                              {0xfe00, 0xfe0f},
                                              {0xfeff, 0xfeff},
                                              {0x1bca0, 0x1bca3},
                                              {0xe0100, 0xe01ef}}};
  return std::ranges::any_of(dropped, [code_point](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

/// Nothing when every code point may go through the mapping of libidn2.
std::optional<Finding> find_unfit(std::string_view domain) {
  for (std::size_t at = 0; at < domain.size();) {
    const utf8::CodePoint point = utf8::decode(domain.substr(at));
    if (point.octets == 0) return Finding{"idna", "octets that are no UTF-8 in a domain name", at};
    if (point.value == 0) return Finding{"idna", "a NUL in a domain name", at};
    if (is_dropped(point.value)) {
      return Finding{"idna", "an invisible character in a domain name", at};
    }
    at += point.octets;
  }
  return std::nullopt;
}

bool is_ldh_or_underscore(char c) {
  return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.';
}

}  // namespace

std::expected<DomainName, Finding> to_a_labels(std::string_view domain) {
  if (ascii::is_ascii(domain)) return DomainName::parse(domain);
  // Four octets at most become one character of an A-label; what is longer cannot be a name.
  if (domain.size() > 4 * max_name) {
    return bad("long_name", "a domain name of more than 253 octets", max_name);
  }
  if (std::optional<Finding> unfit = find_unfit(domain)) return std::unexpected(std::move(*unfit));
  char* ascii_text = nullptr;
  const int status = idn2_to_ascii_8z(std::string(domain).c_str(), &ascii_text,
                                      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(ascii_text, idn2_free);
  if (status != IDN2_OK) {
    return bad("idna", std::string("not an international domain name: ") + idn2_strerror(status),
               0);
  }
  // RFC 5890 §2.3.1: the mapping may make "@" or "/" of characters that look alike.
  if (!std::ranges::all_of(std::string_view(ascii_text), is_ldh_or_underscore)) {
    return bad("idna", "not an international domain name: characters that no host name holds", 0);
  }
  return DomainName::parse(ascii_text);
}

std::string to_u_labels(const DomainName& name) {
  if (name.text().find("xn--") == std::string::npos) return name.text();
  char* text = nullptr;
  const int status = idn2_to_unicode_8z8z(name.text().c_str(), &text, 0);
  const std::unique_ptr<char, void (*)(void*)> owner(text, idn2_free);
  if (status != IDN2_OK) return name.text();
  // RFC 5890 §2.3.2.1: U-labels and A-labels are twins; text that is not may pretend to be another
  // name.
  const std::expected<DomainName, Finding> again = to_a_labels(text);
  return again && *again == name ? std::string(text) : name.text();
}

}  // namespace assay
