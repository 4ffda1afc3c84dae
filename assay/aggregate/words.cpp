#include "assay/aggregate/detail/words.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/time.h"

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
  return {.text = std::move(lower), .spelling = Spelling::unknown};
}

Number read_number(std::string_view text) {
  if (const auto plain = ascii::parse_number(text)) return {.value = *plain};
  if (text.find_first_of(" \t\r\n") != std::string_view::npos) {  // "1 234"
    const Number joined = read_number(ascii::without_fws(text));
    return {.value = joined.value,
            .writing = joined.writing == Writing::none ? Writing::none : Writing::repaired};
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  const auto whole = ascii::parse_number(text.substr(0, point));
  if (!whole || !std::ranges::all_of(fraction, ascii::is_digit)) return {.writing = Writing::none};
  return {.value = *whole, .writing = Writing::repaired};
}

Time read_time(std::string_view text) {
  const Number seconds = read_number(text);
  if (seconds.writing != Writing::none) {
    const bool milliseconds = seconds.value > last_second;
    const std::uint64_t value = milliseconds ? seconds.value / 1'000 : seconds.value;
    if (value > last_second) return {.writing = Writing::none};
    return {.at = Instant{std::chrono::seconds{static_cast<std::int64_t>(value)}},
            .writing = milliseconds ? Writing::repaired : seconds.writing};
  }
  std::string iso(text);
  if (iso.size() > 10 && iso[10] == ' ') iso[10] = 'T';
  for (const std::string_view zone : {"", "Z", "T00:00:00Z"}) {
    const auto instant = parse_instant(iso + std::string(zone));
    if (instant && static_cast<std::uint64_t>(instant->time_since_epoch().count()) <= last_second) {
      return {.at = *instant, .writing = Writing::repaired};
    }
  }
  return {.writing = Writing::none};
}

}  // namespace assay::aggregate::detail
