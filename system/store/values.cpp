#include "system/store/values.h"

#include <numeric>

namespace assay::store {
namespace {

constexpr std::array<std::string_view, outcomes> outcome_words = {
    "reported", "optional", "no_destination", "suppressed", "given_up", "expired", "erased"};
constexpr std::array<std::string_view, 3> state_words = {"waiting", "sent", "given_up"};
constexpr std::array<std::string_view, 3> kind_words = {"aggregate", "failure", "tls"};

void compare(Findings& findings, const char* what, std::uint64_t whole, std::uint64_t parts) {
  if (whole == parts) return;
  findings.push_back({.code = "store_books",
                      .what = std::string(what) + ": " + std::to_string(whole) +
                              " evaluations, but " + std::to_string(parts) + " in their places"});
}

}  // namespace

std::string_view to_text(Outcome outcome) {
  return outcome_words[static_cast<std::size_t>(outcome)];
}

std::string_view to_text(OutboxState state) {
  return state_words[static_cast<std::size_t>(state)];
}

std::optional<OutboxState> parse_outbox_state(std::string_view text) {
  for (std::size_t i = 0; i < state_words.size(); ++i) {
    if (state_words[i] == text) return static_cast<OutboxState>(i);
  }
  return std::nullopt;
}

std::string_view to_text(ReportKind kind) {
  return kind_words[static_cast<std::size_t>(kind)];
}

std::optional<ReportKind> parse_report_kind(std::string_view text) {
  for (std::size_t i = 0; i < kind_words.size(); ++i) {
    if (kind_words[i] == text) return static_cast<ReportKind>(i);
  }
  return std::nullopt;
}

Findings unbalanced(const Books& books) {
  Findings findings;
  const std::uint64_t settled =
      std::accumulate(books.settled.begin(), books.settled.end(), std::uint64_t{0});
  compare(findings, "taken in", books.taken, books.waiting + settled);
  compare(findings, "reported", books.of(Outcome::reported),
          books.sent + books.in_outbox + books.undelivered);
  return findings;
}

}  // namespace assay::store
