#include "assay/dmarc/detail/tags.h"

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"

namespace assay::dmarc {
namespace detail {
namespace {

constexpr std::array<std::string_view, tag_count> names = {
    "v", "p", "sp", "np", "adkim", "aspf", "t", "psd", "fo", "rua", "ruf", "pct", "ri", "rf"};

std::size_t skip_wsp(std::string_view text, std::size_t at) {
  while (at < text.size() && ascii::is_wsp(text[at])) ++at;
  return at;
}

}  // namespace

std::string why_no_record(std::string_view text) {
  if (text.empty()) return "an empty text is no DMARC record";
  if (is_dmarc_record(ascii::trim_fws(text))) {
    return "white space stands before v=DMARC1, so receivers take this for no DMARC record";
  }
  if (ascii::istarts_with(text, "v=spf1")) return "this is an SPF record, not one of DMARC";
  if (text.starts_with("v=DMARC1 ") || text.starts_with("v=DMARC1\t")) {
    return "a semicolon is missing behind v=DMARC1, so receivers take this for no DMARC record";
  }
  return "a DMARC record begins with v=DMARC1 in exactly these letters";
}

std::string plain_text(std::string_view text) {
  const bool plain =
      std::ranges::all_of(text, [](char c) { return ascii::is_graph(c) || ascii::is_wsp(c); });
  return plain ? std::string(text) : ascii::printable(text, text.size());
}

namespace {

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, ascii::is_alpha);
}

/// Takes the pieces one after the other; the state of `split`.
class Splitter {
 public:
  explicit Splitter(PolicyRecord& record) : record_(record) {}

  void take(std::string_view piece, std::size_t at, std::size_t order) {
    const std::size_t equals = piece.find('=');
    const std::string_view name = ascii::trim_wsp(piece.substr(0, equals));
    const std::size_t name_at = at + static_cast<std::size_t>(name.data() - piece.data());
    // RFC 9989 §4.8: dmarc-tag = 1*ALPHA equals 1*dmarc-value
    if (equals == std::string_view::npos || !is_name(name)) {
      note(record_, {.code = "no_tag",
                     .what = "not of the form name=value, ignored: " + ascii::printable(piece, 40),
                     .at = name_at});
      return;
    }
    const std::string_view value = ascii::trim_wsp(piece.substr(equals + 1));
    add({.name = name,
         .value = value,
         .at = name_at,
         .value_at = at + static_cast<std::size_t>(value.data() - piece.data()),
         .order = order});
  }

  Tags tags() const { return tags_; }

 private:
  void add(const Piece& piece) {
    const std::string name = ascii::to_lower(piece.name);
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return add_unknown(piece, name);
    Seen& seen = tags_.known[static_cast<std::size_t>(found - names.begin())];
    if (++seen.count > 1) return add_repeated(piece, name);
    seen.first = piece;
    record_.tags.emplace_back(name, plain_text(piece.value));
  }

  void add_repeated(const Piece& piece, const std::string& name) {
    note(record_, {.code = "duplicate_tag",
                   .what = "the tag " + name + " stands here again, so that " +
                           (name == "v" ? "this one is ignored" : "none of them counts"),
                   .at = piece.at});
  }

  // RFC 9989 §4.7: unknown tags are ignored, wherever they stand.
  void add_unknown(const Piece& piece, const std::string& name) {
    if (++unknown_ > max_unknown_tags) return;
    const bool again =
        std::ranges::any_of(record_.tags, [&](const auto& tag) { return tag.first == name; });
    if (again) return add_repeated(piece, name);
    record_.tags.emplace_back(name, plain_text(piece.value));
    note(record_, {.code = "unknown_tag",
                   .what = "DMARC has no tag " + ascii::printable(name, 40) + ", so it is ignored",
                   .at = piece.at,
                   .level = Level::warning});
  }

  PolicyRecord& record_;
  Tags tags_ = {};
  std::size_t unknown_ = 0;
};

}  // namespace

void note(PolicyRecord& record, Finding finding) {
  if (record.findings.size() < max_record_findings) record.findings.push_back(std::move(finding));
}

Tags split(std::string_view text, PolicyRecord& record) {
  Splitter splitter(record);
  std::size_t order = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    const std::string_view piece = text.substr(begin, end - begin);
    if (!ascii::trim_wsp(piece).empty()) {
      splitter.take(piece, begin, order++);
    } else if (end < text.size()) {  // RFC 9989 §4.8: a last semicolon may stand there, or not
      note(record, {.code = "empty_tag",
                    .what = "nothing stands between two semicolons",
                    .at = begin,
                    .level = Level::warning});
    }
    begin = end + 1;
  }
  return splitter.tags();
}

}  // namespace detail

bool is_dmarc_record(std::string_view text) {
  // RFC 9989 §4.8: nothing stands before the v, not even white space.
  if (text.empty() || ascii::to_lower(text.front()) != 'v') return false;
  std::size_t at = detail::skip_wsp(text, 1);
  if (at == text.size() || text[at] != '=') return false;
  at = detail::skip_wsp(text, at + 1);
  // RFC 9989 §4.7: the value is case-sensitive, the name of the tag is not.
  constexpr std::string_view version = "DMARC1";
  if (!text.substr(at).starts_with(version)) return false;
  at = detail::skip_wsp(text, at + version.size());
  return at == text.size() || text[at] == ';';
}

}  // namespace assay::dmarc
