#include "assay/base/tag_list.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

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

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) { list_.tags.reserve(usual_tags); }
  void take(std::size_t begin, std::size_t end);
  TagList done() { return std::move(list_); }

 private:
  /// The texts of findings that nobody will see are not made: they would be the cost of hostile
  /// text.
  bool all_found() const { return list_.findings.size() == max_findings; }
  void find(std::string_view code, std::string what, std::size_t at) {
    add_bounded(list_.findings, {.code = code, .what = std::move(what), .at = at}, max_findings);
  }
  std::size_t offset(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - text_.data());
  }

  static constexpr std::size_t usual_tags = 16;
  static constexpr std::size_t max_findings = 100;
  std::string_view text_;
  TagList list_ = {};
  Names names_ = {};
};

void Splitter::take(std::size_t begin, std::size_t end) {
  const std::string_view piece = text_.substr(begin, end - begin);
  const std::size_t equals = piece.find('=');
  const std::string_view name = ascii::trim_fws(piece.substr(0, equals));
  if (equals == std::string_view::npos && name.empty() && end == text_.size()) return;
  if (equals == std::string_view::npos || !is_name(name)) {
    if (all_found()) return;
    find("no_tag", "not of the form name=value: " + ascii::printable(piece, 40), offset(name));
    return;
  }
  if (!names_.add(name, list_.tags)) {
    if (all_found()) return;
    find("duplicate_tag", "the tag " + ascii::printable(name, 40) + " is given twice",
         offset(name));
    return;
  }
  const std::string_view value = ascii::trim_fws(piece.substr(equals + 1));
  list_.tags.push_back(
      {.name = name, .value = value, .at = offset(name), .value_at = offset(value)});
}

}  // namespace

TagList split_tags(std::string_view text) {
  Splitter splitter(text);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    splitter.take(begin, end);
    begin = end + 1;
  }
  return splitter.done();
}

std::expected<std::vector<Tag>, Finding> strict_tags(std::string_view text) {
  TagList list = split_tags(text);
  if (!list.findings.empty()) return std::unexpected(std::move(list.findings.front()));
  return std::move(list.tags);
}

}  // namespace assay
