#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/analysis/document.h"
#include "system/analysis/flows.h"
#include "system/analysis/marks.h"
#include "system/analysis/overview.h"

/// What kind of mail a domain sends, which policy is right for that, and whether it is time for the
/// next step (RFC 9989 §5.1, §7.4). There is no pct anywhere: RFC 9989 has none.
namespace assay::analysis {

// ---- Piles -------------------------------------------------------------------------------------

/// What is inferred of a domain's mail. No pile where there is too little to say.
struct PileGuess {
  std::string domain;
  std::optional<Pile> pile = {};
  Confidence confidence = Confidence::none;
  bool confirmed = false;             ///< the owner said so
  std::optional<Pile> inferred = {};  ///< also where the owner said otherwise
  std::vector<std::string> evidence = {};
  std::uint64_t passing = 0;     ///< messages of own and approved sources
  std::uint64_t list_posts = 0;  ///< messages that passed through lists
  std::uint64_t bulk = 0;        ///< messages of bulk and transactional services
  std::uint64_t mailboxes = 0;   ///< messages of services that host mailboxes
  std::uint64_t days = 0;        ///< with messages
};
/// `flows` of some months, `days` with messages among them.
PileGuess guess_pile(const View& view, std::span<const Flow> flows, std::uint64_t days);
void tell(std::span<const PileGuess> piles, Document& document);

// ---- Route -------------------------------------------------------------------------------------

/// Steps of a rollout, in order.
enum class Stage : std::uint8_t { none, quarantine_testing, quarantine, reject_testing, reject };
/// "p=none", "p=quarantine; t=y", …
std::string_view to_text(Stage stage);
Stage stage_of(store::Asked policy, bool test_mode);

struct Route {
  std::optional<Pile> pile = {};
  Stage now = Stage::none;
  std::vector<Stage> steps = {};       ///< of the pile, with those behind
  std::optional<Stage> next = {};      ///< nothing at the end
  std::vector<std::string> also = {};  ///< what belongs to it beside the policy
  std::string end = {};                ///< why it ends there
};
Route make_route(std::optional<Pile> pile, Stage now);

// ---- Readiness ---------------------------------------------------------------------------------

enum class Met : std::uint8_t { yes, no, unknown };
std::string_view to_text(Met met);

/// A reason for or against the next step.
struct Criterion {
  std::string code;
  Met met = Met::unknown;
  std::string what;  ///< a sentence with its numbers
};
/// The days under one policy, latest first: dispositions side by side (RFC 9989 §7.4).
struct Stretch {
  Stage stage = Stage::none;
  std::chrono::sys_days first = {};
  std::chrono::sys_days last = {};
  std::uint64_t days = 0;  ///< with messages
  Tally tally = {};
  std::uint64_t failing_delivered = 0;
};
std::vector<Stretch> stretches_of(std::span<const store::DailyCount> counts);

enum class Ready : std::uint8_t { yes, no, unknown, at_end };
std::string_view to_text(Ready ready);

struct Readiness {
  Ready ready = Ready::unknown;
  Route route = {};
  std::vector<Criterion> criteria = {};
  std::vector<Stretch> stretches = {};
};
/// What readiness is judged by.
struct RolloutFacts {
  std::string domain = {};
  PileGuess pile = {};
  std::span<const store::DailyCount> counts = {};  ///< by day and cell, of all days known
  std::span<const Flow> flows = {};                ///< of the last months
  std::uint64_t reporters = 0;                     ///< with messages in them
  Share largest_reporter = {};                     ///< its share of messages
  std::chrono::sys_days today = {};
};
Readiness judge_readiness(const RolloutFacts& facts);
void tell_route(const Readiness& readiness, Document& document);
void tell_readiness(const Readiness& readiness, Document& document);

}  // namespace assay::analysis
