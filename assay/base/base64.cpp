#include "assay/base/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "assay/base/ascii.h"

namespace assay::base64 {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr std::array<std::int8_t, 256> values = make_values();

std::unexpected<Finding> bad(std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = "base64", .what = std::move(what), .at = at});
}

/// Writes what whole groups of four digits, with nothing between, stand for; gives the length of
/// that text. `to` must have room for three octets a group.
std::size_t decode_groups(std::string_view text, char* to) {
  const auto value = [&](std::size_t i) -> std::int32_t {
    return values[static_cast<unsigned char>(text[i])];
  };
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    const std::int32_t bits =
        value(at) << 18 | value(at + 1) << 12 | value(at + 2) << 6 | value(at + 3);
    if (bits < 0) break;  // one of them is no digit
    *to++ = static_cast<char>(bits >> 16);
    *to++ = static_cast<char>(bits >> 8);
    *to++ = static_cast<char>(bits);
  }
  return at;
}

}  // namespace

std::string encode(std::string_view octets) {
  std::string text((octets.size() + 2) / 3 * 4, '=');
  const auto octet = [&](std::size_t i) -> std::uint32_t {
    return i < octets.size() ? static_cast<unsigned char>(octets[i]) : 0U;
  };
  for (std::size_t i = 0, to = 0; i < octets.size(); i += 3, to += 4) {
    const std::uint32_t group = octet(i) << 16 | octet(i + 1) << 8 | octet(i + 2);
    const std::size_t digits = std::min<std::size_t>(3, octets.size() - i) + 1;
    for (std::size_t k = 0; k < digits; ++k) text[to + k] = alphabet[group >> (18 - 6 * k) & 63];
  }
  return text;
}

std::expected<std::string, Finding> decode(std::string_view text) {
  std::string octets(text.size() / 4 * 3 + 3, '\0');
  char* to = octets.data();
  std::uint32_t bits = 0;
  int digits = 0;
  int padding = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (digits == 0 && padding == 0) {
      const std::size_t length = decode_groups(text.substr(at), to);
      at += length;
      to += length / 4 * 3;
      if (at == text.size()) break;
    }
    const char c = text[at];
    if (ascii::is_fws(c)) continue;
    if (c == '=') {
      ++padding;
      if (padding > 2 || (digits + padding) > 4 || digits < 2) return bad("misplaced '='", at);
      continue;
    }
    const std::int8_t value = values[static_cast<unsigned char>(c)];
    if (value < 0) return bad("a character that is not base64", at);
    if (padding > 0) return bad("text behind the padding", at);
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++digits == 4) {
      *to++ = static_cast<char>(bits >> 16);
      *to++ = static_cast<char>(bits >> 8);
      *to++ = static_cast<char>(bits);
      bits = 0;
      digits = 0;
    }
  }
  if (digits != 0 || padding != 0) {
    if (digits + padding != 4) return bad("the text ends inside a group of four", text.size());
    const int spare = digits == 3 ? 2 : 4;
    if ((bits & ((1U << spare) - 1)) != 0) {
      return bad("set bits behind the last octet", text.size());
    }
    if (digits == 3) *to++ = static_cast<char>(bits >> 10);
    *to++ = static_cast<char>(bits >> (digits == 3 ? 2 : 4));
  }
  octets.resize(static_cast<std::size_t>(to - octets.data()));
  return octets;
}

}  // namespace assay::base64
