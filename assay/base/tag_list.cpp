#include "assay/base/tag_list.h"

#include <algorithm>
#include <unordered_set>

#include "assay/base/ascii.h"

namespace assay {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && ascii::is_alpha(name.front()) &&
         std::ranges::all_of(name, [](char c) { return ascii::is_alnum(c) || c == '_'; });
}

}  // namespace

TagList split_tags(std::string_view text) {
  TagList list;
  std::unordered_set<std::string_view> seen;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    const std::string_view piece = text.substr(begin, end - begin);
    const std::size_t equals = piece.find('=');
    const std::string_view name = ascii::trim_fws(piece.substr(0, equals));
    const std::size_t at = begin + static_cast<std::size_t>(name.data() - piece.data());
    const bool last = end == text.size();
    begin = end + 1;
    if (equals == std::string_view::npos || !is_name(name)) {
      const bool trailing = last && name.empty() && equals == std::string_view::npos;
      if (!trailing) {
        list.findings.push_back(
            {"no_tag", "not of the form name=value: " + ascii::printable(piece, 40), at});
      }
      continue;
    }
    if (!seen.insert(name).second) {
      list.findings.push_back(
          {"duplicate_tag", "the tag " + std::string(name) + " is given twice", at});
      continue;
    }
    const std::string_view value = ascii::trim_fws(piece.substr(equals + 1));
    list.tags.push_back({.name = name,
                         .value = value,
                         .at = at,
                         .value_at = static_cast<std::size_t>(value.data() - text.data())});
  }
  return list;
}

std::expected<std::vector<Tag>, Finding> strict_tags(std::string_view text) {
  TagList list = split_tags(text);
  if (!list.findings.empty()) return std::unexpected(std::move(list.findings.front()));
  return std::move(list.tags);
}

}  // namespace assay
