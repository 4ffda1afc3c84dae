#include "system/store/rollup.h"

#include <algorithm>
#include <array>

namespace assay::store {
namespace {

constexpr std::array<std::string_view, 3> aligned_words = {"pass", "fail", "unknown"};
constexpr std::array<std::string_view, 5> done_words = {"none", "pass", "quarantine", "reject",
                                                        "other"};
constexpr std::array<std::string_view, 8> type_words = {
    "",          "local_policy", "mailing_list", "trusted_forwarder", "policy_test_mode",
    "forwarded", "sampled_out",  "other"};
constexpr std::array<std::string_view, 4> asked_words = {"none", "quarantine", "reject", "unknown"};

/// The place of a word, or else that of the last one, which stands for all others.
template <class Enum, std::size_t size>
Enum read_word(const std::array<std::string_view, size>& words, std::string_view text) {
  const auto found = std::ranges::find(words, text);
  return static_cast<Enum>(found == words.end() ? size - 1
                                                : static_cast<std::size_t>(found - words.begin()));
}

template <class Enum, std::size_t size>
std::string_view word_of(const std::array<std::string_view, size>& words, Enum value) {
  const auto at = static_cast<std::size_t>(value);
  return words[at < size ? at : size - 1];
}

template <class Enum, std::size_t size>
Enum checked(const std::array<std::string_view, size>& /*words*/, std::uint32_t value) {
  return static_cast<Enum>(std::min<std::size_t>(value, size - 1));
}

/// The type of a reason that is there.
OverrideType type_of(std::string_view text) {
  return text.empty() ? OverrideType::other : read_word<OverrideType>(type_words, text);
}

/// Bits of each member of a cell, the first lowest.
constexpr unsigned dkim_at = 2;
constexpr unsigned disposition_at = 4;
constexpr unsigned reason_at = 7;
constexpr unsigned policy_at = 11;
constexpr unsigned test_at = 13;
constexpr unsigned raw_spf_at = 14;
constexpr unsigned raw_dkim_at = 15;

bool is_below(std::string_view name, std::string_view domain) {
  return name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

/// The tag that rules a domain: `p` at the policy domain itself, `sp` below it. Whether the domain
/// exists, and np rules, no report says.
std::string_view asked_of(std::string_view header_from, const aggregate::PolicyPublished& policy) {
  return is_below(header_from, policy.domain) && !policy.sp.empty() ? policy.sp : policy.p;
}

}  // namespace

std::string_view to_text(Aligned result) {
  return word_of(aligned_words, result);
}
std::string_view to_text(Done disposition) {
  return word_of(done_words, disposition);
}
std::string_view to_text(OverrideType type) {
  return word_of(type_words, type);
}
std::string_view to_text(Asked policy) {
  return word_of(asked_words, policy);
}

std::uint32_t number_of(const Cell& cell) {
  const auto bits = [](auto value, unsigned at) { return static_cast<std::uint32_t>(value) << at; };
  return bits(cell.spf, 0) | bits(cell.dkim, dkim_at) | bits(cell.disposition, disposition_at) |
         bits(cell.reason, reason_at) | bits(cell.policy, policy_at) |
         bits(cell.test_mode, test_at) | bits(cell.raw_spf, raw_spf_at) |
         bits(cell.raw_dkim, raw_dkim_at);
}

Cell cell_of(std::uint32_t number) {
  return {.spf = checked<Aligned>(aligned_words, number & 3U),
          .dkim = checked<Aligned>(aligned_words, (number >> dkim_at) & 3U),
          .disposition = checked<Done>(done_words, (number >> disposition_at) & 7U),
          .reason = checked<OverrideType>(type_words, (number >> reason_at) & 15U),
          .policy = static_cast<Asked>((number >> policy_at) & 3U),
          .test_mode = ((number >> test_at) & 1U) != 0,
          .raw_spf = static_cast<Authenticated>((number >> raw_spf_at) & 1U),
          .raw_dkim = static_cast<Authenticated>((number >> raw_dkim_at) & 1U)};
}

Cell cell_of(const aggregate::Row& row, const aggregate::PolicyPublished& policy) {
  constexpr auto passed = [](const auto& each) { return each.result == "pass"; };
  return {.spf = read_word<Aligned>(aligned_words, row.spf),
          .dkim = read_word<Aligned>(aligned_words, row.dkim),
          .disposition = read_word<Done>(done_words, row.disposition),
          .reason = row.reasons.empty() ? OverrideType::absent : type_of(row.reasons.front().type),
          .policy = read_word<Asked>(asked_words, asked_of(row.header_from, policy)),
          .test_mode = policy.testing == "y",
          .raw_spf =
              std::ranges::any_of(row.spf_results, passed) ? Authenticated::yes : Authenticated::no,
          .raw_dkim = std::ranges::any_of(row.dkim_results, passed) ? Authenticated::yes
                                                                    : Authenticated::no};
}

/// What usual texts mean; each of our words is one of them.
std::span<const CellReader::Word> CellReader::usual_words() {
  static const std::vector<Word> words = [] {
    std::vector<Word> all;
    for (const std::string_view text : usual_texts()) {
      all.push_back({.aligned = read_word<Aligned>(aligned_words, text),
                     .done = read_word<Done>(done_words, text),
                     .type = type_of(text),
                     .passed = text == "pass"});
    }
    return all;
  }();
  return words;
}

CellReader::CellReader(const ChunkReader& chunk, const aggregate::PolicyPublished& policy)
    : test_mode_(policy.testing == "y") {
  const std::span<const std::string_view> texts = chunk.texts();
  const auto usual = usual_words();
  const auto p = read_word<Asked>(asked_words, policy.p);
  const auto sp = policy.sp.empty() ? p : read_word<Asked>(asked_words, policy.sp);
  // Texts of the chunk's own mean nothing but where they stand for a domain.
  words_.resize(texts.size());
  std::copy_n(usual.begin(), std::min(usual.size(), words_.size()), words_.begin());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    words_[i].asked = is_below(texts[i], policy.domain) ? sp : p;
  }
}

std::uint32_t CellReader::number_of(const PackedRecord& record) const {
  const auto any_passed = [this](const std::vector<PackedRecord::Result>& results) {
    for (const PackedRecord::Result& each : results) {
      if (words_[each.result].passed) return Authenticated::yes;
    }
    return Authenticated::no;
  };
  return store::number_of(Cell{.spf = words_[record.spf].aligned,
                               .dkim = words_[record.dkim].aligned,
                               .disposition = words_[record.disposition].done,
                               .reason = record.reasons.empty()
                                             ? OverrideType::absent
                                             : words_[record.reasons.front().type].type,
                               .policy = words_[record.header_from].asked,
                               .test_mode = test_mode_,
                               .raw_spf = any_passed(record.spf_results),
                               .raw_dkim = any_passed(record.dkim_results)});
}

// ---- Spread ------------------------------------------------------------------------------------

Spread::Spread(aggregate::Instant begin, aggregate::Instant end)
    : first_(std::chrono::floor<std::chrono::days>(begin)) {
  using std::chrono::seconds;
  const aggregate::Instant last = std::min(std::max(end, begin + seconds{1}), begin + longest);
  for (aggregate::Instant day = first_; day < last; day += std::chrono::days{1}) {
    const aggregate::Instant until = std::min(last, day + std::chrono::days{1});
    until_.push_back(static_cast<std::uint64_t>((until - begin).count()));
  }
}

std::uint64_t Spread::before(std::uint64_t count, std::uint64_t number, std::size_t days) const {
  if (days == 0) return 0;
  const std::uint64_t all = until_.back();
  // Steps of the golden ratio fall evenly, whatever the numbers are (Weyl's sequence).
  const std::uint64_t turn = (number * 0x9e3779b97f4a7c15U) >> 32U;
  __extension__ using Wide = unsigned __int128;
  const Wide shifted = Wide{count} * until_[days - 1] + ((Wide{turn} * all) >> 32U);
  return static_cast<std::uint64_t>(shifted / all);
}

std::uint64_t Spread::share(std::uint64_t count, std::uint64_t number, std::size_t at) const {
  if (until_.size() == 1) return count;
  return before(count, number, at + 1) - before(count, number, at);
}

// ---- Rollup ------------------------------------------------------------------------------------

bool Rollup::add(std::string_view chunk) {
  ChunkReader reader(chunk);
  const CellReader cells(reader, policy_);
  PackedRecord record;
  while (reader.next(record)) {
    const std::uint32_t cell = cells.number_of(record);
    for (std::size_t at = 0; at < spread_.days(); ++at) {
      const std::uint64_t share = spread_.share(record.count, records_, at);
      if (share != 0) counts_[{.day = spread_.day(at), .cell = cell}] += share;
    }
    ++records_;
  }
  return !reader.broken();
}

}  // namespace assay::store
