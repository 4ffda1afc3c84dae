#include "assay/aggregate/detail/plain_record.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "assay/aggregate/detail/elements.h"
#include "assay/aggregate/detail/words.h"
#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"

namespace assay::aggregate::detail {
namespace {

using Outcome = PlainRecords::Outcome;

/// Octets of text that stand for themselves, with no part in markup.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (unsigned i = ' '; i < 0x7f; ++i) plain[i] = true;
  for (const char c : {'\t', '\n'}) plain[static_cast<unsigned char>(c)] = true;
  for (const char c : {'&', '<', '>'}) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}
constexpr std::array<bool, 256> plain = make_plain();

/// Sixteen octets at a time, where there are so many.
struct Sixteen {
#ifdef __SSE2__
  static constexpr bool there = true;
  __m128i octets;

  explicit Sixteen(const char* at)
      : octets(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}

  __m128i are(char c) const { return _mm_cmpeq_epi8(octets, _mm_set1_epi8(c)); }
  /// How many come before the first that `mask` names; 16 where it names none.
  static std::size_t before(__m128i mask) {
    const auto bits = static_cast<unsigned>(_mm_movemask_epi8(mask));
    return bits == 0 ? 16 : static_cast<std::size_t>(std::countr_zero(bits));
  }

  std::size_t before_bracket() const { return before(are('>')); }
  /// Before what is neither a space nor a line feed.
  std::size_t spaces() const {
    const __m128i blank = _mm_or_si128(are(' '), are('\n'));
    return before(_mm_cmpeq_epi8(blank, _mm_setzero_si128()));
  }
  /// Before markup and what is no printable ASCII.
  std::size_t printable() const {
    const __m128i markup = _mm_or_si128(_mm_or_si128(are('<'), are('>')), are('&'));
    // As signed numbers, octets above 127 are below 0.
    return before(_mm_or_si128(markup, _mm_cmplt_epi8(octets, _mm_set1_epi8(' '))));
  }
#else
  static constexpr bool there = false;
  explicit Sixteen(const char*) {}
  static std::size_t before_bracket() { return 0; }
  static std::size_t spaces() { return 0; }
  static std::size_t printable() { return 0; }
#endif
};

constexpr std::uint64_t most_messages = std::numeric_limits<std::int64_t>::max();

constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

template <class Number>
Number load(const char* at) {
  Number number;
  std::memcpy(&number, at, sizeof(number));
  return number;
}

/// Whether so many octets are the same: two loads each for names and words, which are short.
bool are_same(const char* a, const char* b, std::size_t size) {
  if (size > 16) return std::memcmp(a, b, size) == 0;
  const auto same_ends = [&]<class Number>(Number) {
    const std::size_t last = size - sizeof(Number);
    return load<Number>(a) == load<Number>(b) && load<Number>(a + last) == load<Number>(b + last);
  };
  if (size >= 8) return same_ends(std::uint64_t{});
  if (size >= 4) return same_ends(std::uint32_t{});
  if (size >= 2) return same_ends(std::uint16_t{});
  return size == 0 || *a == *b;
}

bool are_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && are_same(a.data(), b.data(), a.size());
}

/// `text = value`, quicker for the short texts of records, which fit where they are put.
void assign(std::string& text, std::string_view value) {
  // The size that is handed over may be more than was asked for.
  text.resize_and_overwrite(
      value.size(), [value](char* into, std::size_t) { return value.copy(into, value.size()); });
}

bool is_word(const Vocabulary& vocabulary, std::string_view text) {
  if (text.empty()) return false;
  return std::ranges::any_of(vocabulary.words,
                             [&](std::string_view word) { return are_same(word, text); });
}

/// Four numbers of at most 255 without needless zeros: most addresses, for which there is no need
/// to look further.
bool is_dotted_quad(std::string_view text) {
  int numbers = 0;
  for (const std::string_view digits : ascii::Pieces(text, '.')) {
    int value = 0;
    for (const char c : digits) {
      if (!ascii::is_digit(c) || value > 255) return false;
      value = value * 10 + (c - '0');
    }
    if (digits.empty() || value > 255 || (digits.size() > 1 && digits.front() == '0')) return false;
    if (++numbers > 4) return false;
  }
  return numbers == 4;
}

/// Plain tags and texts, one behind the other. Each step answers false where it stops, and `cut`
/// says whether that is where the octets end.
class Tokens {
 public:
  explicit Tokens(std::string_view ahead) : at_(ahead.data()), end_(ahead.data() + ahead.size()) {}

  const char* at() const { return at_; }
  bool cut() const { return cut_; }
  /// Of the last tag, with the slash of an end tag.
  std::string_view name() const { return name_; }
  /// Of the last text, without white space at both ends.
  std::string_view text() const { return text_; }

  /// "<name>" or "</name>" behind white space.
  bool tag() {
    skip_space();
    if (at_ == end_) return stop(true);
    if (*at_ != '<') return stop(false);
    const char* const name = ++at_;
    const auto left = static_cast<std::size_t>(end_ - at_);
    const char* const limit = name + std::min(left, longest_name);
    if (Sixteen::there && left >= 16) at_ += Sixteen(at_).before_bracket();
    while (at_ != limit && *at_ != '>') ++at_;
    if (at_ == limit) return stop(left <= longest_name);
    name_ = {name, static_cast<std::size_t>(at_ - name)};
    ++at_;
    return true;
  }

  /// Text of at most `most` octets, and the end tag of the element that has begun.
  bool text_and_end(std::size_t most) {
    const char* const begin = at_;
    for (std::size_t size = 16; Sixteen::there && size == 16 && end_ - at_ >= 16;) {
      size = Sixteen(at_).printable();
      at_ += size;
    }
    while (at_ != end_ && plain[static_cast<unsigned char>(*at_)]) ++at_;
    const auto left = static_cast<std::size_t>(end_ - at_);
    if (left < name_.size() + 3) return stop(left == 0 || *at_ == '<');
    if (*at_ != '<' || at_[1] != '/' || !are_same(at_ + 2, name_.data(), name_.size()) ||
        at_[2 + name_.size()] != '>') {
      return stop(false);
    }
    text_ = {begin, static_cast<std::size_t>(at_ - begin)};
    at_ += name_.size() + 3;
    if (text_.size() > most) return stop(false);
    if (!text_.empty() && (is_space(text_.front()) || is_space(text_.back()))) {
      text_ = ascii::trim_fws(text_);
    }
    return true;
  }

 private:
  static constexpr std::size_t longest_name = 20;

  void skip_space() {
    for (std::size_t size = 16; Sixteen::there && size == 16 && end_ - at_ >= 16;) {
      size = Sixteen(at_).spaces();
      at_ += size;
    }
    while (at_ != end_ && is_space(*at_)) ++at_;
  }

  bool stop(bool cut) {
    cut_ = cut;
    return false;
  }

  const char* at_;
  const char* end_;
  bool cut_ = false;
  std::string_view name_ = {};
  std::string_view text_ = {};
};

/// One record. Each step answers false where it stops.
class Scan {
 public:
  Scan(std::string_view ahead, const ReadLimits& limits, bool new_form, Record& record)
      : tokens_(ahead), limits_(limits), new_form_(new_form), record_(record) {}

  std::size_t elements = 0;
  bool new_words = false;
  const Tokens& tokens() const { return tokens_; }

  bool record() {
    return tokens_.tag() && tokens_.name() == "record" && container(Node::record) && is_complete();
  }

 private:
  bool is_complete() const {
    const Row& row = record_.row;
    return !row.source_ip.empty() && !row.disposition.empty() && !row.dkim.empty() &&
           !row.spf.empty() && !row.header_from.empty() && has_count_ && has_results_;
  }

  /// What stands in an element up to its end tag.
  bool container(Node node) {
    ++elements;
    const std::string_view name = tokens_.name();
    if (!begin(node)) return false;
    while (tokens_.tag()) {
      const std::string_view inside = tokens_.name();
      if (inside.starts_with('/')) return are_same(inside.substr(1), name) && finish(node);
      const Node child = exact_child(node, inside).node;
      if (child == Node::ignored) return false;
      if (holds_elements(child) ? !container(child) : !leaf(child)) return false;
    }
    return false;
  }

  bool leaf(Node node) {
    ++elements;
    return tokens_.text_and_end(limits_.text) && set(node, tokens_.text());
  }

  bool begin(Node node) {
    Row& row = record_.row;
    switch (node) {
      case Node::reason:
        row.reasons.emplace_back();
        return row.reasons.size() <= limits_.results;
      case Node::dkim:
        row.dkim_results.emplace_back();
        return row.dkim_results.size() <= limits_.results;
      case Node::spf:
        row.spf_results.emplace_back();
        return row.spf_results.size() <= limits_.results;
      case Node::auth_results:
        has_results_ = true;
        return true;
      default:
        return true;
    }
  }

  bool finish(Node node) {
    const Row& row = record_.row;
    switch (node) {
      case Node::reason:
        return !row.reasons.back().type.empty();
      case Node::dkim:
        return !row.dkim_results.back().domain.empty() && !row.dkim_results.back().result.empty() &&
               (!new_form_ || !row.dkim_results.back().selector.empty());
      case Node::spf:
        return !row.spf_results.back().domain.empty() && !row.spf_results.back().result.empty();
      default:
        return true;
    }
  }

  static bool put(std::string& field, std::string_view text) {
    if (!field.empty()) return false;
    assign(field, text);
    return true;
  }

  static bool put_domain(std::string& field, std::string_view text) {
    return is_plain_domain(text) && put(field, text);
  }

  static bool put_word(std::string& field, const Vocabulary& words, std::string_view text) {
    return is_word(words, text) && put(field, text);
  }

  bool put_count(std::string_view text) {
    const auto number = ascii::parse_number(text);
    if (!number || has_count_ || *number == 0 || *number > most_messages) return false;
    has_count_ = true;
    record_.count = *number;
    return true;
  }

  bool put_address(std::string_view text) {
    if (is_dotted_quad(text)) return put(record_.row.source_ip, text);
    const auto address = IpAddress::parse(text);
    if (!address || (address->is_v4() && text.find(':') != std::string_view::npos)) return false;
    return put(record_.row.source_ip, text);
  }

  bool put_reason_type(std::string_view text) {
    std::string& type = record_.row.reasons.back().type;
    if (!put_word(type, reason_words, text)) return false;
    new_words = new_words || type == "policy_test_mode";
    return !new_form_ || (type != "forwarded" && type != "sampled_out");
  }

  bool set(Node node, std::string_view text) {
    return node >= Node::signing_domain ? set_result(node, text) : set_row(node, text);
  }

  bool set_row(Node node, std::string_view text) {
    Row& row = record_.row;
    switch (node) {
      case Node::source_ip:
        return put_address(text);
      case Node::count:
        return put_count(text);
      case Node::disposition:  // each record its own (RFC 9990 §3.3)
        new_words = new_words || text == "pass";
        return put_word(row.disposition, disposition_words, text);
      case Node::aligned_dkim:
        return put_word(row.dkim, aligned_words, text);
      case Node::aligned_spf:
        return put_word(row.spf, aligned_words, text);
      case Node::type:
        return put_reason_type(text);
      case Node::comment:
        return put(row.reasons.back().comment, text);
      case Node::header_from:
        return put_domain(row.header_from, text);
      case Node::envelope_from:
        return put_domain(row.envelope_from, text);
      case Node::envelope_to:
        return put_domain(row.envelope_to, text);
      default:
        return false;
    }
  }

  bool set_result(Node node, std::string_view text) {
    Row& row = record_.row;
    switch (node) {
      case Node::signing_domain:
        return put_domain(row.dkim_results.back().domain, text);
      case Node::selector:
        return put(row.dkim_results.back().selector, text);
      case Node::dkim_result:
        return put_word(row.dkim_results.back().result, dkim_result_words, text);
      case Node::dkim_human_result:
        return put(row.dkim_results.back().human_result, text);
      case Node::spf_domain:
        return put_domain(row.spf_results.back().domain, text);
      case Node::scope:
        return put_word(row.spf_results.back().scope, scope_words, text);
      case Node::spf_result:
        return put_word(row.spf_results.back().result, spf_result_words, text);
      case Node::spf_human_result:
        return put(row.spf_results.back().human_result, text);
      default:
        return false;
    }
  }

  Tokens tokens_;
  const ReadLimits& limits_;
  bool new_form_;
  Record& record_;
  bool has_count_ = false;
  bool has_results_ = false;
};

/// Empty again, its texts with the room they had.
void clear(Record& record) {
  Row& row = record.row;
  record.count = 0;
  for (std::string* text : {&row.source_ip, &row.disposition, &row.dkim, &row.spf, &row.header_from,
                            &row.envelope_from, &row.envelope_to}) {
    text->clear();
  }
  row.reasons.clear();
  row.dkim_results.clear();
  row.spf_results.clear();
}

}  // namespace

bool is_plain_domain(std::string_view text) {
  unsigned odd = 0;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    // "<", ">", "@" and "A" to "Z" stand in one row.
    odd |=
        static_cast<unsigned>(octet >= '<' && octet <= 'Z') | static_cast<unsigned>(octet > 0x7f);
  }
  return odd == 0 && !text.ends_with('.');
}

PlainLeaf read_plain_leaf(std::string_view ahead, Node parent, std::size_t most) {
  Tokens tokens(ahead);
  if (!tokens.tag()) return {};
  const Node node = exact_child(parent, tokens.name()).node;
  if (node == Node::ignored || holds_elements(node) || !tokens.text_and_end(most)) return {};
  return {.node = node,
          .text = tokens.text(),
          .octets = static_cast<std::size_t>(tokens.at() - ahead.data())};
}

Outcome PlainRecords::read(std::string_view ahead, bool new_form, Record& record) {
  clear(record);
  Scan scan(ahead, limits_, new_form, record);
  if (!scan.record()) return scan.tokens().cut() ? Outcome::cut : Outcome::unusual;
  octets_ = static_cast<std::size_t>(scan.tokens().at() - ahead.data());
  elements_ = scan.elements;
  new_words_ = scan.new_words;
  return Outcome::read;
}

}  // namespace assay::aggregate::detail
