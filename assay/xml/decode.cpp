#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"
#include "assay/xml/detail/encoding.h"
#include "assay/xml/reader.h"

namespace assay::xml {
namespace {

/// Octets that are text as they stand.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (unsigned i = ' '; i < 0x80; ++i) plain[i] = true;
  plain[static_cast<unsigned>('\t')] = true;
  plain[static_cast<unsigned>('\n')] = true;
  plain[static_cast<unsigned>('&')] = false;
  return plain;
}
constexpr std::array<bool, 256> plain = make_plain();

std::size_t plain_size(std::string_view raw) {
  std::size_t size = 0;
  while (size < raw.size() && plain[static_cast<unsigned char>(raw[size])]) ++size;
  return size;
}

/// Char of XML 1.0 §2.2.
bool is_character(std::uint32_t code_point) {
  return code_point == '\t' || code_point == '\n' || code_point == '\r' ||
         (code_point >= 0x20 && code_point <= 0xd7ff) ||
         (code_point >= 0xe000 && code_point <= 0xfffd) ||
         (code_point >= 0x10000 && code_point <= 0x10ffff);
}

struct Entity {
  std::string_view name;
  char character;
};
constexpr std::array<Entity, 5> entities = {
    {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};

/// The number of "#123" or "#x7b"; above all characters where it is none.
std::uint32_t reference_number(std::string_view reference) {
  reference.remove_prefix(1);
  const bool hex = !reference.empty() && (reference.front() == 'x' || reference.front() == 'X');
  if (hex) reference.remove_prefix(1);
  constexpr std::uint32_t none = 0x110000;
  std::uint32_t number = reference.empty() ? none : 0;
  for (const char c : reference) {
    const int digit = ascii::hex_value(c);
    if (digit < 0 || (!hex && digit > 9)) return none;
    number =
        std::min<std::uint32_t>(number * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit), none);
  }
  return number;
}

}  // namespace

void Reader::append_character(std::uint32_t code_point) {
  const bool permitted = is_character(code_point);
  if (!permitted) note("character", "a character that XML forbids is replaced");
  utf8::append(scratch_, permitted ? code_point : utf8::replacement);
}

/// Text from its raw form into text_.
void Reader::decode(std::string_view raw) {
  std::size_t at = plain_size(raw);
  if (at == raw.size()) {
    text_ = raw;
    return;
  }
  scratch_.assign(raw.substr(0, at));
  while (at < raw.size()) {
    at += raw[at] == '&' ? decode_reference(raw.substr(at)) : decode_octets(raw.substr(at));
    const std::size_t run = plain_size(raw.substr(at));
    scratch_ += raw.substr(at, run);
    at += run;
  }
  text_ = scratch_;
}

/// A reference at the beginning of `raw`; gives its length.
std::size_t Reader::decode_reference(std::string_view raw) {
  constexpr std::size_t longest = 12;
  const std::size_t end = raw.substr(0, longest).find(';');
  if (end != std::string_view::npos) {
    const std::string_view name = raw.substr(1, end - 1);
    if (name.starts_with('#')) {
      append_character(reference_number(name));
      return end + 1;
    }
    const auto known = std::ranges::find(entities, name, &Entity::name);
    if (known != entities.end()) {
      scratch_ += known->character;
      return end + 1;
    }
  }
  note("entity", "\"&\" that begins no entity of XML is read as text");
  scratch_ += '&';
  return 1;
}

/// One character that is no plain ASCII; gives its length.
std::size_t Reader::decode_octets(std::string_view raw) {
  if (raw.front() == '\r') {  // XML 1.0 §2.11
    if (raw.size() < 2 || raw[1] != '\n') scratch_ += '\n';
    return 1;
  }
  const utf8::CodePoint next = utf8::decode(raw);
  if (next.octets > 0) {
    if (single_octets_ && next.octets > 1) {
      note("encoding", "the document is UTF-8 where it declares one octet a character");
    }
    append_character(next.value);
    return next.octets;
  }
  if (!single_octets_) note("not_utf8", "octets that are no UTF-8 are read as windows-1252");
  append_character(detail::from_windows_1252(static_cast<unsigned char>(raw.front())));
  return 1;
}

}  // namespace assay::xml
