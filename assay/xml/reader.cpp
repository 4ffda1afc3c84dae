#include "assay/xml/reader.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/xml/detail/encoding.h"

namespace assay::xml {
namespace {

constexpr std::size_t block = 65'536;
constexpr std::size_t first_block = 16'384;  // which most documents fit in
constexpr std::size_t longest_prologue = 1U << 20;
constexpr std::size_t longest_reference = 12;  // "&#x0010FFFF;"

constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}
constexpr bool is_name_start(char c) {
  return ascii::is_alpha(c) || c == '_' || c == ':' || ascii::is_octet_above_127(c);
}
constexpr bool is_name(char c) {
  return is_name_start(c) || ascii::is_digit(c) || c == '-' || c == '.';
}

std::size_t name_size(std::string_view text) {
  if (text.empty() || !is_name_start(text.front())) return 0;
  std::size_t size = 1;
  while (size < text.size() && is_name(text[size])) ++size;
  return size;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

std::string_view local_part(std::string_view qualified) {
  return qualified.substr(qualified.find(':') + 1);  // npos + 1 is 0
}

/// Where the tag that begins `text` ends, behind its ">"; 0 where `text` ends before, npos where it
/// is no tag: a "<" stands in it.
std::size_t tag_size(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '<') return std::string_view::npos;
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace

Reader::Reader(std::string_view document, const ReadLimits& limits)
    : limits_(limits), data_(document), exhausted_(true) {}

Reader::Reader(Source source, const ReadLimits& limits)
    : limits_(limits), source_(std::move(source)) {}

/// Reads more behind the window; false at the end.
bool Reader::fill() {
  if (exhausted_) return false;
  buffer_.erase(0, pos_);
  base_ += pos_;
  pos_ = 0;
  const std::size_t kept = buffer_.size();
  const std::size_t room = position() < first_block ? first_block : block;
  std::size_t size = 0;
  buffer_.resize_and_overwrite(kept + room, [&](char* data, std::size_t) {
    size = std::min(source_(std::span(data + kept, room)), room);
    return kept + size;
  });
  data_ = buffer_;
  exhausted_ = size == 0;
  return !exhausted_;
}

std::string_view Reader::ahead(std::size_t levels) const {
  constexpr std::size_t plain_tag = 64;
  constexpr std::size_t shortest_element = 7;  // "<p></p>"
  const bool free = started_ && closing_ == 0 && open_.size() + levels <= limits_.depth &&
                    elements_ + window().size() / shortest_element < limits_.elements &&
                    limits_.tag >= plain_tag;
  return free ? window() : std::string_view();
}

bool Reader::more_ahead() {
  return window().size() <= block && fill();
}

void Reader::skip(std::size_t octets, std::uint64_t elements) {
  assert(octets <= window().size());
  pos_ += octets;
  elements_ += elements;
}

bool Reader::has(std::size_t octets) {
  while (window().size() < octets) {
    if (!fill()) return false;
  }
  return true;
}

void Reader::detect_encoding() {
  started_ = true;
  has(4);
  const detail::Detected detected = detail::detect(window());
  pos_ += detected.mark;
  if (detected.encoding != detail::Encoding::utf8) {
    Source raw = source_ ? source_ : [](std::span<char>) { return std::size_t{0}; };
    source_ = detail::from_utf16(std::move(raw), std::string(window()), detected.encoding);
    buffer_.clear();
    data_ = {};
    pos_ = 0;
    base_ = 0;
    exhausted_ = false;
  }
  has(block / 64);
  single_octets_ = detail::declared(window()) == detail::Encoding::windows_1252;
}

void Reader::note(std::string_view code, std::string_view what) {
  const auto known =
      std::ranges::find(notes_, code, [](const Note& one) { return one.finding.code; });
  if (known != notes_.end()) {
    ++known->times;
    return;
  }
  notes_.push_back({.finding = {.code = code,
                                .what = std::string(what),
                                .at = static_cast<std::size_t>(position()),
                                .level = Level::warning}});
}

Findings Reader::findings() const {
  Findings findings;
  for (const Note& one : notes_) {
    findings.push_back(one.finding);
    if (one.times > 1) findings.back().what += " (" + std::to_string(one.times) + " times)";
  }
  return findings;
}

Event Reader::fail(std::string_view code, std::string what) {
  error_.push_back(
      {.code = code, .what = std::move(what), .at = static_cast<std::size_t>(position())});
  return finish();
}

/// Nothing more is read; what is open ends.
Event Reader::finish() {
  exhausted_ = true;
  pos_ = data_.size();
  cut_short_ = cut_short_ || !open_.empty();
  closing_ = open_.size();
  return closing_ > 0 ? end_element() : Event::done;
}

Event Reader::end_element() {
  assert(closing_ > 0 && !open_.empty());
  --closing_;
  const Open open = open_.back();
  open_.pop_back();
  ended_.assign(names_, open.prefix, std::string::npos);
  names_.resize(open.prefix);
  set_names(ended_);
  ending_ = true;
  return Event::end;
}

void Reader::set_names(std::string_view qualified) {
  name_ = local_part(qualified);
  prefix_ = qualified.substr(0, qualified.size() - name_.size());
  if (!prefix_.empty()) prefix_.remove_suffix(1);
}

Event Reader::next() {
  ending_ = false;
  attributes_.clear();
  if (!started_) detect_encoding();
  if (closing_ > 0) return end_element();
  Event event = step();
  while (event == Event::done && (pos_ < data_.size() || fill())) event = step();
  if (event != Event::done) return event;
  if (!open_.empty() && error_.empty())
    note("cut_short", "the document ends before its elements do");
  return finish();
}

/// One piece of text or markup; done where it gives no event.
Event Reader::step() {
  if (!has(1)) return Event::done;
  if (elements_ == 0 && position() > longest_prologue) {
    return fail("not_xml", "no element begins in the first MiB: this is not XML");
  }
  return data_[pos_] == '<' ? take_markup() : take_text();
}

Event Reader::take_text() {
  // White space between tags is the most of what stands there.
  std::size_t space = skip_space(data_, pos_);
  for (bool more = true; more && space == data_.size() && window().size() < block;) {
    more = fill();  // which moves what is in the window, also where nothing more comes
    space = skip_space(data_, pos_);
  }
  if (space == data_.size() || data_[space] == '<') {
    pos_ = space;
    return Event::done;
  }
  std::size_t end = data_.find('<', pos_);
  while (end == std::string_view::npos && window().size() < block) {
    const std::size_t seen = window().size();
    if (!fill()) break;
    end = data_.find('<', pos_ + seen);
  }
  if (end != std::string_view::npos) return take_piece(end - pos_) ? Event::text : Event::done;
  std::size_t size = window().size();
  if (!exhausted_) {
    // Not between the octets of a reference or a character.
    const std::size_t reference = window().rfind('&');
    if (reference != std::string_view::npos && size - reference < longest_reference) {
      size = reference > 0 ? reference : size;
    }
    while (size > 1 && (static_cast<unsigned char>(window()[size - 1]) & 0xc0U) == 0x80U) --size;
    if (size > 1 && ascii::is_octet_above_127(window()[size - 1])) --size;
  }
  return take_piece(size) ? Event::text : Event::done;
}

bool Reader::take_piece(std::size_t size) {
  decode(window().substr(0, size));
  pos_ += size;
  return !text_.empty() && !open_.empty();
}

/// "<" and what belongs to it, as text: it is no markup.
Event Reader::literal(std::size_t octets) {
  note("bare_markup", "\"<\" without a tag behind it is read as text");
  const std::size_t next = window().find('<', 1);
  return take_piece(std::min({octets, next, window().size()})) ? Event::text : Event::done;
}

Event Reader::take_markup() {
  if (!has(2)) return literal(1);
  switch (data_[pos_ + 1]) {
    case '/':
      return take_end();
    case '!':
      return take_declaration();
    case '?':
      skip_past("?>");
      return Event::done;
    default:
      return is_name_start(data_[pos_ + 1]) ? take_start() : literal(1);
  }
}

Event Reader::take_start() {
  std::size_t size = tag_size(window());
  while (size == 0 && window().size() < limits_.tag && fill()) size = tag_size(window());
  const std::size_t name = name_size(window().substr(1));
  const char behind = 1 + name < window().size() ? window()[1 + name] : '\0';
  const bool plain = is_space(behind) || behind == '/' || behind == '>';
  if (size == 0 || size == std::string_view::npos || size > limits_.tag || !plain) {
    return literal(1 + name);
  }
  if (open_.size() >= limits_.depth)
    return fail("too_deep", "elements stand more than " + std::to_string(limits_.depth) +
                                " deep in each other");
  if (++elements_ > limits_.elements) {
    return fail("too_many_elements",
                "more than " + std::to_string(limits_.elements) + " elements");
  }
  const std::string_view tag = window().substr(1, size - 2);
  const bool empty = tag.ends_with('/');
  set_names(tag.substr(0, name));
  read_attributes(tag.substr(name, tag.size() - name - (empty ? 1 : 0)));
  open_.push_back({.prefix = names_.size(), .local = names_.size() + name - name_.size()});
  names_ += tag.substr(0, name);
  if (empty) closing_ = 1;
  pos_ += size;
  return Event::start;
}

bool Reader::read_attributes(std::string_view tag) {
  std::size_t at = skip_space(tag, 0);
  while (at < tag.size()) {
    const std::size_t size = name_size(tag.substr(at));
    const std::size_t sign = skip_space(tag, at + size);
    const std::size_t quote = sign < tag.size() ? skip_space(tag, sign + 1) : tag.size();
    const bool quoted = size > 0 && sign < tag.size() && tag[sign] == '=' && quote < tag.size() &&
                        (tag[quote] == '"' || tag[quote] == '\'');
    const std::size_t end = quoted ? tag.find(tag[quote], quote + 1) : std::string_view::npos;
    if (end == std::string_view::npos || attributes_.size() >= limits_.attributes) {
      note("attributes", "attributes that cannot be read are left out");
      return false;
    }
    attributes_.push_back(
        {.name = tag.substr(at, size), .value = tag.substr(quote + 1, end - quote - 1)});
    at = skip_space(tag, end + 1);
  }
  return true;
}

Event Reader::take_end() {
  // Nearly always ">" stands right behind the name.
  std::size_t end = pos_ + 2 + name_size(window().substr(2));
  if (end >= data_.size() || data_[end] != '>') end = data_.find_first_of("<>", pos_ + 2);
  while (end == std::string_view::npos && window().size() < limits_.tag && fill()) {
    end = data_.find_first_of("<>", pos_ + 2);
  }
  if (end == std::string_view::npos) return literal(2);
  const std::string_view qualified = data_.substr(pos_ + 2, name_size(data_.substr(pos_ + 2)));
  const std::string_view local = local_part(qualified);
  if (data_[end] == '<') note("bare_markup", "an end tag without \">\" is read as one");
  std::size_t depth = open_.size();
  while (depth > 0) {
    const std::size_t from = open_[depth - 1].local;
    const std::size_t to = depth < open_.size() ? open_[depth].prefix : names_.size();
    const std::string_view open = std::string_view(names_).substr(from, to - from);
    if (open == local) break;
    if (ascii::iequals(open, local)) {
      note("case", "an end tag is written in other letters than its beginning");
      break;
    }
    --depth;
  }
  pos_ = data_[end] == '<' ? end : end + 1;
  if (depth == 0) {
    note("stray_end", "an end tag without its beginning is left out");
    return Event::done;
  }
  if (depth < open_.size()) note("unclosed", "an element is not closed before the one around it");
  closing_ = open_.size() - depth + 1;
  return end_element();
}

Event Reader::take_declaration() {
  has(9);
  if (window().starts_with("<!--")) {
    pos_ += 4;
    skip_past("-->");
    return Event::done;
  }
  if (window().starts_with("<![CDATA[")) return take_character_data();
  if (ascii::istarts_with(window(), "<!doctype")) {  // RFC 9990 §8.1
    return fail("dtd", "a document type declaration; reports have none, and it is not read");
  }
  return literal(2);
}

Event Reader::take_character_data() {
  constexpr std::string_view open = "<![CDATA[";
  constexpr std::string_view close = "]]>";
  std::size_t end = window().find(close, open.size());
  while (end == std::string_view::npos && window().size() < 16 * block && fill()) {
    end = window().find(close, open.size());
  }
  const std::string_view raw = window().substr(open.size(), end - open.size());  // npos: the rest
  scratch_.clear();
  for (std::size_t at = 0; at < raw.size();) {
    if (ascii::is_octet_above_127(raw[at]) || static_cast<unsigned char>(raw[at]) < ' ') {
      at += decode_octets(raw.substr(at));
    } else {
      scratch_ += raw[at++];
    }
  }
  text_ = scratch_;
  if (end == std::string_view::npos) note("unclosed", "a CDATA section is not closed");
  pos_ += end == std::string_view::npos ? window().size() : end + close.size();
  return text_.empty() || open_.empty() ? Event::done : Event::text;
}

void Reader::skip_past(std::string_view mark) {
  while (true) {
    const std::size_t at = window().find(mark);
    if (at != std::string_view::npos) {
      pos_ += at + mark.size();
      return;
    }
    pos_ += window().size() - std::min(window().size(), mark.size() - 1);
    if (!fill()) break;
  }
  pos_ = data_.size();
  note("unclosed", "a comment or processing instruction is not closed");
}

}  // namespace assay::xml
