#include "system/json/writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "assay/base/utf8.h"

namespace assay::json {
namespace {

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> table = {};
  for (std::size_t c = 0x20; c < 0x7f; ++c) table[c] = c != '"' && c != '\\';
  return table;
}
/// ASCII that stands in a JSON string as it is.
constexpr std::array<bool, 256> plain = make_plain();

bool one_plain(char c) {
  return plain[static_cast<unsigned char>(c)];
}

using Sixteen [[gnu::vector_size(16)]] = std::uint8_t;
using TwoWords [[gnu::vector_size(16)]] = std::uint64_t;

inline bool sixteen_plain(Sixteen octets) {
  const auto special = (octets < 0x20) | (octets > 0x7e) | (octets == '"') | (octets == '\\');
  const TwoWords words = reinterpret_cast<TwoWords>(special);
  return (words[0] | words[1]) == 0;
}

template <class Word>
Word load(const char* from) {
  Word word = {};
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// Whether the text stands in a JSON string as it is. Sixteen octets at a time, the last ones
/// twice: most texts are short, and to look at each octet would be most of what a line costs.
bool all_plain(std::string_view text) {
  const std::size_t size = text.size();
  const char* const from = text.data();
  if (size < 4) return std::ranges::all_of(text, one_plain);
  if (size < 8) {
    const TwoWords ends = {load<std::uint32_t>(from), load<std::uint32_t>(from + size - 4)};
    return sixteen_plain(reinterpret_cast<Sixteen>(ends * 0x100000001));
  }
  if (size < 16) {
    const TwoWords ends = {load<std::uint64_t>(from), load<std::uint64_t>(from + size - 8)};
    return sixteen_plain(reinterpret_cast<Sixteen>(ends));
  }
  for (std::size_t at = 0; at + 16 < size; at += 16) {
    if (!sixteen_plain(load<Sixteen>(from + at))) return false;
  }
  return sixteen_plain(load<Sixteen>(from + size - 16));
}

/// Writes the text in quotation marks; answers with the end.
inline char* put_quoted(char* to, std::string_view text) {
  *to++ = '"';
  to += text.copy(to, text.size());
  *to++ = '"';
  return to;
}

}  // namespace

void Writer::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
}

void Writer::close(char bracket) {
  out_ += bracket;
  first_ = false;
}

void Writer::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

void Writer::key(std::string_view name) {
  string(name);
  out_ += ':';
  first_ = true;
}

void Writer::plain_key(std::string_view name) {
  assert(all_plain(name));
  append_plain(name);
  out_ += ':';
  first_ = true;
}

void Writer::string(std::string_view octets) {
  if (all_plain(octets)) return append_plain(octets);
  append_with_escapes(octets);
}

void Writer::append_plain(std::string_view octets) {
  separate();
  const std::size_t old = out_.size();
  const std::size_t size = old + octets.size() + 2;
  out_.resize_and_overwrite(size, [&](char* text, std::size_t) {
    put_quoted(text + old, octets);
    return size;
  });
}

void Writer::append_with_escapes(std::string_view octets) {
  separate();
  out_ += '"';
  std::size_t at = 0;
  while (at < octets.size()) {
    const std::size_t run = at;
    while (at < octets.size() && one_plain(octets[at])) ++at;
    out_ += octets.substr(run, at - run);
    if (at == octets.size()) break;
    const utf8::CodePoint next = utf8::decode(octets.substr(at, 4));
    utf8::append_json(out_, next.octets == 0 ? utf8::replacement : next.value);
    at += next.octets == 0 ? 1 : next.octets;
  }
  out_ += '"';
}

void Writer::number(std::uint64_t value) {
  std::array<char, 20> text = {};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  raw({text.data(), end.ptr});
}

void Writer::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
}

void Writer::tenths(double value) {
  separate();
  std::array<char, 32> text = {};
  const double finite = std::isfinite(value) ? value : 0;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), finite, std::chars_format::fixed, 1);
  out_.append(text.data(), end.ec == std::errc{} ? end.ptr : text.data());
  if (end.ec != std::errc{}) out_ += '0';
}

void Writer::raw(std::string_view json) {
  separate();
  out_ += json;
}

void Writer::member(std::string_view name, std::string_view octets) {
  if (!octets.empty()) member_always(name, octets);
}

void Writer::member_always(std::string_view name, std::string_view octets) {
  assert(all_plain(name));
  if (!all_plain(octets)) {
    key(name);
    return string(octets);
  }
  const std::size_t old = out_.size();
  const bool comma = !std::exchange(first_, false);
  const std::size_t size = old + name.size() + octets.size() + (comma ? 6 : 5);
  out_.resize_and_overwrite(size, [&](char* text, std::size_t) {
    char* end = text + old;
    if (comma) *end++ = ',';
    end = put_quoted(end, name);
    *end++ = ':';
    put_quoted(end, octets);
    return size;
  });
}

void Writer::member_number(std::string_view name, std::uint64_t value) {
  plain_key(name);
  number(value);
}

void Writer::member(std::string_view name, std::span<const std::string> texts) {
  if (!texts.empty()) member_always(name, texts);
}

void Writer::member_always(std::string_view name, std::span<const std::string> texts) {
  plain_key(name);
  begin_array();
  for (const std::string& each : texts) string(each);
  end_array();
}

void Writer::member_boolean(std::string_view name, bool value) {
  plain_key(name);
  boolean(value);
}

std::string Writer::take() {
  first_ = true;
  return std::exchange(out_, {});
}

}  // namespace assay::json
