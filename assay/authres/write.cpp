#include <algorithm>
#include <utility>

#include "assay/authres/authres.h"
#include "assay/authres/detail/characters.h"
#include "assay/base/ascii.h"
#include "assay/base/utf8.h"

namespace assay::authres {
namespace {

constexpr std::size_t line_length = 78;  // RFC 5322 §2.1.1

bool is_plain(std::string_view text) {
  return text.size() <= max_value &&
         std::ranges::all_of(text, [](char c) { return ascii::is_graph(c) || c == ' '; });
}

/// Behind cleaning no octet is left that could end a line, and none that is not allowed.
void clean_text(std::string& value, Characters characters) {
  if (is_plain(value)) return;
  std::string_view text = value;
  std::string clean;
  while (!text.empty()) {
    const utf8::CodePoint next = utf8::decode(text);
    const std::size_t octets = std::max<std::size_t>(next.octets, 1);
    const bool allowed = next.octets > 0 && utf8::is_harmless(next.value) &&
                         (next.octets == 1 || characters == Characters::utf8);
    if (clean.size() + octets > max_value) break;
    clean += allowed ? text.substr(0, octets) : std::string_view("?");
    text.remove_prefix(octets);
  }
  value = std::move(clean);
}

void clean_keyword(std::string& text) {
  const bool clean =
      text.size() <= max_keyword && std::ranges::all_of(text, detail::is_clean_keyword);
  if (clean && !text.ends_with('-')) return;
  if (text.size() > max_keyword) text.resize(max_keyword);
  for (char& c : text) c = detail::is_keyword(c) ? ascii::to_lower(c) : '-';
  while (text.ends_with('-')) text.pop_back();
}

void clean_version(std::string& text) {
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  const bool number =
      !text.empty() && text.size() <= 9 && std::ranges::all_of(text, ascii::is_digit);
  if (!number) text = "1";
}

/// Readers that do not know comments well must find nothing in them.
void clean_comment(std::string& text, Characters characters) {
  if (text.empty()) return;
  clean_text(text, characters);
  for (char& c : text) {
    constexpr std::string_view bad = "()\\;\"";
    constexpr std::string_view good = "[]/,'";
    const std::size_t which = bad.find(c);
    if (which != std::string_view::npos) c = good[which];
  }
  text = std::string(ascii::trim_fws(text));
}

void clean_result(MethodResult& result, Characters characters) {
  clean_keyword(result.method);
  clean_version(result.version);
  clean_keyword(result.result);
  clean_text(result.reason, characters);
  clean_comment(result.comment, characters);
  for (Property& property : result.properties) {
    clean_keyword(property.ptype);
    clean_keyword(property.property);
    clean_text(property.value, characters);
  }
  std::erase_if(result.properties,
                [](const Property& one) { return one.ptype.empty() || one.property.empty(); });
}

/// Appends a value as RFC 8601 §2.2 has it.
void append_value(std::string& word, std::string_view value) {
  if (detail::is_token_text(value)) {
    word += value;
  } else {
    word += detail::quote(value);
  }
}

/// The same for a pvalue: an address must not stand in quotes there.
void append_pvalue(std::string& word, std::string_view value) {
  if (detail::is_address(value)) {
    word += value;
  } else {
    append_value(word, value);
  }
}

/// Words on lines of 78 octets at most, where a word has room in one (RFC 5322 §2.2.3).
class Folder {
 public:
  explicit Folder(std::string_view name) : text_(name), column_(name.size()) {
    text_.reserve(usual_octets);
  }

  /// On the line that is being written, or on the next where it has no room.
  void add(std::string_view word) {
    if (column_ + 1 + word.size() > line_length) return add_line(word);
    text_ += ' ';
    text_ += word;
    column_ += 1 + word.size();
  }
  /// On a new line.
  void add_line(std::string_view word) {
    text_ += "\r\n\t";
    text_ += word;
    column_ = 1 + word.size();
  }
  std::string take() { return std::move(text_); }

 private:
  static constexpr std::size_t usual_octets = 800;
  std::string text_;
  std::size_t column_;
};

/// Writes the words of one resinfo, `end` behind the last of them.
class ResultWriter {
 public:
  ResultWriter(Folder& field, std::string_view end) : field_(field), end_(end) {}
  void write(const MethodResult& result);

 private:
  /// Begins a word behind the one that is finished by that.
  std::string& next(bool first = false);
  void put();

  Folder& field_;
  std::string_view end_;
  std::string word_ = {};
  bool on_new_line_ = true;
};

void ResultWriter::put() {
  if (on_new_line_) {
    field_.add_line(word_);
  } else {
    field_.add(word_);
  }
  on_new_line_ = false;
}

std::string& ResultWriter::next(bool first) {
  if (!first) put();
  word_.clear();
  return word_;
}

void ResultWriter::write(const MethodResult& result) {
  std::string& word = next(true);
  word += result.method;
  if (result.version != "1") word.append("/").append(result.version);
  word.append("=").append(result.result);
  if (!result.comment.empty()) {
    const std::string comment = "(" + result.comment + ")";
    for (const std::string_view piece : ascii::Pieces(comment, ' ')) {
      if (!piece.empty()) next() += piece;
    }
  }
  if (!result.reason.empty()) append_value(next().append("reason="), result.reason);
  for (const Property& one : result.properties) {
    next().append(one.ptype).append(".").append(one.property).append("=");
    append_pvalue(word_, one.value);
  }
  word_ += end_;
  put();
}

}  // namespace

AuthenticationResults cleaned(AuthenticationResults value, Characters characters) {
  clean_text(value.authserv_id, characters);
  value.version = "1";
  for (MethodResult& result : value.results) clean_result(result, characters);
  std::erase_if(value.results, [](const MethodResult& result) {
    return result.method.empty() || result.result.empty();
  });
  return value;
}

// RFC 8601 §4: always a field of its own; results are never added to one that is there.
std::string to_field(AuthenticationResults value, Characters characters) {
  const AuthenticationResults clean = cleaned(std::move(value), characters);
  Folder field("Authentication-Results:");
  std::string authserv_id;
  append_value(authserv_id, clean.authserv_id);
  field.add(authserv_id + ";");                  // RFC 8601 §2.5
  if (clean.results.empty()) field.add("none");  // RFC 8601 §2.2: no-result
  for (const MethodResult& result : clean.results) {
    const bool last = &result == &clean.results.back();
    ResultWriter(field, last ? "" : ";").write(result);
  }
  return field.take();
}

}  // namespace assay::authres
