#include "assay/base/tag_list.h"

#include <algorithm>
#include <set>

#include "assay/base/ascii.h"

namespace assay {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && ascii::is_alpha(name.front()) &&
         std::ranges::all_of(name, [](char c) { return ascii::is_alnum(c) || c == '_'; });
}

/// Names given before. A search along the list serves all real ones; beyond, a set keeps the work
/// from growing with the square.
class Names {
 public:
  /// Whether `name` is none of `tags`; then it counts as given.
  bool add(std::string_view name, const std::vector<Tag>& tags) {
    constexpr std::size_t few = 32;
    if (tags.size() < few) return std::ranges::find(tags, name, &Tag::name) == tags.end();
    if (set_.empty()) {
      for (const Tag& tag : tags) set_.insert(tag.name);
    }
    return set_.insert(name).second;
  }

 private:
  std::set<std::string_view> set_ = {};
};

}  // namespace

TagList split_tags(std::string_view text) {
  TagList list;
  Names names;
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
        add_bounded(list.findings,
                    {"no_tag", "not of the form name=value: " + ascii::printable(piece, 40), at});
      }
      continue;
    }
    if (!names.add(name, list.tags)) {
      add_bounded(list.findings, {"duplicate_tag",
                                  "the tag " + ascii::printable(name, 40) + " is given twice", at});
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
