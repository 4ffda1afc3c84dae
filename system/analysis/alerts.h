#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "system/analysis/flows.h"
#include "system/analysis/record_watch.h"
#include "system/analysis/sources.h"
#include "system/store/alert_book.h"
#include "system/store/received.h"

/// What an owner should be told without asking. Facts are gathered from the Store; rules make signs
/// of them, each with its evidence and advice; signs of one cause become one; and settle() says
/// what that does to the alerts that are there. All but the gathering is pure.
namespace assay::analysis {

enum class Rule : std::uint8_t {
  newcomer,         ///< a service not seen before passes
  spike,            ///< far more unauthenticated mail than is usual
  source_broken,    ///< an own or approved source fails that passed before
  reporter_silent,  ///< somebody who reported regularly does so no more
  record_changed,   ///< the DNS says something else than before
  policy_weaker,    ///< than planned
  intake_refusing,  ///< reports are refused or set aside, or a channel fails
};
constexpr std::size_t rules = 7;
std::string_view to_text(Rule rule);
std::optional<Rule> parse_rule(std::string_view word);
/// What a rule watches for, a sentence; and what minimum, factor, share and after mean to it.
std::string_view purpose_of(Rule rule);
std::string_view thresholds_in_words(Rule rule);

/// When a rule finds something. What a rule does not use is 0.
struct Thresholds {
  bool enabled = true;
  std::uint64_t minimum = 0;  ///< messages or reports
  unsigned factor = 0;        ///< so many times the usual
  unsigned share = 0;         ///< percent
  std::chrono::seconds after{0};
  std::chrono::seconds cool_down{0};  ///< what is over is not told again sooner
  friend bool operator==(const Thresholds&, const Thresholds&) = default;
};
Thresholds usual_thresholds(Rule rule);

/// What an owner set; nothing: as usual.
struct RuleSetting {
  Rule rule = Rule::newcomer;
  std::vector<std::string> domains = {};  ///< they and those below; empty: all
  bool enabled = true;
  std::optional<std::uint64_t> minimum = {};
  std::optional<unsigned> factor = {};
  std::optional<unsigned> share = {};
  std::optional<std::chrono::seconds> after = {};
  std::optional<std::chrono::seconds> cool_down = {};
};
/// The last setting that says something of a rule and domain counts, threshold by threshold.
Thresholds thresholds_of(std::span<const RuleSetting> settings, Rule rule, std::string_view domain);

// ---- Facts -------------------------------------------------------------------------------------

/// How far back rules look.
constexpr std::chrono::days spike_history{56};
constexpr std::chrono::days newcomer_days{28};
constexpr std::chrono::days newcomer_history{90};

/// What rules see of one domain.
struct DomainFacts {
  std::string domain;
  /// By day, reporter and cell, of at least spike_history and a few days.
  std::vector<store::DailyCount> counts = {};
  /// By day and network, sorted out; of newcomer_days and newcomer_history.
  std::vector<Flow> flows = {};
  std::vector<store::RecordChange> changes = {};  ///< of the last week
  std::optional<store::RecordState> dmarc = {};   ///< where it is watched
  std::optional<PolicyInForce> planned = {};
};

/// What rules see of all domains together.
struct CommonFacts {
  std::vector<store::ReporterCount> reporters = {};  ///< of all domains
  /// By day and reporter, of spike_history.
  std::vector<store::DailyCount> reporter_days = {};
  std::vector<store::IntakeCount> intake = {};  ///< of the last day
};

/// What is asked, and where. `book` and `reports` must be there.
struct AlertWorld {
  store::ReceivedReports* reports = nullptr;
  store::AlertBook* book = nullptr;
  const Catalogue* catalogue = nullptr;
  const Marks* marks = nullptr;
  std::function<std::string(std::string_view)> organization = {};  ///< see View
  std::map<std::string, PolicyInForce, std::less<>> planned = {};  ///< by domain
};

/// Errors of these: those of the Store.
std::expected<DomainFacts, Finding> gather_domain(const AlertWorld& world,
                                                  const std::string& domain, Instant now);
std::expected<CommonFacts, Finding> gather_common(const AlertWorld& world, Instant now);

// ---- Signs -------------------------------------------------------------------------------------

/// What a rule sees now.
struct Sign {
  Rule rule = Rule::newcomer;
  std::string domain = {};
  std::string cause;  ///< of one domain; the same each time it is seen
  std::string what;
  std::string evidence = {};
  std::string advice = {};
  store::Severity severity = store::Severity::medium;
  Instant since = {};
};

/// Whether an alert of that rule, domain and cause is open: what began long ago is judged by less.
using IsOpen = std::function<bool(Rule rule, std::string_view domain, std::string_view cause)>;

/// How it is judged.
struct Judging {
  std::span<const RuleSetting> settings = {};
  Instant now = {};
  IsOpen is_open = {};  ///< empty: none is

  Thresholds thresholds(Rule rule, std::string_view domain) const {
    return thresholds_of(settings, rule, domain);
  }
  bool open(const Sign& sign) const {
    return is_open && is_open(sign.rule, sign.domain, sign.cause);
  }
};

// One function a rule.
std::vector<Sign> find_newcomers(const DomainFacts& facts, const Judging& judging);
std::vector<Sign> find_spike(const DomainFacts& facts, const Judging& judging);
std::vector<Sign> find_broken_sources(const DomainFacts& facts, const Judging& judging);
std::vector<Sign> find_record_changes(const DomainFacts& facts, const Judging& judging);
std::vector<Sign> find_weaker_policy(const DomainFacts& facts, const Judging& judging);
std::vector<Sign> find_silent_reporters(const CommonFacts& facts, const Judging& judging);
std::vector<Sign> find_refusals(const CommonFacts& facts, const Judging& judging);

/// All of a domain, those of one cause as one.
std::vector<Sign> signs_of(const DomainFacts& facts, const Judging& judging);
/// The same of what is of no single domain.
std::vector<Sign> signs_of(const CommonFacts& facts, const Judging& judging);

// ---- Alerts ------------------------------------------------------------------------------------

/// What was evaluated: alerts of other domains stay as they are.
struct Evaluated {
  std::set<std::string> domains = {};  ///< "" for what is of no single one
  std::vector<Sign> signs = {};
};

/// What an evaluation does to the alerts that are known: open ones, and those seen lately. An
/// alert that comes back within the cool-down of its rule is opened again without being told; one
/// that was closed by hand stays closed until its signs were gone for that long.
std::vector<store::AlertChange> settle(std::span<const store::Alert> known,
                                       const Evaluated& evaluated, const Judging& judging);

/// Longer than any cool-down.
constexpr std::chrono::days longest_cool_down{365};

/// Gathers and settles: one evaluation of `domains` and of all together. Gives the changes with
/// their ids. A domain whose facts cannot be had stops it: no alert is closed by ignorance.
std::expected<std::vector<store::AlertChange>, Finding> evaluate_alerts(
    const AlertWorld& world, std::span<const std::string> domains,
    std::span<const RuleSetting> settings, Instant now, const store::WriteLetters& write);

/// {"id","rule","domain","what","evidence","advice","severity","since","opened","until","closed_by","seen"}:
/// an object; what is absent is left out, `seen` is whether somebody has looked at it.
std::string to_json(const store::Alert& alert);

}  // namespace assay::analysis
