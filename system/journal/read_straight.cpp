#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "system/journal/detail/fields.h"
#include "system/journal/detail/read.h"
#include "system/journal/line.h"
#include "system/journal/time_text.h"

namespace assay::journal::detail {
namespace {

/// No list may be longer here, so that a line stays within the limits of the JSON reader.
constexpr std::size_t max_items = 4'000;

constexpr std::uint64_t every(std::uint8_t octet) {
  return 0x0101'0101'0101'0101U * octet;
}

/// Eight octets: the high bit of each that ends a text or does not stand for itself in one. Behind
/// the first of them the bits mean nothing.
constexpr std::uint64_t special_octets(std::uint64_t word) {
  const auto zeros = [](std::uint64_t x) { return (x - every(0x01)) & ~x; };
  const std::uint64_t controls = (word - every(0x20)) & ~word;
  return (controls | zeros(word ^ every('"')) | zeros(word ^ every('\\')) | word) & every(0x80);
}

constexpr bool stands_for_itself(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet >= 0x20 && octet < 0x80 && octet != '"' && octet != '\\';
}

/// How many octets from `at` on stand for themselves.
std::size_t plain_octets(const char* at, const char* end) {
  const char* const begin = at;
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - at >= 8; at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      const std::uint64_t special = special_octets(word);
      if (special == 0) continue;
      return static_cast<std::size_t>(at - begin) +
             static_cast<std::size_t>(std::countr_zero(special)) / 8;
    }
  }
  while (at != end && stands_for_itself(*at)) ++at;
  return static_cast<std::size_t>(at - begin);
}

/// Takes the members of a line in the order in which they are asked for. The first thing that is
/// not as expected ends it: well() is false from then on, and what was taken means nothing.
class Straight {
 public:
  explicit Straight(std::string_view line) : at_(line.data()), end_(at_ + line.size()) {}

  bool well() const { return well_; }
  bool done() const { return at_ == end_; }

  /// Passes over this text.
  void pass(std::string_view text) {
    const bool here = left() >= text.size() && std::memcmp(at_, text.data(), text.size()) == 0;
    if (here) {
      at_ += text.size();
    } else {
      well_ = false;
    }
  }

  /// `name`: a literal, so that it is compared by its known length.
  template <std::size_t Size, class T>
  void take(const char (&name)[Size], T& into, Need need = Need::optional) {
    if (!enter(name)) {
      if (need == Need::required) well_ = false;
      return;
    }
    value(into);
    next_member();
  }

  template <std::size_t Size, class T>
  void take_list(const char (&name)[Size], std::vector<T>& into) {
    take(name, into);
  }

 private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool next_is(char c) const { return at_ != end_ && *at_ == c; }
  void step_over(char c) {
    if (next_is(c)) {
      ++at_;
    } else {
      well_ = false;
    }
  }

  /// Whether the next member has that name; then its value is next.
  template <std::size_t Size>
  bool enter(const char (&name)[Size]) {
    constexpr std::size_t length = Size - 1;  // without NUL
    if (!well_ || left() < length + 3 || at_[0] != '"' || at_[1] != name[0]) return false;
    if (at_[length + 1] != '"' || at_[length + 2] != ':') return false;
    if (std::memcmp(at_ + 1, name, length) != 0) return false;
    at_ += length + 3;
    return true;
  }

  /// Behind a value: at the next name, or at the end of the object.
  void next_member() {
    if (next_is(',')) {
      ++at_;
      if (!next_is('"')) well_ = false;
    } else if (!next_is('}')) {
      well_ = false;
    }
  }

  std::string_view text() {
    step_over('"');
    if (!well_) return {};
    const std::string_view found(at_, plain_octets(at_, end_));
    at_ += found.size();
    step_over('"');
    return found;
  }

  void value(std::string& into) { into = text(); }
  void value(std::string_view& into) { into = text(); }

  template <class Number>
    requires std::is_unsigned_v<Number>
  void value(Number& into) {
    const bool zero = next_is('0');
    const auto [behind, error] = std::from_chars(at_, end_, into);
    if (error != std::errc() || (zero && behind != at_ + 1)) well_ = false;
    at_ = behind;
  }

  void value(bool& into) {
    into = next_is('t');
    pass(into ? "true" : "false");
  }

  void value(Time& into) {
    const auto time = parse_time(text());
    if (time) {
      into = *time;
    } else {
      well_ = false;
    }
  }

  void value(std::optional<IpAddress>& into) {
    into = IpAddress::parse(text());
    if (!into) well_ = false;
  }

  template <class T>
  void value(std::vector<T>& into) {
    step_over('[');
    if (next_is(']')) {
      ++at_;
      return;
    }
    while (well_) {
      value(into.emplace_back());
      if (into.size() == max_items) well_ = false;
      if (!next_is(',')) break;
      ++at_;
    }
    step_over(']');
  }

  template <class Text>
  void value(std::optional<VerdictOf<Text>>& into) {
    value(into.emplace());
  }

  template <class T>
    requires requires(Straight& from, T& value) { read(from, value); }
  void value(T& into) {
    step_over('{');
    if (well_) read(*this, into);
    step_over('}');
  }

  const char* at_;
  const char* end_;
  bool well_ = true;
};

template <class Text>
bool read_members(std::string_view line, EntryOf<Text>& entry) {
  constexpr std::string_view begin = "{\"v\":1,";
  if (line.size() > max_line_octets || !line.starts_with(begin)) return false;
  Straight members(line.substr(begin.size()));
  read_envelope(members, entry);
  read_facts(members, entry);
  members.pass("}");
  return members.well() && members.done();
}

}  // namespace

bool read_straight(std::string_view line, Entry& entry) {
  return read_members(line, entry);
}

bool read_straight(std::string_view line, EntryView& entry) {
  return read_members(line, entry);
}

}  // namespace assay::journal::detail
