#include "system/imap/response.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::imap {
namespace {

std::unexpected<Finding> broken(std::string_view code, std::string what) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = 0});
}

/// The n of a line that ends in "{n}".
std::optional<std::size_t> announced(std::string_view line) {
  if (!line.ends_with('}')) return std::nullopt;
  const std::size_t open = line.rfind('{');
  if (open == std::string_view::npos) return std::nullopt;
  const auto number = ascii::parse_number(line.substr(open + 1, line.size() - open - 2));
  if (!number || *number > std::numeric_limits<std::size_t>::max() / 2) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

std::optional<std::uint32_t> number_of(std::string_view digits) {
  const auto number = ascii::parse_number(digits);
  if (!number || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

/// Reads names and values between the brackets of a FETCH.
class FetchReader {
 public:
  FetchReader(std::string_view text, std::vector<Literal>& literals)
      : text_(text), literals_(literals) {}

  bool at_end() {
    skip_spaces();
    return text_.empty() || text_.front() == ')';
  }
  /// "UID", "BODY[]", "BODY[HEADER.FIELDS (X)]".
  std::string_view name() {
    std::size_t end = text_.find_first_of(" [)");
    if (end != std::string_view::npos && text_[end] == '[') end = text_.find(']', end);
    end = end == std::string_view::npos ? text_.size() : end + (text_[end] == ']' ? 1U : 0U);
    const std::string_view name = text_.substr(0, end);
    text_.remove_prefix(end);
    return name;
  }
  /// False: there is none that is well formed.
  bool value() {
    skip_spaces();
    atom_ = {};
    string_.reset();
    if (text_.empty()) return false;
    if (text_.starts_with("{}")) return literal();
    if (text_.front() == '"') return quoted_string();
    if (text_.front() == '(') return list();
    atom_ = text_.substr(0, text_.find_first_of(" )"));
    text_.remove_prefix(atom_.size());
    return !atom_.empty();
  }
  std::string_view atom() const { return atom_; }
  std::optional<Literal>& string() { return string_; }

 private:
  void skip_spaces() { text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size())); }
  bool literal() {
    text_.remove_prefix(2);
    if (used_ == literals_.size()) return false;
    string_ = std::move(literals_[used_++]);
    return true;
  }
  bool quoted_string() {
    std::string octets;
    for (std::size_t at = 1; at < text_.size(); ++at) {
      if (text_[at] == '"') {
        text_.remove_prefix(at + 1);
        const std::size_t size = octets.size();
        string_ = Literal{.octets = std::move(octets), .size = size};
        return true;
      }
      if (text_[at] == '\\') ++at;
      if (at == text_.size()) return false;
      octets += text_[at];
    }
    return false;
  }
  /// Reads over a list, whatever is in it.
  bool list() {
    std::size_t depth = 0;
    while (!text_.empty()) {
      if (text_.starts_with("{}")) {
        if (!literal()) return false;
      } else if (text_.front() == '"') {
        if (!quoted_string()) return false;
      } else {
        if (text_.front() == '(') ++depth;
        if (text_.front() == ')') --depth;
        text_.remove_prefix(1);
        if (depth == 0) return true;
      }
    }
    return false;
  }

  std::string_view text_;
  std::vector<Literal>& literals_;
  std::size_t used_ = 0;
  std::string_view atom_ = {};
  std::optional<Literal> string_ = {};
};

/// The text behind "* 12 FETCH (".
std::optional<std::string_view> fetched(std::string_view line) {
  if (!line.starts_with("* ")) return std::nullopt;
  line.remove_prefix(2);
  const std::string_view digits = line.substr(0, line.find(' '));
  if (!number_of(digits)) return std::nullopt;
  line.remove_prefix(std::min(digits.size() + 1, line.size()));
  constexpr std::string_view word = "fetch (";
  if (!ascii::iequals(line.substr(0, word.size()), word)) return std::nullopt;
  return line.substr(word.size());
}

}  // namespace

void ResponseReader::take_literal() {
  Literal& literal = response_.literals.back();
  const std::size_t take = std::min(missing_, held_.size());
  if (literal.size <= limits_.literal) literal.octets.append(held_, 0, take);
  held_.erase(0, take);
  missing_ -= take;
}

/// Whether the line is complete.
std::expected<bool, Finding> ResponseReader::take_line() {
  const std::size_t end = held_.find("\r\n");
  const std::size_t size = response_.line.size() + std::min(end, held_.size());
  if (size > limits_.line) return broken("imap_line_too_long", "the server sent too long a line");
  if (end == std::string::npos) return false;
  response_.line.append(held_, 0, end);
  held_.erase(0, end + 2);
  const auto literal = announced(response_.line);
  if (!literal) return true;
  if (response_.literals.size() == limits_.literals) {
    return broken("imap_too_many_literals", "the server sent too many literals in a response");
  }
  response_.line.resize(response_.line.rfind('{'));
  response_.line += "{}";
  response_.literals.push_back({.size = *literal});
  missing_ = *literal;
  return false;
}

std::expected<std::optional<Response>, Finding> ResponseReader::next() {
  for (;;) {
    if (missing_ > 0) take_literal();
    if (missing_ > 0) return std::nullopt;
    const std::size_t literals = response_.literals.size();
    const auto complete = take_line();
    if (!complete) return std::unexpected(complete.error());
    if (*complete) return std::exchange(response_, {});
    if (response_.literals.size() == literals) return std::nullopt;
  }
}

std::optional<Ending> read_ending(std::string_view line, std::string_view tag) {
  if (!line.starts_with(tag) || line.size() <= tag.size() || line[tag.size()] != ' ') return {};
  line.remove_prefix(tag.size() + 1);
  const std::string_view word = line.substr(0, line.find(' '));
  constexpr std::array<std::pair<std::string_view, Status>, 4> words = {
      {{"ok", Status::ok}, {"no", Status::no}, {"bad", Status::bad}, {"bye", Status::bye}}};
  for (const auto& [text, status] : words) {
    if (!ascii::iequals(word, text)) continue;
    return Ending{.status = status,
                  .text = std::string(line.substr(std::min(word.size() + 1, line.size())))};
  }
  return std::nullopt;
}

std::optional<Message> read_fetch(Response response) {
  const auto text = fetched(response.line);
  if (!text) return std::nullopt;
  FetchReader reader(*text, response.literals);
  Message message;
  while (!reader.at_end()) {
    const std::string_view name = reader.name();
    if (name.empty() || !reader.value()) return std::nullopt;
    if (ascii::iequals(name, "uid")) {
      message.uid = number_of(reader.atom()).value_or(0);
    } else if (ascii::iequals(name, "rfc822.size")) {
      message.size = ascii::parse_number(reader.atom());
    } else if (ascii::iequals(name, "body[]") && reader.string()) {
      message.body = std::move(reader.string());
    }
  }
  if (message.uid == 0) return std::nullopt;
  return message;
}

std::optional<std::vector<std::uint32_t>> read_search(std::string_view line) {
  constexpr std::string_view word = "* search";
  if (!ascii::iequals(line.substr(0, word.size()), word)) return std::nullopt;
  line.remove_prefix(word.size());
  std::vector<std::uint32_t> numbers;
  while (!line.empty()) {
    const std::string_view one = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(one.size() + 1, line.size()));
    if (const auto number = number_of(one); number && *number > 0) numbers.push_back(*number);
  }
  return numbers;
}

std::string sequence_set(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (std::size_t at = 0; at < numbers.size();) {
    std::size_t end = at + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    text += (text.empty() ? "" : ",") + std::to_string(numbers[at]);
    if (end - at > 1) text += ":" + std::to_string(numbers[end - 1]);
    at = end;
  }
  return text;
}

std::optional<std::string> quoted(std::string_view name) {
  std::string text = "\"";
  for (const char octet : name) {
    const auto value = static_cast<unsigned char>(octet);
    if (value < 0x20 || value > 0x7E) return std::nullopt;
    if (octet == '"' || octet == '\\') text += '\\';
    text += octet;
  }
  return text + '"';
}

}  // namespace assay::imap
