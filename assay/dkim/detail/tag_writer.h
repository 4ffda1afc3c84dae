#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay::dkim::detail {

/// Writes a field that holds a tag list (RFC 6376 §3.2), folded at 78 octets where white space may
/// stand.
class TagWriter {
 public:
  /// `name` with its colon.
  explicit TagWriter(std::string_view name) : text_(name), column_(name.size()) {}

  /// A tag that is not folded inside.
  void tag(std::string_view name, std::string_view value);
  /// A tag of words with colons between them.
  void words(std::string_view name, const std::vector<std::string>& words);
  /// A tag whose value may be cut anywhere (RFC 6376 §2.10).
  void base64(std::string_view name, std::string_view value);
  /// `name=`, on a line of its own and without the semicolon: the last tag, whose value comes with
  /// last_value.
  void last(std::string_view name);
  /// The value of that tag, likewise cut anywhere; its first piece stands right behind the "=".
  void last_value(std::string_view base64);

  const std::string& text() const { return text_; }

 private:
  void new_line();
  void piece(std::string_view text);
  void cut(std::string_view value);

  std::string text_;
  std::size_t column_;
};

}  // namespace assay::dkim::detail
