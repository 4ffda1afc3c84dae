#include "system/store_sqlite/detail/canonical.h"

#include <array>
#include <cstdint>

namespace assay::store_sqlite::detail {
namespace {

// A text is a number n, seven bits an octet, and what n says (its lowest two bits are the kind):
// octets that follow, a usual word, or a text that stood before in the same value. So a row whose
// domains are all one holds it once.
enum Kind : std::uint8_t { octets_follow, usual_word, repeated };

/// The place of a word here stands in files: words are added at the end.
constexpr std::array<std::string_view, 32> words = {"",
                                                    "pass",
                                                    "fail",
                                                    "none",
                                                    "quarantine",
                                                    "reject",
                                                    "mfrom",
                                                    "helo",
                                                    "r",
                                                    "s",
                                                    "n",
                                                    "y",
                                                    "treewalk",
                                                    "psl",
                                                    "softfail",
                                                    "neutral",
                                                    "temperror",
                                                    "permerror",
                                                    "policy",
                                                    "forwarded",
                                                    "other",
                                                    "local_policy",
                                                    "trusted_forwarder",
                                                    "mailing_list",
                                                    "100",
                                                    "0",
                                                    "1",
                                                    "policy_test_mode",
                                                    "d",
                                                    "default",
                                                    "s1",
                                                    "selector1"};
constexpr std::size_t longest_word = 17;

constexpr std::size_t place_of(std::string_view text) {
  const auto octet = [](char c) { return static_cast<unsigned char>(c); };
  if (text.empty()) return 0;
  return (text.size() + octet(text.front()) * 3U + octet(text.back()) * 27U) % 256U;
}

/// The word at each place that place_of can give, and 1; 0 where there is none.
constexpr std::array<std::uint8_t, 256> make_places() {
  std::array<std::uint8_t, 256> places = {};
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint8_t& place = places[place_of(words[i])];
    if (place != 0) return {};  // two words at one place: other factors are needed
    place = static_cast<std::uint8_t>(i + 1);
  }
  return places;
}
constexpr std::array<std::uint8_t, 256> word_places = make_places();
static_assert(word_places[0] == 1, "each word must have a place of its own");

std::optional<std::size_t> find_word(std::string_view text) {
  if (text.size() > longest_word) return std::nullopt;
  const std::size_t found = word_places[place_of(text)];
  if (found == 0 || words[found - 1] != text) return std::nullopt;
  return found - 1;
}

/// Texts that may be meant by `repeated`: the first ones. More would be slow for hostile rows.
constexpr std::size_t remembered = 8;

class Texts {
 public:
  std::optional<std::size_t> find(std::string_view text) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (texts_[i] == text) return i;
    }
    return std::nullopt;
  }
  void keep(std::string_view text) {
    if (count_ < remembered) texts_[count_++] = text;
  }
  std::optional<std::string_view> at(std::size_t place) const {
    if (place >= count_) return std::nullopt;
    return texts_[place];
  }

 private:
  std::array<std::string_view, remembered> texts_ = {};
  std::size_t count_ = 0;
};

class Writer {
 public:
  explicit Writer(std::string& out) : out_(&out) {}

  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) *out_ += static_cast<char>(value | 0x80U);
    *out_ += static_cast<char>(value);
  }

  void text(std::string_view text) {
    if (const auto word = find_word(text)) return coded(*word, usual_word);
    if (const auto place = texts_.find(text)) return coded(*place, repeated);
    coded(text.size(), octets_follow);
    *out_ += text;
    texts_.keep(text);
  }

 private:
  template <class Number>
  void coded(Number value, Kind kind) {
    number((static_cast<std::uint64_t>(value) << 2U) | kind);
  }

  std::string* out_;
  Texts texts_ = {};
};

class Reader {
 public:
  explicit Reader(std::string_view octets) : rest_(octets) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63 && !rest_.empty(); shift += 7) {
      const auto octet = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{octet & 0x7fU} << shift;
      if (octet < 0x80) return value;
    }
    return wrong();
  }

  void text(std::string& into) {
    const std::uint64_t coded = number();
    const std::uint64_t value = coded >> 2U;
    std::optional<std::string_view> found;
    switch (coded & 3U) {
      case octets_follow:
        found = follow(value);
        break;
      case usual_word:
        if (value < words.size()) found = words[value];
        break;
      case repeated:
        found = texts_.at(value);
        break;
      default:
        break;
    }
    if (found) {
      into = *found;
    } else {
      wrong();
    }
  }

  /// How many of a list follow: at least an octet each.
  std::size_t length() {
    const std::uint64_t count = number();
    return count <= rest_.size() ? count : wrong();
  }

  bool well() const { return well_ && rest_.empty(); }

 private:
  std::optional<std::string_view> follow(std::uint64_t size) {
    if (size > rest_.size()) return std::nullopt;
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    texts_.keep(text);
    return text;
  }
  std::uint64_t wrong() {
    well_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  Texts texts_ = {};
  bool well_ = true;
};

/// What a value is made of, once for both directions: `each` gets its texts, `list` its lists.
template <class Policy, class Each>
void policy_texts(Policy& policy, const Each& each) {
  for (auto* text : {&policy.domain, &policy.p, &policy.sp, &policy.np, &policy.adkim, &policy.aspf,
                     &policy.discovery_method, &policy.fo, &policy.testing, &policy.pct}) {
    each(*text);
  }
}

template <class Row, class Each, class List>
void row_texts(Row& row, const Each& each, const List& list) {
  // The domain of the author first: it is what the others most often repeat.
  for (auto* text : {&row.header_from, &row.source_ip, &row.disposition, &row.dkim, &row.spf,
                     &row.envelope_from, &row.envelope_to}) {
    each(*text);
  }
  list(row.dkim_results, [&](auto& result) {
    for (auto* text : {&result.domain, &result.selector, &result.result, &result.human_result}) {
      each(*text);
    }
  });
  list(row.spf_results, [&](auto& result) {
    for (auto* text : {&result.domain, &result.scope, &result.result, &result.human_result}) {
      each(*text);
    }
  });
  list(row.reasons, [&](auto& reason) {
    each(reason.type);
    each(reason.comment);
  });
}

}  // namespace

void append_canonical(std::string& octets, const store::Configuration& configuration) {
  Writer out(octets);
  out.number(static_cast<std::uint64_t>(configuration.evaluated_by));
  policy_texts(configuration.policy, [&](const std::string& text) { out.text(text); });
  out.text(configuration.record);
}

void append_canonical(std::string& octets, const aggregate::Row& row) {
  Writer out(octets);
  row_texts(
      row, [&](const std::string& text) { out.text(text); },
      [&](const auto& items, const auto& each) {
        out.number(items.size());
        for (const auto& item : items) each(item);
      });
}

std::optional<store::Configuration> read_configuration(std::string_view octets) {
  Reader in(octets);
  store::Configuration configuration;
  const std::uint64_t schema = in.number();
  if (schema > static_cast<std::uint64_t>(aggregate::Schema::rfc7489)) return std::nullopt;
  configuration.evaluated_by = static_cast<aggregate::Schema>(schema);
  policy_texts(configuration.policy, [&](std::string& text) { in.text(text); });
  in.text(configuration.record);
  if (!in.well()) return std::nullopt;
  return configuration;
}

std::optional<aggregate::Row> read_row(std::string_view octets) {
  Reader in(octets);
  aggregate::Row row;
  row_texts(
      row, [&](std::string& text) { in.text(text); },
      [&](auto& items, const auto& each) {
        items.resize(in.length());
        for (auto& item : items) each(item);
      });
  if (!in.well()) return std::nullopt;
  return row;
}

}  // namespace assay::store_sqlite::detail
