#include "system/json/value.h"

#include <array>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"

namespace assay::json {
namespace {

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> table = {};
  for (std::size_t c = 0x20; c < 0x80; ++c) table[c] = c != '"' && c != '\\';
  return table;
}
/// ASCII that stands for itself in a JSON string.
constexpr std::array<bool, 256> plain = make_plain();

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// The first octet at or behind `at` that does not stand for itself.
std::size_t skip_plain(std::string_view text, std::size_t at) {
  constexpr std::size_t block = 32;
  while (at + block <= text.size()) {
    unsigned special = 0;
    for (std::size_t i = 0; i < block; ++i) {
      const auto c = static_cast<unsigned char>(text[at + i]);
      special |= static_cast<unsigned>(c == '"') | static_cast<unsigned>(c == '\\') |
                 static_cast<unsigned>(c < 0x20) | static_cast<unsigned>(c >= 0x80);
    }
    if (special != 0) break;
    at += block;
  }
  while (at < text.size() && plain[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

/// A recursive descent that goes no deeper than the limit. RFC 8259 §2, §9
/// Each function answers whether all is
/// well; the first error stays.
class Reader {
 public:
  Reader(std::string_view text, const ReadLimits& limits) : text_(text), limits_(limits) {}

  Reading run() {
    Reading reading;
    if (read_value(reading.value, 0)) {
      skip_space();
      if (at_ != text_.size()) fail("nothing may stand behind the JSON value");
    }
    reading.error = std::move(error_);
    return reading;
  }

 private:
  bool fail(std::string_view what, std::string_view code = "json") {
    error_ = Finding{code, std::string(what), at_};
    return false;
  }
  bool step() {
    ++at_;
    return true;
  }
  bool done() const { return at_ == text_.size(); }
  bool next_is(char c) const { return !done() && text_[at_] == c; }
  void skip_space() {
    while (!done() && is_space(text_[at_])) ++at_;
  }

  bool read_value(Value& value, std::size_t depth) {
    if (++values_ > limits_.values) return fail("too many values", "json_values");
    skip_space();
    if (done()) return fail("a value is missing");
    switch (text_[at_]) {
      case '{':
        value.kind = Value::Kind::object;
        return enter(value, depth);
      case '[':
        value.kind = Value::Kind::array;
        return enter(value, depth);
      case '"':
        value.kind = Value::Kind::string;
        return read_string(value.text);
      case 't':
        value.kind = Value::Kind::boolean;
        return read_word("true", value.text);
      case 'f':
        value.kind = Value::Kind::boolean;
        return read_word("false", value.text);
      case 'n':
        value.kind = Value::Kind::null;
        return read_word("null", value.text);
      default:
        value.kind = Value::Kind::number;
        return read_number(value.text);
    }
  }

  bool enter(Value& value, std::size_t depth) {
    if (depth == limits_.depth) return fail("nested too deeply", "json_depth");
    const bool object = value.kind == Value::Kind::object;
    const char end = object ? '}' : ']';
    ++at_;
    skip_space();
    if (next_is(end)) return step();
    while (object ? read_member(value, depth) : read_item(value, depth)) {
      skip_space();
      if (next_is(end)) return step();
      if (!next_is(','))
        return fail(object ? "a comma or } is missing" : "a comma or ] is missing");
      ++at_;
    }
    return false;
  }

  bool read_item(Value& value, std::size_t depth) {
    value.items.emplace_back();
    return read_value(value.items.back(), depth + 1);
  }

  bool read_member(Value& value, std::size_t depth) {
    skip_space();
    if (!next_is('"')) return fail("a member's name in quotation marks is missing");
    Member member;
    if (!read_string(member.name)) return false;
    skip_space();
    if (!next_is(':')) return fail("a colon is missing");
    ++at_;
    if (!read_value(member.value, depth + 1)) return false;
    value.members.push_back(std::move(member));
    return true;
  }

  bool read_word(std::string_view word, std::string& text) {
    if (!text_.substr(at_).starts_with(word)) return fail("this is no JSON value");
    at_ += word.size();
    text = word;
    return true;
  }

  void skip_digits() {
    while (!done() && ascii::is_digit(text_[at_])) ++at_;
  }
  bool read_digits() {
    const std::size_t begin = at_;
    skip_digits();
    return at_ != begin || fail("a digit is missing");
  }

  bool read_number(std::string& text) {
    const std::size_t begin = at_;
    if (next_is('-')) ++at_;
    if (done() || !ascii::is_digit(text_[at_])) return fail("this is no JSON value");
    if (next_is('0')) {
      ++at_;
    } else {
      skip_digits();
    }
    if (next_is('.')) {
      ++at_;
      if (!read_digits()) return false;
    }
    if (next_is('e') || next_is('E')) {
      ++at_;
      if (next_is('+') || next_is('-')) ++at_;
      if (!read_digits()) return false;
    }
    text = text_.substr(begin, at_ - begin);
    return true;
  }

  bool read_string(std::string& out) {
    ++at_;
    while (true) {
      const std::size_t run = at_;
      at_ = skip_plain(text_, at_);
      out += text_.substr(run, at_ - run);
      if (done()) return fail("a string does not end");
      const char c = text_[at_];
      if (c == '"') return step();
      if (!(c == '\\' ? read_escape(out) : read_octets(out))) return false;
    }
  }

  bool read_octets(std::string& out) {
    const utf8::CodePoint next = utf8::decode(text_.substr(at_, 4));
    if (next.octets == 0) return fail("octets that are no UTF-8; use base64 for such a text");
    if (next.octets == 1) return fail("a control character in a string must be escaped");
    out += text_.substr(at_, next.octets);
    at_ += next.octets;
    return true;
  }

  bool read_escape(std::string& out) {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (at_ + 1 == text_.size()) return fail("a string does not end");
    const char c = text_[at_ + 1];
    if (c == 'u') return read_unicode(out);
    const std::size_t which = names.find(c);
    if (which == std::string_view::npos) return fail("this escape does not exist");
    out += meanings[which];
    at_ += 2;
    return true;
  }

  /// The unit of a \uXXXX that stands at `at_`.
  std::optional<std::uint32_t> read_unit() {
    const std::string_view escape = text_.substr(at_, 6);
    if (escape.size() < 6 || !escape.starts_with("\\u")) return std::nullopt;
    std::uint32_t unit = 0;
    for (const char c : escape.substr(2)) {
      const int digit = ascii::hex_value(c);
      if (digit < 0) return std::nullopt;
      unit = unit * 16 + static_cast<std::uint32_t>(digit);
    }
    at_ += 6;
    return unit;
  }

  bool read_unicode(std::string& out) {
    constexpr std::string_view half = "half of a surrogate pair; use base64 for octets";
    const std::optional<std::uint32_t> unit = read_unit();
    if (!unit) return fail("\\u wants four hexadecimal digits");
    std::uint32_t code_point = *unit;
    if (code_point >= 0xd800 && code_point <= 0xdfff) {
      if (code_point > 0xdbff) return fail(half);
      const std::optional<std::uint32_t> low = read_unit();
      if (!low || *low < 0xdc00 || *low > 0xdfff) return fail(half);
      code_point = 0x10000 + ((code_point - 0xd800) << 10) + (*low - 0xdc00);
    }
    utf8::append(out, code_point);
    return true;
  }

  std::string_view text_;
  ReadLimits limits_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
  std::optional<Finding> error_ = {};
};

}  // namespace

std::string_view describe(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::null:
      return "null";
    case Value::Kind::boolean:
      return "a boolean";
    case Value::Kind::number:
      return "a number";
    case Value::Kind::string:
      return "a string";
    case Value::Kind::array:
      return "an array";
    case Value::Kind::object:
      return "an object";
  }
  return "";
}

Reading read(std::string_view text, const ReadLimits& limits) {
  return Reader(text, limits).run();
}

}  // namespace assay::json
