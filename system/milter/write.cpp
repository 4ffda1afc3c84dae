#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "assay/base/ascii.h"
#include "system/milter/detail/codec.h"

namespace assay::milter::detail {
namespace {

using namespace std::string_view_literals;

void append_number(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift & 0xffU));
  }
}

/// Begins a packet whose length is not known yet; gives the place that end_packet needs.
std::size_t begin_packet(std::string& out, char command) {
  const std::size_t at = out.size();
  append_number(out, 0);
  out.push_back(command);
  return at;
}

void end_packet(std::string& out, std::size_t at) {
  std::string length;
  append_number(length, static_cast<std::uint32_t>(out.size() - at - length_octets));
  out.replace(at, length_octets, length);
}

/// One line of printable ASCII with its NUL. Sendmail takes a message without a reason for not
/// quarantined.
void append_reason(std::string& out, std::string_view reason) {
  const std::size_t at = out.size();
  std::ranges::copy_if(reason, std::back_inserter(out),
                       [](char c) { return ascii::is_graph(c) || c == ' '; });
  if (out.size() == at) out += "quarantined";
  out.push_back('\0');
}

/// A field name as the MTA knows it (it may hold odd octets, and must match), with its NUL.
void append_name(std::string& out, std::string_view name) {
  std::ranges::copy_if(name, std::back_inserter(out),
                       [](char c) { return c != '\0' && c != '\r' && c != '\n'; });
  out.push_back('\0');
}

/// A line feed ends the field for the MTA unless white space follows: then nothing that a value
/// holds can begin another field (RFC 5322 §2.2.3).
void append_value(std::string& out, std::string_view value, LeadingSpace leading_space) {
  if (leading_space == LeadingSpace::written) out.push_back(' ');
  while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\0' || c == '\r') continue;
    out.push_back(c);
    if (c == '\n' && !ascii::is_wsp(value[i + 1])) out.push_back('\t');
  }
  out.push_back('\0');
}

bool is_enhanced_code(std::string_view word, char its_class) {
  if (word.size() < 5 || word[0] != its_class || word[1] != '.') return false;
  const std::size_t dot = word.find('.', 2);
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.size() <= 3 && std::ranges::all_of(text, ascii::is_digit);
  };
  return dot != std::string_view::npos && is_number(word.substr(2, dot - 2)) &&
         is_number(word.substr(dot + 1));
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, std::min(text.find(' '), text.size()));
}

/// The codes of a reply, and how they are taken off a line that already has them.
struct ReplyCodes {
  std::string code = {};      ///< "550"
  std::string enhanced = {};  ///< "5.7.1"

  std::string_view words_of(std::string_view line) const {
    if (line.starts_with(code) && (line.size() == 3 || line[3] == ' ' || line[3] == '-')) {
      line.remove_prefix(std::min<std::size_t>(4, line.size()));
    }
    if (first_word(line) == enhanced) {
      line.remove_prefix(std::min(enhanced.size() + 1, line.size()));
    }
    return line;
  }
};

/// Nothing where the text begins with no 4yz or 5yz code. An enhanced code of the same class is
/// taken from the text; older releases of Postfix refuse a reply without one.
std::optional<ReplyCodes> codes_of(std::string_view text) {
  if (text.size() < 3 || (text[0] != '4' && text[0] != '5')) return {};
  if (!ascii::is_digit(text[1]) || !ascii::is_digit(text[2])) return {};
  if (text.size() > 3 && text[3] != ' ' && text[3] != '-') return {};
  ReplyCodes codes{.code = std::string(text.substr(0, 3))};
  text.remove_prefix(std::min<std::size_t>(4, text.size()));
  const std::string_view word = first_word(text.substr(0, text.find_first_of("\r\n")));
  codes.enhanced = is_enhanced_code(word, codes.code[0]) ? std::string(word)
                                                         : std::string(1, codes.code[0]) + ".7.1";
  return codes;
}

/// RFC 5321 §4.2.1: every line has the code, all but the last with a hyphen behind it.
void append_reply_line(std::string& out, const ReplyCodes& codes, char behind_code,
                       std::string_view words) {
  std::string line = codes.code + behind_code + codes.enhanced;
  if (!words.empty()) line.append(" ").append(words);
  line.resize(std::min(line.size(), max_reply_line));
  for (const char c : line) {
    out.push_back(ascii::is_graph(c) || c == ' ' ? c : '?');
    if (c == '%') out.push_back('%');  // Sendmail takes the reply for a format
  }
}

void append_custom(std::string& out, const ReplyCodes& codes, std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::string_view line : ascii::Pieces(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (lines.size() < max_reply_lines && !line.empty()) lines.push_back(codes.words_of(line));
  }
  const std::size_t at = begin_packet(out, 'y');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += "\r\n";
    append_reply_line(out, codes, i + 1 == lines.size() ? ' ' : '-', lines[i]);
  }
  out.push_back('\0');
  end_packet(out, at);
}

char letter(Reply::Kind kind) {
  switch (kind) {
    case Reply::Kind::proceed:
      return 'c';
    case Reply::Kind::accept:
      return 'a';
    case Reply::Kind::reject:
      return 'r';
    case Reply::Kind::discard:
      return 'd';
    case Reply::Kind::skip:
      return 's';
    case Reply::Kind::tempfail:
    case Reply::Kind::custom:
      break;
  }
  return 't';
}

}  // namespace

void append_packet(std::string& out, char command, std::string_view data) {
  append_number(out, static_cast<std::uint32_t>(data.size() + 1));
  out.push_back(command);
  out += data;
}

void append_offer(std::string& out, const Offer& offer) {
  std::string data;
  append_number(data, offer.version);
  append_number(data, offer.actions);
  append_number(data, offer.protocol);
  append_packet(out, static_cast<char>(Command::negotiate), data);
}

void append_reply(std::string& out, const Reply& reply) {
  if (reply.kind == Reply::Kind::custom) {
    if (const auto codes = codes_of(reply.text)) return append_custom(out, *codes, reply.text);
  }
  append_packet(out, letter(reply.kind), {});
}

void append_edit(std::string& out, const Edit& edit, LeadingSpace leading_space) {
  using enum Edit::Kind;
  const bool named = edit.name.find_first_not_of("\0\r\n"sv) != std::string::npos;
  if (edit.kind != quarantine && !named) return;
  const bool inserts = edit.kind == insert_header;
  const bool changes = edit.kind == change_header || edit.kind == delete_header;
  const std::size_t at = begin_packet(out, inserts                   ? 'i'
                                           : changes                 ? 'm'
                                           : edit.kind == add_header ? 'h'
                                                                     : 'q');
  if (inserts) append_number(out, edit.index);
  if (changes) append_number(out, std::max(edit.index, 1U));
  if (edit.kind == quarantine) {
    append_reason(out, edit.value);
  } else {
    append_name(out, edit.name);
    if (edit.kind == delete_header) {
      out.push_back('\0');  // a value of no octets, not even the space, means deletion
    } else {
      append_value(out, edit.value, leading_space);
    }
  }
  end_packet(out, at);
}

}  // namespace assay::milter::detail
