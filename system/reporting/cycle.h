#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "assay/dns/resolver.h"
#include "system/config/settings.h"
#include "system/reporting/build.h"
#include "system/reporting/targets.h"
#include "system/store/store.h"

namespace assay::reporting {

/// What is to become of the evaluations of one configuration.
struct Outline {
  std::string policy_domain = {};
  std::uint64_t messages = 0;
  std::uint64_t late = 0;
  enum class Fate : std::uint8_t { settled, waits } fate = Fate::settled;
  store::Outcome outcome = store::Outcome::reported;
  std::string reason = {};                ///< why there is no report, or why it waits
  std::vector<std::string> refused = {};  ///< URIs that get none, with the reason
  struct Letter {
    std::string address;
    const Built* report;  ///< lives as long as the outline is shown
  };
  std::vector<Letter> letters = {};
};

struct CycleTotals {
  std::uint64_t domains = 0;
  std::uint64_t reports = 0;   ///< parts of reports, each with an id of its own
  std::uint64_t letters = 0;   ///< put into the outbox
  std::uint64_t reported = 0;  ///< messages, as all below
  std::uint64_t optional = 0;
  std::uint64_t unreported = 0;  ///< settled otherwise
  std::uint64_t waiting = 0;     ///< left for later, as the DNS did not answer
};

/// Whether evaluations are settled and letters put into the outbox, or only shown.
enum class Effect : std::uint8_t { settle, show };

/// Makes the reports of a period: due evaluations into reports, reports into the outbox. Each
/// policy domain is settled in one transaction, with others, so that a crash neither loses nor
/// doubles anything.
class Cycle {
 public:
  /// All outlive it.
  Cycle(store::Store& store, dns::Resolver& resolver, const config::Reports& settings,
        Reporter reporter)
      : store_(store), resolver_(resolver), settings_(settings), reporter_(std::move(reporter)) {}

  using Show = std::function<void(const Outline&)>;
  /// Errors: those of the store; what was settled before stays so.
  /// `only`: these policy domains alone; all where it is empty.
  std::expected<CycleTotals, Finding> run(const Period& period, store::Instant now, Effect effect,
                                          const Show& show = {},
                                          const std::set<std::string>& only = {});

 private:
  struct Domain;
  struct Draft;
  std::expected<std::vector<Domain>, Finding> order(std::vector<store::Due> due);
  std::expected<void, Finding> run_domain(const Domain& domain, const store::Cut& cut);
  std::expected<Draft, Finding> draft(const Domain& domain, const store::Counted& counted,
                                      const store::Cut& cut);
  std::expected<void, Finding> write(Draft& draft, const store::Counted& counted,
                                     const store::Cut& cut, const Targets& targets);
  std::expected<void, Finding> settle();
  bool is_enough_to_settle() const;
  store::Settlement settlement_of(Draft draft, const store::Counted& counted,
                                  const store::Cut& cut) const;
  void count(const Outline& outline);

  store::Store& store_;
  dns::Resolver& resolver_;
  const config::Reports& settings_;
  Reporter reporter_;
  // Of one run.
  Period period_ = {};
  store::Instant now_ = {};
  HostCounts hosts_ = {};
  CycleTotals totals_ = {};
  std::vector<store::Settlement> settlements_ = {};  ///< made, not yet in the store
  Effect effect_ = Effect::show;
  Show show_ = {};
};

}  // namespace assay::reporting
