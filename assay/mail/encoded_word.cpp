#include "assay/mail/encoded_word.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/utf8.h"

namespace assay::mail {
namespace {

constexpr std::size_t npos = std::string_view::npos;

struct EncodedWord {
  char encoding = 'q';
  std::string_view text = {};
  std::size_t size = 0;  ///< of the whole, with its delimiters
};

/// =?charset?encoding?text?= at the beginning of `text`. RFC 2047 §2
std::optional<EncodedWord> take_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  std::size_t mark = 2;
  while (mark < text.size() && text[mark] != '?' && ascii::is_graph(text[mark])) ++mark;
  if (mark == 2 || mark + 2 >= text.size() || text[mark] != '?' || text[mark + 2] != '?') {
    return std::nullopt;
  }
  const char encoding = ascii::to_lower(text[mark + 1]);
  if (encoding != 'q' && encoding != 'b') return std::nullopt;
  const std::size_t begin = mark + 3;
  const std::size_t end = text.find('?', begin);
  if (end == npos || text.substr(end, 2) != "?=") return std::nullopt;
  return EncodedWord{
      .encoding = encoding, .text = text.substr(begin, end - begin), .size = end + 2};
}

/// RFC 2047 §4.2
void append_q(std::string& octets, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hex = text[i] == '=' && i + 2 < text.size() && ascii::hex_value(text[i + 1]) >= 0 &&
                     ascii::hex_value(text[i + 2]) >= 0;
    if (hex) {
      octets +=
          static_cast<char>(ascii::hex_value(text[i + 1]) * 16 + ascii::hex_value(text[i + 2]));
      i += 2;
    } else {
      octets += text[i] == '_' ? ' ' : text[i];
    }
  }
}

int base64_value(char c) {
  if (ascii::is_upper(c)) return c - 'A';
  if (ascii::is_lower(c)) return c - 'a' + 26;
  if (ascii::is_digit(c)) return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

/// RFC 2047 §4.1, as far as it can be read: foreign characters are passed over, as readers do.
void append_b(std::string& octets, std::string_view text) {
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) continue;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xffffffU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    octets += static_cast<char>(bits >> count & 0xffU);
  }
}

}  // namespace

std::string decode_encoded_words(std::string_view text) {
  std::string octets;
  std::size_t behind_word = npos;  // octets.size() right behind the last encoded word
  for (std::size_t i = 0; i < text.size();) {
    const std::optional<EncodedWord> word = take_word(text.substr(i));
    if (!word) {
      if (behind_word != npos && !ascii::is_fws(text[i])) behind_word = npos;
      octets += text[i++];
      continue;
    }
    if (behind_word != npos) octets.resize(behind_word);  // RFC 2047 §6.2
    (word->encoding == 'q' ? append_q : append_b)(octets, word->text);
    behind_word = octets.size();
    i += word->size;
  }
  return octets;
}

std::string encode_words(std::string_view text) {
  constexpr std::size_t most = 42;  // octets whose base64, with the frame, stay below 75
  std::string words;
  while (!text.empty()) {
    std::size_t size = 0;
    while (size < text.size()) {
      const std::size_t next = std::max<std::size_t>(utf8::decode(text.substr(size)).octets, 1);
      if (size + next > most) break;
      size += next;
    }
    if (!words.empty()) words += "\r\n ";
    words += "=?UTF-8?B?" + base64::encode(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return words;
}

}  // namespace assay::mail
