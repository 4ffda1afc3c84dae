#include "assay/aggregate/detail/words.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/loose_time.h"
#include "assay/mail/mail_date.h"

namespace assay::aggregate::detail {
namespace {

constexpr std::string_view policies[] = {"none", "quarantine", "reject"};
constexpr Synonym policy_synonyms[] = {{"monitor", "none"}};
constexpr std::string_view dispositions[] = {"none", "pass", "quarantine", "reject"};
constexpr Synonym disposition_synonyms[] = {{"quarantined", "quarantine"}, {"rejected", "reject"}};
constexpr std::string_view alignments[] = {"r", "s"};
constexpr Synonym alignment_synonyms[] = {{"relaxed", "r"}, {"strict", "s"}};
constexpr std::string_view aligned[] = {"pass", "fail"};
// RFC 8601 §2.7.1
constexpr std::string_view dkim_results[] = {"none",    "pass",      "fail",     "policy",
                                             "neutral", "temperror", "permerror"};
constexpr Synonym dkim_synonyms[] = {
    {"hardfail", "fail"}, {"unknown", "temperror"}, {"error", "permerror"}};
// RFC 8601 §2.7.2
constexpr std::string_view spf_results[] = {"none",   "pass",    "fail",      "softfail",
                                            "policy", "neutral", "temperror", "permerror"};
// The first is of RFC 5451; of the next two RFC 7489 §C says that they are in common use.
constexpr Synonym spf_synonyms[] = {{"hardfail", "fail"},        {"unknown", "temperror"},
                                    {"error", "permerror"},      {"soft_fail", "softfail"},
                                    {"temp_error", "temperror"}, {"perm_error", "permerror"}};
constexpr std::string_view scopes[] = {"mfrom", "helo"};
constexpr Synonym scope_synonyms[] = {
    {"mailfrom", "mfrom"}, {"envelope", "mfrom"}, {"ehlo", "helo"}};
constexpr std::string_view reasons[] = {"local_policy",     "mailing_list",      "other",
                                        "policy_test_mode", "trusted_forwarder", "forwarded",
                                        "sampled_out"};
constexpr Synonym reason_synonyms[] = {{"local policy", "local_policy"},
                                       {"mailing list", "mailing_list"},
                                       {"mailinglist", "mailing_list"},
                                       {"sampled out", "sampled_out"}};
constexpr std::string_view testing[] = {"n", "y"};
constexpr Synonym testing_synonyms[] = {{"no", "n"}, {"yes", "y"}, {"false", "n"}, {"true", "y"}};
constexpr std::string_view methods[] = {"psl", "treewalk"};
constexpr Synonym method_synonyms[] = {{"tree_walk", "treewalk"}, {"tree-walk", "treewalk"}};

constexpr std::uint64_t last_second = 7'258'118'399ULL;  // of the year 2199

}  // namespace

const Vocabulary policy_words{policies, policy_synonyms};
const Vocabulary disposition_words{dispositions, disposition_synonyms};
const Vocabulary alignment_words{alignments, alignment_synonyms};
const Vocabulary aligned_words{aligned, {}};
const Vocabulary dkim_result_words{dkim_results, dkim_synonyms};
const Vocabulary spf_result_words{spf_results, spf_synonyms};
const Vocabulary scope_words{scopes, scope_synonyms};
const Vocabulary reason_words{reasons, reason_synonyms};
const Vocabulary testing_words{testing, testing_synonyms};
const Vocabulary discovery_words{methods, method_synonyms};

namespace {

/// Without the marks that divide words: "soft fail" and "soft_fail" are "softfail".
std::string squeezed(std::string_view text) {
  std::string letters(text);
  std::erase_if(letters, [](char c) { return c == '_' || c == '-' || c == ' '; });
  return letters;
}

/// What is left of "pass (2048-bit key)", "\"reject\";" and "p=reject".
std::string_view bare_word(std::string_view text) {
  constexpr std::string_view around = " \t\r\n\"';,.";
  text = text.substr(0, text.find_first_of("(;"));
  if (const std::size_t sign = text.find('='); sign != std::string_view::npos && sign <= 5) {
    text.remove_prefix(sign + 1);
  }
  const std::size_t begin = text.find_first_not_of(around);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(around) + 1 - begin);
}

}  // namespace

Word read_word(const Vocabulary& vocabulary, std::string_view text) {
  const auto known = [&](std::string_view word) {
    return std::ranges::find(vocabulary.words, word) != vocabulary.words.end();
  };
  if (text.empty() || known(text)) return {.text = std::string(text)};
  std::string lower = ascii::to_lower(text);
  if (known(lower)) return {.text = std::move(lower), .spelling = Spelling::other_case};
  const auto synonym = std::ranges::find(vocabulary.synonyms, lower, &Synonym::written);
  if (synonym != vocabulary.synonyms.end()) {
    return {.text = std::string(synonym->meant), .spelling = Spelling::synonym};
  }
  const std::string bare = squeezed(bare_word(lower));
  for (const std::string_view word : vocabulary.words) {
    if (squeezed(word) == bare) return {.text = std::string(word), .spelling = Spelling::synonym};
  }
  return {.text = std::move(lower), .spelling = Spelling::unknown};
}

namespace {

/// "1,234,567" is "1234567"; empty where the commas stand otherwise.
std::string without_commas(std::string_view text) {
  std::string digits;
  bool first = true;
  for (const std::string_view group : ascii::Pieces(text, ',')) {
    const bool fits = first ? !group.empty() && group.size() <= 3 : group.size() == 3;
    if (!fits) return {};
    digits += group;
    first = false;
  }
  return digits;
}

/// "1.7775072E9", where that is a whole number.
Number read_exponent(std::string_view text) {
  constexpr double most = 9e15;  // where each whole number can still be told from the next
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size() && value >= 0 &&
                     value < most &&
                     value == static_cast<double>(static_cast<std::uint64_t>(value));
  if (!whole) return {.writing = Writing::none};
  return {.value = static_cast<std::uint64_t>(value), .writing = Writing::repaired};
}

}  // namespace

Number read_number(std::string_view text) {
  if (const auto plain = ascii::parse_number(text)) return {.value = *plain};
  if (text.find_first_of(" \t\r\n") != std::string_view::npos) {  // "1 234"
    const Number joined = read_number(ascii::without_fws(text));
    return {.value = joined.value,
            .writing = joined.writing == Writing::none ? Writing::none : Writing::repaired};
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.find_first_of("eE") != std::string_view::npos) return read_exponent(text);
  const std::size_t point = text.find('.');
  const std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  std::string digits(text.substr(0, point));
  if (digits.contains(',')) digits = without_commas(digits);
  const auto whole = ascii::parse_number(digits);
  const bool zeros = fraction.find_first_not_of('0') == std::string_view::npos;
  if (!whole || !zeros) return {.writing = Writing::none};  // "1.234" may be one or the other
  return {.value = *whole, .writing = Writing::repaired};
}

Time read_time(std::string_view text) {
  const auto plain = ascii::parse_number(text);
  const bool is_date = text.size() == 8;  // "20260430", which is no second that a report is about
  if (plain && *plain <= last_second && !is_date) {
    return {.at = Instant{std::chrono::seconds{static_cast<std::int64_t>(*plain)}}};
  }
  std::optional<Instant> at = parse_loose_instant(text);
  if (!at) {
    const std::size_t point = text.find('.');
    const bool fraction = point != std::string_view::npos &&
                          std::ranges::all_of(text.substr(point + 1), ascii::is_digit);
    const Number seconds = read_number(fraction ? text.substr(0, point) : text);
    if (seconds.writing != Writing::none && seconds.value <= last_second) {
      at = Instant{std::chrono::seconds{static_cast<std::int64_t>(seconds.value)}};
    }
  }
  if (!at) at = mail::parse_mail_date(text);
  const bool permitted = at && at->time_since_epoch().count() >= 0 &&
                         static_cast<std::uint64_t>(at->time_since_epoch().count()) <= last_second;
  if (!permitted) return {.writing = Writing::none};
  return {.at = *at, .writing = Writing::repaired};
}

}  // namespace assay::aggregate::detail
