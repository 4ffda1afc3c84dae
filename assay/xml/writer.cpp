#include "assay/xml/writer.h"

#include <array>
#include <cassert>

#include "assay/base/utf8.h"

namespace assay::xml {
namespace {

/// Octets that stand for themselves in text: those of ASCII that are no markup and no control
/// character, with tab and line feed.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (unsigned i = ' '; i < 0x7f; ++i) plain[i] = true;
  plain[static_cast<unsigned>('\t')] = true;
  plain[static_cast<unsigned>('\n')] = true;
  for (const char c : {'&', '<', '>'}) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}
constexpr std::array<bool, 256> plain = make_plain();

/// Char of XML 1.0 §2.2, without what must be escaped.
bool is_char(std::uint32_t code_point) {
  return (code_point >= 0x20 && code_point <= 0xd7ff) ||
         (code_point >= 0xe000 && code_point <= 0xfffd) ||
         (code_point >= 0x10000 && code_point <= 0x10ffff);
}

/// Appends the character at the beginning of `octets`, which is not plain; gives its length.
std::size_t append_special(std::string& out, std::string_view octets) {
  switch (octets.front()) {
    case '&':
      out += "&amp;";
      return 1;
    case '<':
      out += "&lt;";
      return 1;
    case '>':
      out += "&gt;";
      return 1;
    case '\r':
      out += "&#13;";
      return 1;
    default:
      break;
  }
  const utf8::CodePoint next = utf8::decode(octets);
  if (next.octets > 0 && is_char(next.value)) {
    out += octets.substr(0, next.octets);
    return next.octets;
  }
  utf8::append(out, utf8::replacement);
  return next.octets > 0 ? next.octets : 1;
}

}  // namespace

void append_text(std::string& out, std::string_view octets) {
  while (!octets.empty()) {
    std::size_t run = 0;
    while (run < octets.size() && plain[static_cast<unsigned char>(octets[run])]) ++run;
    out.append(octets, 0, run);
    octets.remove_prefix(run);
    if (!octets.empty()) octets.remove_prefix(append_special(out, octets));
  }
}

void Writer::tag(std::string_view before, std::string_view name, std::string_view after) {
  out_ += before;
  out_ += name;
  out_ += after;
}

void Writer::open(std::string_view name) {
  indent();
  tag("<", name, ">\n");
  open_.push_back(name);
  ++level_;
}

void Writer::open(std::string_view name, std::string_view name_space) {
  indent();
  tag("<", name, " xmlns=\"");
  for (const char c : name_space) {
    if (c == '"') {
      out_ += "&quot;";
    } else {
      append_text(out_, {&c, 1});
    }
  }
  out_ += "\">\n";
  open_.push_back(name);
  ++level_;
}

void Writer::close() {
  assert(!open_.empty());
  const std::string_view name = open_.back();
  open_.pop_back();
  close(name);
}

void Writer::close(std::string_view name) {
  assert(level_ > 0);
  --level_;
  indent();
  tag("</", name, ">\n");
}

void Writer::element(std::string_view name, std::string_view text) {
  indent();
  tag("<", name, ">");
  append_text(out_, text);
  tag("</", name, ">\n");
}

void Writer::element(std::string_view name, std::int64_t number) {
  element(name, std::string_view(std::to_string(number)));
}

void Writer::element(std::string_view name, std::uint64_t number) {
  element(name, std::string_view(std::to_string(number)));
}

void Writer::optional_element(std::string_view name, std::string_view text) {
  if (!text.empty()) element(name, text);
}

}  // namespace assay::xml
