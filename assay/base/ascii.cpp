#include "assay/base/ascii.h"

#include <algorithm>
#include <charconv>

namespace assay::ascii {

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

bool is_ascii(std::string_view text) {
  unsigned char seen = 0;
  for (const char c : text) seen = static_cast<unsigned char>(seen | static_cast<unsigned char>(c));
  return seen < 0x80;
}

bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::size_t at = 0;
  for (; at + 8 <= a.size(); at += 8) {
    if (lower_word(a.data() + at) != lower_word(b.data() + at)) return false;
  }
  for (; at < a.size(); ++at) {
    if (to_lower(a[at]) != to_lower(b[at])) return false;
  }
  return true;
}

bool istarts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

namespace {

template <class Predicate>
std::string_view trim(std::string_view text, Predicate drop) {
  while (!text.empty() && drop(text.front())) text.remove_prefix(1);
  while (!text.empty() && drop(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view trim_fws(std::string_view text) {
  return trim(text, is_fws);
}
std::string_view trim_wsp(std::string_view text) {
  return trim(text, is_wsp);
}

std::string without_fws(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  std::ranges::copy_if(text, std::back_inserter(kept), [](char c) { return !is_fws(c); });
  return kept;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (const std::string_view piece : Pieces(text, separator)) pieces.push_back(piece);
  return pieces;
}

std::optional<unsigned long long> parse_number(std::string_view digits) {
  unsigned long long value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::string printable(std::string_view octets, std::size_t max_octets) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (const char c : octets.substr(0, max_octets)) {
    if (c != '\\' && (is_graph(c) || c == ' ')) {
      text += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    text += "\\x";
    text += hex[octet >> 4];
    text += hex[octet & 15];
  }
  if (octets.size() > max_octets) text += "...";
  return text;
}

}  // namespace assay::ascii
