#include "assay/authres/detail/characters.h"

#include <algorithm>

namespace assay::authres::detail {
namespace {

bool is_dot_atom(std::string_view text) {
  return std::ranges::all_of(ascii::Pieces(text, '.'), [](std::string_view atom) {
    return !atom.empty() && std::ranges::all_of(atom, is_atext);
  });
}

/// Underscores stand in names of hosts that mail comes from, whatever RFC 6376 §3.5 says of them.
bool is_domain(std::string_view text) {
  const auto in_label = [](char c) {
    return is_keyword(c) || c == '_' || ascii::is_octet_above_127(c);
  };
  return std::ranges::all_of(ascii::Pieces(text, '.'), [&](std::string_view label) {
    return !label.empty() && std::ranges::all_of(label, in_label);
  });
}

/// Whether `text` is what quote() makes of some text.
bool is_quoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') return false;
    if (text[at] != '\\') continue;
    ++at;
    if (at == text.size() || (text[at] != '"' && text[at] != '\\')) return false;
  }
  return true;
}

}  // namespace

bool is_keyword_text(std::string_view text) {
  return !text.empty() && text.back() != '-' && std::ranges::all_of(text, is_keyword);
}

bool is_token_text(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token);
}

bool is_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || !is_domain(text.substr(at + 1))) return false;
  const std::string_view local_part = text.substr(0, at);
  return local_part.empty() || is_dot_atom(local_part) || is_quoted(local_part);
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace assay::authres::detail
