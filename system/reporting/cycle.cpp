#include "system/reporting/cycle.h"

#include <algorithm>
#include <list>
#include <tuple>
#include <utility>

#include "assay/base/domain_name.h"
#include "assay/base/try.h"
#include "system/reporting/retry.h"

namespace assay::reporting {
namespace {

/// So long after the end of the period it is tried to reach a DNS that does not answer.
constexpr std::chrono::hours dns_patience{24};

bool is_within(const std::string& domain, const std::vector<DomainName>& list) {
  const auto name = DomainName::parse(domain);
  return name && std::ranges::any_of(
                     list, [&](const DomainName& one) { return name->equal_or_below(one); });
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& one : sentences) text += (text.empty() ? "" : "; ") + one;
  return text;
}

}  // namespace

/// A policy domain that is due, and its place in the order.
struct Cycle::Domain {
  store::Due due = {};
  bool known = false;
  std::size_t place = 0;
  std::size_t all = 0;
};

/// An outline with the reports that its letters point to.
struct Cycle::Draft {
  Outline outline = {};
  std::list<Built> reports = {};
  std::vector<store::Delivery> deliveries = {};
};

/// Most deserving first: domains that we know, then those with more messages.
std::expected<std::vector<Cycle::Domain>, Finding> Cycle::order(std::vector<store::Due> due) {
  std::vector<Domain> domains;
  domains.reserve(due.size());
  for (store::Due& one : due) {
    ASSAY_TRY(known, store_.is_known(one.policy_domain));
    const bool listed = is_within(one.policy_domain, settings_.also);
    domains.push_back({.due = std::move(one), .known = known || listed, .all = due.size()});
  }
  std::ranges::sort(domains, [](const Domain& a, const Domain& b) {
    return std::tie(b.known, b.due.messages, a.due.policy_domain) <
           std::tie(a.known, a.due.messages, b.due.policy_domain);
  });
  for (std::size_t i = 0; i < domains.size(); ++i) domains[i].place = i;
  return domains;
}

/// Makes the reports in each form that a target wants, and a letter for each target.
std::expected<void, Finding> Cycle::write(Draft& draft, const store::Counted& counted,
                                          const store::Cut& cut, const Targets& targets) {
  for (const aggregate::Schema schema : {aggregate::Schema::rfc9990, aggregate::Schema::rfc7489}) {
    const auto wants = [&](const Target& one) { return one.schema == schema; };
    if (std::ranges::none_of(targets.targets, wants)) continue;
    Builder builder(reporter_, counted, period_.begin, period_.end,
                    {.schema = schema, .max_octets = settings_.max_attachment});
    auto shown = store_.each_record(
        counted.id, cut, [&](const aggregate::Record& record) { return builder.add(record); });
    if (!shown) return shown;
    auto built = builder.finish();
    if (!built) {
      draft.outline.outcome = store::Outcome::given_up;
      draft.outline.reason = built.error().what;
      draft.outline.letters.clear();
      return {};
    }
    for (Built& one : *built) {
      const Built& report = draft.reports.emplace_back(std::move(one));
      for (const Target& target : targets.targets) {
        if (wants(target)) draft.outline.letters.push_back({target.address, &report});
      }
    }
  }
  return {};
}

std::expected<Cycle::Draft, Finding> Cycle::draft(const Domain& domain,
                                                  const store::Counted& counted,
                                                  const store::Cut& cut) {
  Draft draft{.outline = {.policy_domain = domain.due.policy_domain,
                          .messages = counted.messages,
                          .late = counted.late}};
  Outline& outline = draft.outline;
  const auto settle = [&](store::Outcome outcome, std::string reason) {
    outline.outcome = outcome;
    outline.reason = std::move(reason);
    return std::move(draft);
  };
  if (is_within(outline.policy_domain, settings_.never)) {
    return settle(store::Outcome::optional, "gets none by the configuration (never)");
  }
  if (settings_.to == config::ReportTo::known && !domain.known) {
    return settle(store::Outcome::optional,
                  "not known here: nothing of it has ever passed, and nobody wrote to it");
  }
  ASSAY_TRY(targets,
            find_targets(counted.configuration, settings_, {store_, resolver_, hosts_, now_}));
  outline.refused = targets.refused;
  if (targets.ask_again && now_ < period_.end + dns_patience) {
    outline.fate = Outline::Fate::waits;
    outline.reason = joined(targets.refused);
    return draft;
  }
  if (targets.targets.empty()) return settle(targets.otherwise, joined(targets.refused));
  if (auto written = write(draft, counted, cut, targets); !written) {
    return std::unexpected(std::move(written.error()));
  }
  return draft;
}

store::Settlement Cycle::settlement_of(Draft draft, const store::Counted& counted,
                                       const store::Cut& cut) const {
  const Outline& outline = draft.outline;
  store::Settlement settlement{.cut = cut,
                               .configuration = counted.id,
                               .messages = counted.messages,
                               .outcome = outline.outcome,
                               .reason = outline.reason,
                               .at = now_,
                               .begin = period_.begin,
                               .end = period_.end - std::chrono::seconds{1}};
  if (outline.outcome != store::Outcome::reported) return settlement;
  settlement.report_id = draft.reports.front().report_id;
  settlement.deliveries = std::move(draft.deliveries);
  return settlement;
}

void Cycle::count(const Outline& outline) {
  if (outline.fate == Outline::Fate::waits) {
    totals_.waiting += outline.messages;
  } else if (outline.outcome == store::Outcome::reported) {
    totals_.reported += outline.messages;
    totals_.letters += outline.letters.size();
  } else if (outline.outcome == store::Outcome::optional) {
    totals_.optional += outline.messages;
  } else {
    totals_.unreported += outline.messages;
  }
}

// RFC 9990 §3.1, RFC 9990 §3.3: a report for each configuration, by the record as it was evaluated.
std::expected<void, Finding> Cycle::run_domain(const Domain& domain, const store::Cut& cut) {
  ASSAY_TRY(configurations, store_.configurations(domain.due.policy_domain, cut));
  for (const store::Counted& counted : configurations) {
    ASSAY_TRY(drafted, draft(domain, counted, cut));
    const Outline& outline = drafted.outline;
    const store::Instant leaves = leave_at(now_, settings_.spread, domain.place, domain.all);
    for (const Outline::Letter& letter : outline.letters) {
      drafted.deliveries.push_back({.report_id = letter.report->report_id,
                                    .destination = letter.address,
                                    .file_name = letter.report->file_name,
                                    .octets = letter.report->octets,
                                    .messages = letter.report->messages,
                                    .next = leaves});
    }
    count(outline);
    if (outline.outcome == store::Outcome::reported) totals_.reports += drafted.reports.size();
    if (show_) show_(outline);
    if (effect_ == Effect::settle && outline.fate == Outline::Fate::settled) {
      settlements_.push_back(settlement_of(std::move(drafted), counted, cut));
    }
  }
  return {};
}

/// Settles what was made. Several policy domains in one transaction: the disk is waited for once.
std::expected<void, Finding> Cycle::settle() {
  if (settlements_.empty()) return {};
  return store_.settle(std::exchange(settlements_, {}));
}

bool Cycle::is_enough_to_settle() const {
  constexpr std::size_t most_settlements = 200;
  constexpr std::size_t most_octets = std::size_t{4} << 20U;
  std::size_t octets = 0;
  for (const store::Settlement& one : settlements_) {
    for (const store::Delivery& delivery : one.deliveries) octets += delivery.octets.size();
  }
  return settlements_.size() >= most_settlements || octets >= most_octets;
}

std::expected<CycleTotals, Finding> Cycle::run(const Period& period, store::Instant now,
                                               Effect effect, const Show& show,
                                               const std::set<std::string>& only) {
  period_ = period;
  now_ = now;
  effect_ = effect;
  show_ = show;
  hosts_ = {};
  totals_ = {};
  settlements_.clear();
  ASSAY_TRY(cut, store_.cut(period.end));
  ASSAY_TRY(due, store_.due(cut));
  if (!only.empty()) {
    std::erase_if(due, [&](const store::Due& one) { return !only.contains(one.policy_domain); });
  }
  ASSAY_TRY(domains, order(std::move(due)));
  for (const Domain& domain : domains) {
    ++totals_.domains;
    auto done = run_domain(domain, cut);
    if (done && is_enough_to_settle()) done = settle();
    if (!done) return std::unexpected(std::move(done.error()));
  }
  if (auto done = settle(); !done) return std::unexpected(std::move(done.error()));
  return totals_;
}

}  // namespace assay::reporting
