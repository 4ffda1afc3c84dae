#include "assay/base/utf8.h"

#include <algorithm>
#include <array>

namespace assay::utf8 {
namespace {

struct Range {
  std::uint32_t first, last;
};

/// Control characters, invisible ones and those that turn the direction of writing.
constexpr std::array<Range, 14> harmful = {{{0x00, 0x1f},
                                            {0x7f, 0x9f},
                                            {0xad, 0xad},
                                            {0x61c, 0x61c},
                                            {0x180e, 0x180e},
                                            {0x200b, 0x200f},
                                            {0x2028, 0x202e},
                                            {0x2060, 0x206f},
                                            {0xfe00, 0xfe0f},
                                            {0xfeff, 0xfeff},
                                            {0xfff0, 0xfffb},
                                            {0x1bca0, 0x1bca3},
                                            {0xe0000, 0xe0fff},
                                            {0xf0000, 0x10ffff}}};

constexpr std::uint32_t octet(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// What the first octet announces: how many octets, its own bits, the least value that needs them.
struct Lead {
  std::size_t octets = 0;
  std::uint32_t bits = 0;
  std::uint32_t least = 0;
};

constexpr Lead read_lead(std::uint32_t first) {
  if (first < 0x80) return {1, first, 0};
  if (first < 0xc0) return {};
  if (first < 0xe0) return {2, first & 0x1f, 0x80};
  if (first < 0xf0) return {3, first & 0x0f, 0x800};
  if (first < 0xf8) return {4, first & 0x07, 0x10000};
  return {};
}

}  // namespace

CodePoint decode(std::string_view text) {
  if (text.empty()) return {};
  const Lead lead = read_lead(octet(text, 0));
  if (lead.octets == 0 || lead.octets > text.size()) return {};
  std::uint32_t value = lead.bits;
  for (std::size_t at = 1; at < lead.octets; ++at) {
    if ((octet(text, at) & 0xc0) != 0x80) return {};
    value = (value << 6) | (octet(text, at) & 0x3f);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < lead.least || value > 0x10ffff || surrogate) return {};
  return {value, lead.octets};
}

void append(std::string& out, std::uint32_t code_point) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | ((code_point >> shift) & 0x3f));
  };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xc0 | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xe0 | (code_point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

namespace {

void append_unit(std::string& out, std::uint32_t unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += digits[(unit >> shift) & 0xf];
}

/// The second character of an escape of two, or 0.
constexpr char short_escape(std::uint32_t code_point) {
  switch (code_point) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

}  // namespace

void append_json(std::string& out, std::uint32_t code_point) {
  if (const char second = short_escape(code_point); second != 0) {
    out += '\\';
    out += second;
    return;
  }
  if (is_harmless(code_point)) return append(out, code_point);
  if (code_point < 0x10000) return append_unit(out, code_point);
  append_unit(out, 0xd800 + ((code_point - 0x10000) >> 10));
  append_unit(out, 0xdc00 + ((code_point - 0x10000) & 0x3ff));
}

bool is_harmless(std::uint32_t code_point) {
  if (code_point >= 0x20 && code_point < 0x7f) return true;
  return std::ranges::none_of(harmful, [&](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

bool is_harmless(std::string_view text) {
  while (!text.empty()) {
    const CodePoint next = decode(text);
    if (next.octets == 0 || !is_harmless(next.value)) return false;
    text.remove_prefix(next.octets);
  }
  return true;
}

}  // namespace assay::utf8
