#include <algorithm>
#include <span>
#include <utility>

#include "assay/authres/authres.h"
#include "assay/authres/detail/characters.h"
#include "assay/base/ascii.h"
#include "assay/base/utf8.h"

namespace assay::authres {
namespace {

constexpr std::size_t line_length = 78;  // RFC 5322 §2.1.1

/// Behind cleaning no octet is left that could end a line, and none that is not allowed.
std::string clean_text(std::string_view text, Characters characters) {
  const auto plain = [](char c) { return ascii::is_graph(c) || c == ' '; };
  if (text.size() <= max_value && std::ranges::all_of(text, plain)) return std::string(text);
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
  return clean;
}

std::string clean_keyword(std::string_view text) {
  std::string clean = ascii::to_lower(text.substr(0, max_keyword));
  std::ranges::replace_if(clean, [](char c) { return !detail::is_keyword(c); }, '-');
  while (clean.ends_with('-')) clean.pop_back();
  return clean;
}

std::string clean_version(std::string_view text) {
  text = text.substr(std::min(text.find_first_not_of('0'), text.size()));
  const bool number =
      !text.empty() && text.size() <= 9 && std::ranges::all_of(text, ascii::is_digit);
  return number ? std::string(text) : "1";
}

/// Readers that do not know comments well must find nothing in them.
std::string clean_comment(std::string_view text, Characters characters) {
  std::string clean = clean_text(text, characters);
  for (char& c : clean) {
    constexpr std::string_view bad = "()\\;\"";
    constexpr std::string_view good = "[]/,'";
    const std::size_t which = bad.find(c);
    if (which != std::string_view::npos) c = good[which];
  }
  return std::string(ascii::trim_fws(clean));
}

void clean_result(MethodResult& result, Characters characters) {
  result.method = clean_keyword(result.method);
  result.version = clean_version(result.version);
  result.result = clean_keyword(result.result);
  result.reason = clean_text(result.reason, characters);
  result.comment = clean_comment(result.comment, characters);
  for (Property& property : result.properties) {
    property.ptype = clean_keyword(property.ptype);
    property.property = clean_keyword(property.property);
    property.value = clean_text(property.value, characters);
  }
  std::erase_if(result.properties,
                [](const Property& one) { return one.ptype.empty() || one.property.empty(); });
}

/// A value as RFC 8601 §2.2 has it; an address must not stand in quotes there.
std::string written(std::string_view value) {
  return detail::is_token_text(value) ? std::string(value) : detail::quote(value);
}

std::string written_pvalue(std::string_view value) {
  return detail::is_address(value) ? std::string(value) : written(value);
}

/// Words on lines of 78 octets at most, where a word has room in one (RFC 5322 §2.2.3).
class Folder {
 public:
  explicit Folder(std::string_view name) : text_(name), column_(name.size()) {}

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
  std::string text_;
  std::size_t column_;
};

/// The words of one resinfo; `end` stands behind the last of them.
std::vector<std::string> words_of(const MethodResult& result, std::string_view end) {
  std::vector<std::string> words;
  const std::string version = result.version == "1" ? "" : "/" + result.version;
  words.push_back(result.method + version + "=" + result.result);
  if (!result.comment.empty()) {
    const std::string comment = "(" + result.comment + ")";
    for (const std::string_view word : ascii::split(comment, ' ')) {
      if (!word.empty()) words.emplace_back(word);
    }
  }
  if (!result.reason.empty()) words.push_back("reason=" + written(result.reason));
  for (const Property& one : result.properties) {
    words.push_back(one.ptype + "." + one.property + "=" + written_pvalue(one.value));
  }
  words.back() += end;
  return words;
}

}  // namespace

AuthenticationResults cleaned(AuthenticationResults value, Characters characters) {
  value.authserv_id = clean_text(value.authserv_id, characters);
  value.version = "1";
  for (MethodResult& result : value.results) clean_result(result, characters);
  std::erase_if(value.results, [](const MethodResult& result) {
    return result.method.empty() || result.result.empty();
  });
  return value;
}

// RFC 8601 §4: always a field of its own; results are never added to one that is there.
std::string to_field(const AuthenticationResults& value, Characters characters) {
  const AuthenticationResults clean = cleaned(value, characters);
  Folder field("Authentication-Results:");
  // RFC 8601 §2.5
  field.add(written(clean.authserv_id) + ";");
  if (clean.results.empty()) field.add("none");  // RFC 8601 §2.2: no-result
  for (const MethodResult& result : clean.results) {
    const bool last = &result == &clean.results.back();
    const std::vector<std::string> words = words_of(result, last ? "" : ";");
    field.add_line(words.front());
    for (const std::string& word : std::span(words).subspan(1)) field.add(word);
  }
  return field.take();
}

}  // namespace assay::authres
