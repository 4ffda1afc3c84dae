#include <algorithm>
#include <array>

#include "system/analysis/questions.h"

namespace assay::analysis {
namespace {

constexpr std::array<std::string_view, 22> words = {
    "sources",   "volume",    "cube",      "unauthenticated", "newcomers", "who",
    "unaligned", "gaps",      "overrides", "failures",        "ladder",    "piles",
    "route",     "readiness", "whatif",    "reporters",       "compare",   "split",
    "domains",   "tls",       "changes",   "received"};

}  // namespace

std::string_view to_text(Question question) {
  return words[static_cast<std::size_t>(question)];
}

std::optional<Question> parse_question(std::string_view word) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Question>(found - words.begin());
}

std::span<const std::string_view> question_words() {
  return words;
}

bool may_lack_domain(Question question) {
  switch (question) {
    case Question::domains:
    case Question::reporters:
    case Question::piles:
    case Question::received:
    case Question::split:
    case Question::cube:
    case Question::gaps:
    case Question::overrides:
    case Question::failures:
    case Question::compare:
    case Question::changes:
      return true;
    default:
      return false;
  }
}

}  // namespace assay::analysis
