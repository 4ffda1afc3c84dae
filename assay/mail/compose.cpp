#include "assay/mail/compose.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/utf8.h"
#include "assay/mail/encoded_word.h"

namespace assay::mail {

std::string one_line(std::string_view octets, std::size_t most) {
  std::string text;
  while (!octets.empty() && text.size() < most) {
    const utf8::CodePoint next = utf8::decode(octets);
    const std::size_t size = std::max<std::size_t>(next.octets, 1);
    if (next.octets == 0) {
      utf8::append(text, utf8::replacement);
    } else if (utf8::is_harmless(next.value)) {
      text += octets.substr(0, size);
    } else if (!text.ends_with(' ')) {
      text += ' ';
    }
    octets.remove_prefix(size);
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string clean_address(std::string_view text) {
  std::string clean;
  for (const char c : text.substr(0, 400)) {
    const bool special = std::string_view(",<>;()").contains(c);
    if (!special && (ascii::is_graph(c) || ascii::is_octet_above_127(c))) clean += c;
  }
  return clean;
}

std::string from_value(std::string_view name, std::string_view address) {
  std::string angle = "<" + clean_address(address) + ">";
  if (name.empty()) return angle;
  const std::string line = one_line(name, 200);
  return (ascii::is_ascii(line) ? quoted(line) : encode_words(line)) + "\r\n " + angle;
}

std::string to_value(std::span<const std::string> addresses) {
  std::string value;
  for (const std::string& one : addresses) {
    value += (value.empty() ? "<" : ",\r\n <") + clean_address(one) + ">";
  }
  return value;
}

void append_base64(std::string& out, std::string_view octets, std::string_view prefix) {
  constexpr std::size_t line = 76;
  constexpr std::size_t octets_per_line = line / 4 * 3;
  constexpr std::size_t block = octets_per_line * 1'000;  // so that a large text is not held twice
  out.reserve(out.size() + (octets.size() / octets_per_line + 1) * (line + 2 + prefix.size()));
  while (!octets.empty()) {
    const std::string text = base64::encode(octets.substr(0, block));
    for (std::size_t at = 0; at < text.size(); at += line) {
      out += prefix;
      out.append(text, at, line);
      out += "\r\n";
    }
    octets.remove_prefix(std::min(block, octets.size()));
  }
}

}  // namespace assay::mail
