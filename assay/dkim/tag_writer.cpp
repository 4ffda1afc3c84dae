#include "assay/dkim/detail/tag_writer.h"

#include <algorithm>

namespace assay::dkim::detail {
namespace {

// RFC 5322 §2.1.1
constexpr std::size_t line_octets = 78;

}  // namespace

void TagWriter::new_line() {
  text_ += "\r\n\t";
  column_ = 1;
}

/// What is not cut, on this line or on the next.
void TagWriter::piece(std::string_view text) {
  if (column_ > 1 && column_ + text.size() > line_octets) new_line();
  text_ += text;
  column_ += text.size();
}

void TagWriter::cut(std::string_view value) {
  while (!value.empty()) {
    if (column_ >= line_octets) new_line();
    const std::string_view now = value.substr(0, line_octets - column_);
    text_ += now;
    column_ += now.size();
    value.remove_prefix(now.size());
  }
}

void TagWriter::tag(std::string_view name, std::string_view value) {
  std::string whole(name);
  whole += '=';
  whole += value;
  whole += ';';
  if (column_ > 1 && column_ + 1 + whole.size() > line_octets) new_line();
  if (column_ > 1) piece(" ");
  piece(whole);
}

void TagWriter::words(std::string_view name, const std::vector<std::string>& words) {
  new_line();
  piece(std::string(name) + "=");
  for (std::size_t i = 0; i < words.size(); ++i) {
    piece(words[i] + (i + 1 < words.size() ? ":" : ";"));
  }
}

void TagWriter::base64(std::string_view name, std::string_view value) {
  new_line();
  piece(std::string(name) + "=");
  cut(value);
  piece(";");
}

void TagWriter::last(std::string_view name) {
  new_line();
  piece(std::string(name) + "=");
}

void TagWriter::last_value(std::string_view base64) {
  cut(base64);
}

}  // namespace assay::dkim::detail
