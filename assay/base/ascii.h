#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Octets as ASCII, whatever the locale says. Octets above 127 are never letters, digits or space.
namespace assay::ascii {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_alpha(char c) {
  return is_upper(c) || is_lower(c);
}
constexpr bool is_alnum(char c) {
  return is_alpha(c) || is_digit(c);
}
/// SP or HTAB (WSP of RFC 5234).
constexpr bool is_wsp(char c) {
  return c == ' ' || c == '\t';
}
/// WSP, CR or LF: the octets that folding white space is made of.
constexpr bool is_fws(char c) {
  return is_wsp(c) || c == '\r' || c == '\n';
}
/// %x21-7E (VCHAR of RFC 5234).
constexpr bool is_graph(char c) {
  return c > ' ' && c < '\x7f';
}
constexpr bool is_octet_above_127(char c) {
  return static_cast<unsigned char>(c) > 127;
}

constexpr char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Without octets above 127.
bool is_ascii(std::string_view text);

std::string to_lower(std::string_view text);

/// Eight octets at once, A-Z made a-z, as a number in the order of this machine's octets.
inline std::uint64_t lower_word(const char* octets) {
  constexpr std::uint64_t each = 0x0101010101010101ULL;
  std::uint64_t word = 0;
  std::memcpy(&word, octets, sizeof word);
  // The uppermost bit of each octet says: at least 'A', beyond 'Z'; octets from 0x80 are no
  // letters.
  const std::uint64_t low = word & (each * 0x7f);
  const std::uint64_t from_a = low + each * (0x80 - 'A');
  const std::uint64_t beyond_z = low + each * (0x7f - 'Z');
  const std::uint64_t upper = (from_a ^ beyond_z) & ~word & (each * 0x80);
  return word | upper >> 2;
}

/// Equal when A-Z and a-z are the same.
bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view text, std::string_view prefix);

/// Without WSP, CR and LF at both ends.
std::string_view trim_fws(std::string_view text);
/// Without SP and HTAB at both ends.
std::string_view trim_wsp(std::string_view text);
/// Without any WSP, CR and LF.
std::string without_fws(std::string_view text);

/// The pieces between separators, one after the other, as a range to loop over; an empty text gives
/// one empty piece. Views live as long as the text.
class Pieces {
 public:
  class Iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(std::string_view rest, char separator)
        : rest_(rest), separator_(separator), size_(rest.find(separator)), more_(true) {}
    std::string_view operator*() const { return rest_.substr(0, size_); }
    Iterator& operator++() {
      more_ = size_ != std::string_view::npos;
      if (more_) {
        rest_.remove_prefix(size_ + 1);
        size_ = rest_.find(separator_);
      }
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.more_ == b.more_ && (!a.more_ || a.rest_.data() == b.rest_.data());
    }

   private:
    std::string_view rest_ = {};
    char separator_ = 0;
    std::size_t size_ = 0;  // of the piece; npos for the last
    bool more_ = false;
  };

  Pieces(std::string_view text, char separator) : text_(text), separator_(separator) {}
  Iterator begin() const { return {text_, separator_}; }
  static Iterator end() { return {}; }

 private:
  std::string_view text_;
  char separator_;
};

/// The same pieces, counted and kept.
std::vector<std::string_view> split(std::string_view text, char separator);

/// A decimal number of digits only, or nothing when another octet or an overflow stands there.
std::optional<unsigned long long> parse_number(std::string_view digits);

/// Text fit for a terminal, a log line or a finding: octets that are not printable ASCII, and
/// backslashes, become \xHH; cut after max_octets of input with "..." behind.
std::string printable(std::string_view octets, std::size_t max_octets = 200);

}  // namespace assay::ascii
