#include <algorithm>
#include <array>
#include <optional>
#include <ranges>

#include "assay/authres/authres.h"
#include "assay/authres/detail/characters.h"
#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"

namespace assay::authres {
namespace {

constexpr std::string_view field_name = "Authentication-Results";

/// What stands before the first semicolon, with comments, quotes and escapes undone. Readers
/// disagree on whether a comment or a quote ends a word: in `parted` it does, in `joined` it does
/// not.
struct Head {
  std::string joined;
  std::string parted;
};

/// Reads the head of a field. Nothing where a comment or a quoted string does not end.
class HeadReader {
 public:
  explicit HeadReader(std::string_view value) : text_(value) {}

  std::optional<Head> read() {
    for (; at_ < text_.size() && text_[at_] != ';'; ++at_) {
      const bool ends = text_[at_] == '('   ? skip_comment()
                        : text_[at_] == '"' ? read_quoted()
                                            : read_plain();
      if (!ends) return std::nullopt;
    }
    return head_;
  }

 private:
  /// All three leave at_ on the last octet of what they read.
  bool skip_comment() {
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\')
        ++at_;
      else if (text_[at_] == '(')
        ++depth;
      else if (text_[at_] == ')')
        --depth;
      if (depth == 0) break;
    }
    head_.parted += ' ';
    return at_ < text_.size();
  }
  bool read_quoted() {
    head_.parted += ' ';
    const std::size_t begin = head_.parted.size();
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
      if (at_ == text_.size()) break;
      if (!ascii::is_fws(text_[at_])) add(text_[at_]);
    }
    head_.parted += head_.parted.size() == begin ? "\" " : " ";  // an empty word is a word
    return at_ < text_.size();
  }
  bool read_plain() {
    if (text_[at_] != '\\') add(text_[at_]);
    return true;
  }
  void add(char c) {
    head_.joined += c;
    head_.parted += c;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Head head_ = {};
};

/// The first word of `text` and what stands behind it.
std::pair<std::string_view, std::string_view> first_word(std::string_view text) {
  text = ascii::trim_fws(text);
  const std::size_t end =
      static_cast<std::size_t>(std::ranges::find_if(text, ascii::is_fws) - text.begin());
  return {text.substr(0, end), ascii::trim_fws(text.substr(end))};
}

/// The form in which authserv-ids are compared: A-labels in lower case where it is a name.
std::string comparable(std::string_view authserv_id) {
  const auto name = to_a_labels(authserv_id);
  return name ? name->text() : ascii::to_lower(authserv_id);
}

/// Whether a word is our authserv-id, or ours up to the first octet that no token holds. Control
/// characters, which readers may drop, make no difference.
bool claims(std::string_view word, const std::string& ours) {
  std::string text(word);
  std::erase_if(text, detail::is_control);
  if (comparable(text) == ours) return true;
  const auto token_end = std::ranges::find_if(
      text, [](char c) { return !detail::is_token(c) && !ascii::is_octet_above_127(c); });
  return comparable({text.begin(), token_end}) == ours;
}

/// RFC 8601 §2.6: digits behind the authserv-id; without them the version is 1.
bool version_known(std::string_view behind_id) {
  const auto* const end = std::ranges::find_if_not(behind_id, ascii::is_digit);
  const std::string_view digits(behind_id.begin(), end);
  return digits.empty() ||
         (digits.find_first_not_of('0') == digits.size() - 1 && digits.ends_with('1'));
}

}  // namespace

bool must_remove(const mail::Field& field, std::string_view authserv_id) {
  if (!ascii::iequals(field.name, field_name)) return false;
  const std::optional<Head> head = HeadReader(field.value).read();
  if (!head) return true;
  const std::string ours = comparable(authserv_id);
  // RFC 8601 §5: fields that claim to come from within our trust boundary.
  const auto [word, behind] = first_word(head->parted);
  if (claims(word, ours) || claims(first_word(head->joined).first, ours)) return true;
  // RFC 8601 §5: fields of a version that is not supported.
  return !version_known(behind);
}

std::vector<std::size_t> fields_to_remove(const mail::Header& header,
                                          std::string_view authserv_id) {
  std::vector<std::size_t> indexes;
  std::size_t index = 0;
  for (const mail::Field& field : header.fields) {
    if (!ascii::iequals(field.name, field_name)) continue;
    ++index;
    if (must_remove(field, authserv_id)) indexes.push_back(index);
  }
  std::ranges::reverse(indexes);
  return indexes;
}

}  // namespace assay::authres
