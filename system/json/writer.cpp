#include "system/json/writer.h"

#include <array>
#include <charconv>
#include <cmath>
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

void append_u(std::string& out, std::uint32_t unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += digits[(unit >> shift) & 0xf];
}

// RFC 8259 §7
void append_escaped(std::string& out, std::uint32_t code_point) {
  switch (code_point) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (utf8::is_harmless(code_point)) return utf8::append(out, code_point);
  if (code_point < 0x10000) return append_u(out, code_point);
  const std::uint32_t rest = code_point - 0x10000;
  append_u(out, 0xd800 + (rest >> 10));
  append_u(out, 0xdc00 + (rest & 0x3ff));
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

void Writer::string(std::string_view octets) {
  separate();
  out_ += '"';
  std::size_t at = 0;
  while (at < octets.size()) {
    const std::size_t run = at;
    while (at < octets.size() && plain[static_cast<unsigned char>(octets[at])]) ++at;
    out_ += octets.substr(run, at - run);
    if (at == octets.size()) break;
    const utf8::CodePoint next = utf8::decode(octets.substr(at, 4));
    append_escaped(out_, next.octets == 0 ? 0xfffd : next.value);
    at += next.octets == 0 ? 1 : next.octets;
  }
  out_ += '"';
}

void Writer::number(std::uint64_t value) {
  separate();
  out_ += std::to_string(value);
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
  if (octets.empty()) return;
  key(name);
  string(octets);
}

void Writer::member_number(std::string_view name, std::uint64_t value) {
  key(name);
  number(value);
}

void Writer::member_boolean(std::string_view name, bool value) {
  key(name);
  boolean(value);
}

std::string Writer::take() {
  first_ = true;
  return std::exchange(out_, {});
}

}  // namespace assay::json
