#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "assay/aggregate/report.h"

/// What reporters write where the schemas have a word, a number or a time.
namespace assay::aggregate::detail {

/// The words of one element, and what stands for them.
struct Synonym {
  std::string_view written;
  std::string_view meant;
};
struct Vocabulary {
  std::span<const std::string_view> words;
  std::span<const Synonym> synonyms;
};
extern const Vocabulary policy_words, disposition_words, alignment_words, aligned_words,
    dkim_result_words, spf_result_words, scope_words, reason_words, testing_words, discovery_words;

enum class Spelling : std::uint8_t { right, other_case, synonym, unknown };
struct Word {
  std::string text = {};
  Spelling spelling = Spelling::right;
};
/// The word that was meant: also with other marks within ("soft fail"), or with quotes, a semicolon
/// or a comment around. An unknown one is in lower case.
Word read_word(const Vocabulary& vocabulary, std::string_view text);

enum class Writing : std::uint8_t { right, repaired, none };
struct Number {
  std::uint64_t value = 0;
  Writing writing = Writing::right;
};
/// A number that is not negative: also with a plus, with spaces or commas between thousands, with a
/// fraction of zeros, or with an exponent where it is whole.
Number read_number(std::string_view text);

struct Time {
  Instant at = {};
  Writing writing = Writing::right;
};
/// Unix seconds; also with a fraction, what parse_loose_instant reads, and the dates of RFC 5322.
/// Nothing before 1970 or behind the year 2199.
Time read_time(std::string_view text);

}  // namespace assay::aggregate::detail
