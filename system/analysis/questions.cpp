#include "system/analysis/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "assay/base/try.h"
#include "assay/spf/spf.h"
#include "system/analysis/counts.h"
#include "system/analysis/detail/reading.h"
#include "system/analysis/ladder.h"
#include "system/analysis/overrides.h"
#include "system/analysis/overview.h"
#include "system/analysis/record_watch.h"
#include "system/analysis/rollout.h"
#include "system/analysis/sources.h"
#include "system/analysis/tls.h"

namespace assay::analysis {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using store::DailyCount;
using store::Days;

template <class T = void>
using Expected = std::expected<T, Finding>;

constexpr days usual_period{30};
/// How far back it counts as known who sends.
constexpr days known_before{90};
/// What a rollout is judged by.
constexpr days rollout_sources{90};
constexpr days rollout_policies{800};
constexpr std::size_t max_reports = 5'000;
constexpr std::size_t report_page = 5'000;
constexpr std::uint64_t max_records_read = 500'000;

/// One question on its way to its answer.
class Answering {
 public:
  Answering(const Ask& ask, const World& world) : ask_(ask), world_(world) {}

  Expected<Document> run() {
    if (ask_.domain.empty() && !may_lack_domain(ask_.question)) {
      return std::unexpected(
          Finding{.code = "no_domain",
                  .what = std::string(to_text(ask_.question)) + " is asked of a domain"});
    }
    document_.question = to_text(ask_.question);
    document_.domain = ask_.domain;
    view_ = {.domain = ask_.domain,
             .catalogue = world_.catalogue,
             .marks = world_.marks,
             .organization = world_.organization,
             .places = world_.places,
             .own = world_.own};
    if (ask_.names > 0 && world_.resolver != nullptr && world_.own != nullptr)
      view_.host_addresses = ask_hosts(*world_.own, *world_.resolver);
    if (auto done = find_period(); !done) return std::unexpected(std::move(done.error()));
    if (auto done = find_basis(); !done) return std::unexpected(std::move(done.error()));
    if (auto done = ask_it(); !done) return std::unexpected(std::move(done.error()));
    say_what_is_missing();
    return std::move(document_);
  }

 private:
  Expected<> ask_it() {
    switch (ask_.question) {
      case Question::sources:
        return sources();
      case Question::volume:
        return volume();
      case Question::cube:
        return cube();
      case Question::unauthenticated:
        return unauthenticated();
      case Question::newcomers:
        return newcomers();
      case Question::who:
        return who();
      case Question::unaligned:
        return unaligned();
      case Question::gaps:
        return gaps();
      case Question::overrides:
        return overrides();
      case Question::failures:
        return failures();
      case Question::ladder:
        return ladder();
      case Question::piles:
        return piles();
      case Question::route:
      case Question::readiness:
        return rollout();
      case Question::whatif:
        return what_if();
      case Question::reporters:
        return reporters();
      case Question::compare:
        return compare();
      case Question::split:
        return split();
      case Question::domains:
        return domains();
      case Question::tls:
        return tls();
      case Question::changes:
        return changes();
      case Question::received:
        break;
    }
    return {};
  }

  // ---- Period and basis ----

  Expected<> find_period() {
    ASSAY_TRY(known, world_.reports->reporters(ask_.domain));
    known_ = std::move(known);
    const sys_days today = std::chrono::floor<days>(ask_.now);
    std::optional<sys_days> last;
    for (const store::ReporterCount& each : known_) {
      if (each.reports == 0) continue;
      const sys_days end =
          std::chrono::floor<days>(std::max(each.first, each.last - std::chrono::seconds{1}));
      last = last ? std::max(*last, end) : end;
    }
    last_report_ = last;
    if (ask_.question == Question::changes) last = today;
    const sys_days to = ask_.to.value_or(std::min(last.value_or(today), today));
    days_ = {.from = ask_.from.value_or(to - usual_period + days{1}), .until = to + days{1}};
    if (days_.from >= days_.until) {
      return std::unexpected(
          Finding{.code = "bad_period", .what = "the first day is after the last"});
    }
    document_.basis.days = days_;
    return {};
  }

  Expected<> find_basis() {
    Basis& basis = document_.basis;
    ASSAY_TRY(
        counts,
        world_.reports->daily(
            {.policy_domain = ask_.domain, .days = days_, .by_domain = false, .by_cell = false}));
    for (const DailyCount& each : counts) {
      basis.messages += each.messages;
      basis.first = basis.first ? std::min(*basis.first, each.day) : each.day;
      basis.data_through = basis.data_through ? std::max(*basis.data_through, each.day) : each.day;
    }
    ASSAY_TRY(tally, world_.reports->tally(ask_.domain, days_));
    basis.reporters = tally.reporters;
    basis.reports = tally.counted;
    basis.set_aside = tally.set_aside;
    if (ask_.question != Question::reporters && ask_.question != Question::overrides) return {};
    return list_reports(
        [&](store::ReceivedReport&& report) { listed_.push_back(std::move(report)); });
  }

  /// Aggregate reports that touch the period, up to a limit.
  template <class Take>
  Expected<> list_reports(Take take) {
    store::ReportFilter filter{.kind = store::ReportKind::aggregate,
                               .policy_domain = ask_.domain,
                               .from = days_.from,
                               .until = days_.until,
                               .limit = report_page};
    for (std::size_t seen = 0;;) {
      ASSAY_TRY(page, world_.reports->reports(filter));
      for (store::ReceivedReport& each : page) {
        filter.after = each.id;
        take(std::move(each));
      }
      seen += page.size();
      if (page.size() < report_page) return {};
      if (seen < max_reports) continue;
      not_all_listed_ = true;
      return {};
    }
  }

  Expected<std::vector<DailyCount>> daily(const Days& period, bool by_day, bool by_reporter) {
    return world_.reports->daily({.policy_domain = ask_.domain,
                                  .days = period,
                                  .by_domain = false,
                                  .by_day = by_day,
                                  .by_reporter = by_reporter,
                                  .by_cell = true});
  }

  Expected<std::vector<store::SourceCount>> source_counts(const Days& period,
                                                          store::SourceLevel level,
                                                          bool by_day = false) {
    return world_.reports->sources(
        {.policy_domain = view_.domain, .days = period, .source = level, .by_day = by_day});
  }

  Expected<std::vector<Flow>> flows(const Days& period, store::SourceLevel level) {
    ASSAY_TRY(counts, source_counts(period, level));
    return sort_out(view_, counts);
  }

  Days before(days length) const { return {.from = days_.from - length, .until = days_.from}; }

  void say_what_is_missing() {
    Basis& basis = document_.basis;
    constexpr days day{1};
    if (basis.data_through && *basis.data_through < days_.until - day) {
      basis.unknown.push_back({"days_without_data", "Days after " + to_text(*basis.data_through) +
                                                        ": no report tells of them yet"});
    }
    if (basis.first && *basis.first > days_.from) {
      basis.unknown.push_back({"days_before_data", "Days before " + to_text(*basis.first) +
                                                       ": no report tells of them"});
    }
    const bool any = basis.messages > 0 || ask_.question == Question::ladder ||
                     ask_.question == Question::tls || ask_.question == Question::failures ||
                     ask_.question == Question::changes;
    if (any) return;
    if (last_report_) {
      document_.next.push_back(
          fmt::format("No report tells of these days; the last one tells of {}. Ask for earlier "
                      "days with --from and --to.",
                      to_text(*last_report_)));
    } else if (ask_.domain.empty()) {
      document_.next.emplace_back(
          "There are no reports yet: take some in (assay intake add FILE), or see why none come "
          "(assay show ladder DOMAIN).");
    } else {
      document_.next.push_back(
          fmt::format("There are no reports of {}: see why with assay show ladder {}. Mail of a "
                      "subdomain without a DMARC "
                      "record of its own is reported with the domain above; assay show domains "
                      "lists what there is.",
                      ask_.domain, ask_.domain));
    }
  }

  // ---- Sources ----

  Expected<> sources() {
    ASSAY_TRY(now, source_counts(days_, store::SourceLevel::address));
    ASSAY_TRY(then, source_counts(before(days_.until - days_.from), store::SourceLevel::address));
    tell(make_sources(sort_out(view_, now, then), sort_out(view_, then, now)), document_);
    return {};
  }

  Expected<> volume() {
    ASSAY_TRY(counts, source_counts(days_, store::SourceLevel::network, true));
    tell(make_volume(sort_out(view_, counts)), document_);
    return mark_changes();
  }

  Expected<> unauthenticated() {
    ASSAY_TRY(now, source_counts(days_, store::SourceLevel::network));
    ASSAY_TRY(then, source_counts(before(known_before), store::SourceLevel::network));
    tell(make_unauthenticated(sort_out(view_, now, then)), document_);
    return mark_changes();
  }

  Expected<> mark_changes() {
    return add_change_marks(world_.alerts, *world_.reports, ask_.domain, days_, document_);
  }

  Expected<> changes() {
    ASSAY_TRY(history, gather_history(world_.alerts, ask_.domain, days_));
    tell(history, document_);
    return {};
  }

  Expected<> newcomers() {
    ASSAY_TRY(now, source_counts(days_, store::SourceLevel::address));
    ASSAY_TRY(then, source_counts(before(known_before), store::SourceLevel::network));
    Newcomers found = make_newcomers(sort_out(view_, now, then), sort_out(view_, then, now));
    if (ask_.names > 0 && world_.resolver != nullptr) ask_terms(found);
    tell(found, document_);
    return {};
  }

  /// Which term of an SPF record lets a newcomer send.
  void ask_terms(Newcomers& found) {
    std::size_t asked = 0;
    for (Newcomer& each : found.newcomers) {
      const auto client = IpAddress::parse(each.address);
      if (each.spf_domain.empty() || !client) continue;
      if (asked++ == ask_.names) break;
      const spf::Outcome outcome =
          spf::check_mail_from({.client = *client,
                                .helo = each.spf_domain,
                                .mail_from = "postmaster@" + each.spf_domain,
                                .now = ask_.now,
                                .trace = spf::Trace::off},
                               *world_.resolver);
      each.mechanism =
          outcome.result == spf::Result::pass
              ? outcome.mechanism
              : std::string("none today: ") + std::string(spf::to_text(outcome.result));
    }
  }

  Expected<> who() {
    ASSAY_TRY(now, source_counts(days_, store::SourceLevel::address));
    if (ask_.names > 0 && world_.resolver != nullptr) {
      std::vector<Flow> looked_for;
      for (const Flow& each : sort_out(view_, now)) {
        if (is_wanted(each, ask_.source)) looked_for.push_back(each);
      }
      view_.names = ask_names(addresses_to_ask(looked_for, ask_.names), *world_.resolver);
    }
    tell(make_who(view_, sort_out(view_, now), ask_.source), view_, document_);
    return {};
  }

  Expected<> unaligned() {
    ASSAY_TRY(found, flows(days_, store::SourceLevel::network));
    tell(make_unaligned(view_, found), document_);
    return {};
  }

  Expected<> what_if() {
    ASSAY_TRY(now, source_counts(days_, store::SourceLevel::network));
    ASSAY_TRY(then, source_counts(before(known_before), store::SourceLevel::network));
    tell(make_what_if(view_, sort_out(view_, now, then), ask_.scenario), document_);
    return {};
  }

  // ---- Counts ----

  Expected<> cube() {
    ASSAY_TRY(counts, daily(days_, true, true));
    std::vector<Flow> found;
    if (!ask_.domain.empty()) {
      ASSAY_TRY(of_sources, flows(days_, store::SourceLevel::network));
      found = std::move(of_sources);
    }
    tell(make_cube(counts, found), document_);
    return {};
  }

  Expected<> split() {
    ASSAY_TRY(counts, daily(days_, true, false));
    tell(make_split(counts), document_);
    return {};
  }

  Expected<> gaps() {
    ASSAY_TRY(counts, daily(days_, true, true));
    tell(make_gaps(counts), document_);
    return {};
  }

  Expected<> overrides() {
    ASSAY_TRY(counts, daily(days_, false, true));
    std::set<std::string> telling;
    for (const DailyCount& each : counts) {
      if (each.cell.reason != store::OverrideType::absent) telling.insert(each.reporter);
    }
    CommentSums comments;
    std::uint64_t records = 0;
    std::uint64_t read = 0;
    std::uint64_t with = 0;
    for (const store::ReceivedReport& each : listed_) {
      if (each.standing != store::Standing::counted || !telling.contains(each.head.reporter))
        continue;
      ++with;
      if (records + each.records > max_records_read) continue;
      records += each.records;
      ++read;
      auto done = world_.reports->each_record(each.id, [&](const aggregate::Record& record) {
        comments.add(each.head.reporter, record);
        return true;
      });
      if (!done) return done;
    }
    Overrides found = make_overrides(counts, comments);
    found.reports_read = read;
    found.reports_with = not_all_listed_ ? with + 1 : with;
    tell(found, document_);
    return {};
  }

  Expected<> compare() {
    const days length = days_.until - days_.from;
    const Days then = ask_.against ? Days{.from = *ask_.against, .until = *ask_.against + length}
                                   : before(length);
    ASSAY_TRY(counts_now, daily(days_, false, true));
    ASSAY_TRY(counts_then, daily(then, false, true));
    std::vector<Flow> flows_now;
    std::vector<Flow> flows_then;
    if (!ask_.domain.empty()) {
      ASSAY_TRY(sources_now, source_counts(days_, store::SourceLevel::network));
      ASSAY_TRY(sources_then, source_counts(then, store::SourceLevel::network));
      flows_now = sort_out(view_, sources_now, sources_then);
      flows_then = sort_out(view_, sources_then, sources_now);
    }
    Comparison comparison = make_comparison(counts_now, counts_then, flows_now, flows_then);
    comparison.then = then;
    if (counts_then.empty()) {
      document_.basis.unknown.push_back(
          {"no_other_period", "The other period: no report tells of it"});
    }
    tell(comparison, document_);
    return {};
  }

  Expected<> domains() {
    ASSAY_TRY(counts, world_.reports->daily(
                          {.policy_domain = ask_.domain, .days = days_, .by_day = false}));
    const Days last{.from = std::max(days_.from, days_.until - days{7}), .until = days_.until};
    ASSAY_TRY(latest, world_.reports->daily({.policy_domain = ask_.domain, .days = last}));
    if (auto done = add_earlier(counts, latest); !done) return done;
    tell(make_domains(counts, latest, known_, *world_.marks), document_);
    return {};
  }

  /// The last days of domains that had messages in the period, and none in its last days.
  Expected<> add_earlier(const std::vector<DailyCount>& counts, std::vector<DailyCount>& latest) {
    constexpr std::size_t most = 100;
    std::set<std::string> missing;
    for (const DailyCount& each : counts) missing.insert(each.policy_domain);
    for (const DailyCount& each : latest) missing.erase(each.policy_domain);
    std::size_t asked = 0;
    for (const store::ReporterCount& each : known_) {
      if (!missing.contains(each.policy_domain) || each.kind != store::ReportKind::aggregate ||
          each.reports == 0)
        continue;
      if (asked++ == most) break;
      const sys_days end = std::chrono::floor<days>(each.last) + days{1};
      ASSAY_TRY(found, world_.reports->daily({.policy_domain = each.policy_domain,
                                              .days = {.from = std::max(days_.from, end - days{7}),
                                                       .until = std::min(days_.until, end)}}));
      latest.insert(latest.end(), found.begin(), found.end());
    }
    return {};
  }

  Expected<> reporters() {
    ASSAY_TRY(counts, world_.reports->daily({.policy_domain = ask_.domain,
                                             .days = days_,
                                             .by_domain = false,
                                             .by_reporter = true,
                                             .by_cell = false}));
    tell(make_reporters(known_, counts, listed_, ask_.now), document_);
    if (not_all_listed_) {
      document_.basis.unknown.push_back(
          {"faults_of_some",
           fmt::format("Faults are those of the first {} reports of the period", max_reports)});
    }
    return {};
  }

  // ---- Rollout ----

  Expected<std::uint64_t> days_with_messages(const std::string& domain, const Days& period) {
    ASSAY_TRY(counts,
              world_.reports->daily(
                  {.policy_domain = domain, .days = period, .by_domain = false, .by_cell = false}));
    return counts.size();
  }

  Expected<PileGuess> pile_of(const std::string& domain, days length, std::vector<Flow>& found) {
    view_.domain = domain;
    const Days period{.from = std::min(days_.from, days_.until - length), .until = days_.until};
    ASSAY_TRY(sorted, flows(period, store::SourceLevel::network));
    found = std::move(sorted);
    ASSAY_TRY(seen, days_with_messages(domain, period));
    return guess_pile(view_, found, seen);
  }

  Expected<> piles() {
    std::vector<std::string> names = {ask_.domain};
    days length = rollout_sources;
    if (ask_.domain.empty()) {
      ASSAY_TRY(all, world_.reports->policy_domains());
      names = std::move(all);
      length = usual_period;
      document_.notes.emplace_back(
          "A domain asked for by itself is judged by more days, which tell more of what is rare.");
    }
    std::vector<PileGuess> guesses;
    std::vector<Flow> found;
    for (const std::string& each : names) {
      ASSAY_TRY(guess, pile_of(each, length, found));
      guesses.push_back(std::move(guess));
    }
    tell(guesses, document_);
    document_.notes.push_back(fmt::format(
        "Inferred from the {} days up to the last day, or those asked for.", length.count()));
    return {};
  }

  Expected<> rollout() {
    std::vector<Flow> found;
    ASSAY_TRY(pile, pile_of(ask_.domain, rollout_sources, found));
    ASSAY_TRY(counts,
              daily({.from = days_.until - rollout_policies, .until = days_.until}, true, false));
    const Days period{.from = std::min(days_.from, days_.until - rollout_sources),
                      .until = days_.until};
    ASSAY_TRY(by_reporter, world_.reports->daily({.policy_domain = ask_.domain,
                                                  .days = period,
                                                  .by_domain = false,
                                                  .by_day = false,
                                                  .by_reporter = true,
                                                  .by_cell = false}));
    Share largest;
    for (const DailyCount& each : by_reporter) {
      largest.whole += each.messages;
      largest.part = std::max(largest.part, each.messages);
    }
    const Readiness readiness = judge_readiness({.domain = ask_.domain,
                                                 .pile = pile,
                                                 .counts = counts,
                                                 .flows = found,
                                                 .reporters = by_reporter.size(),
                                                 .largest_reporter = largest,
                                                 .today = std::chrono::floor<days>(ask_.now)});
    ask_.question == Question::route ? tell_route(readiness, document_)
                                     : tell_readiness(readiness, document_);
    document_.notes.push_back(fmt::format(
        "Sources are those of the {} days up to the last day, policies those of {} days.",
        rollout_sources.count(), rollout_policies.count()));
    return {};
  }

  // ---- TLS, failures and the ladder ----

  Expected<> tls() {
    ASSAY_TRY(found, detail::read_tls(*world_.reports, ask_, days_, known_));
    Basis& basis = document_.basis;  // of TLS reports here
    basis = {.days = days_, .reports = found.reports_read, .sessions = found.all.all()};
    for (const TlsReporter& each : found.reporters)
      basis.reporters += each.sessions.all() > 0 ? 1 : 0;
    if (!found.days.empty()) {
      basis.first = found.days.begin()->first;
      basis.data_through = found.days.rbegin()->first;
    }
    tell(found, document_);
    return {};
  }

  Expected<> failures() {
    ASSAY_TRY(found, detail::read_failures(*world_.reports, ask_, days_));
    tell(found, document_);
    return {};
  }

  Expected<> ladder() {
    if (world_.resolver == nullptr)
      return std::unexpected(Finding{.code = "no_resolver", .what = "the ladder asks the DNS"});
    auto domain = DomainName::parse(ask_.domain);
    if (!domain) return std::unexpected(std::move(domain.error()));
    const std::vector<ReporterRow> rows = make_reporters(known_, {}, {}, ask_.now);
    ASSAY_TRY(facts, detail::read_ladder_facts(*world_.reports, view_, known_));
    facts.reporters = rows;
    facts.own = world_.own;
    facts.now = ask_.now;
    facts.intake_limit = world_.intake_limit;
    facts.intake_refuses = world_.intake_refuses;
    tell(climb(*domain, facts, *world_.resolver), document_);
    return {};
  }

  const Ask& ask_;
  const World& world_;
  View view_ = {};
  Days days_ = {};
  std::optional<sys_days> last_report_ = {};
  std::vector<store::ReporterCount> known_ = {};
  std::vector<store::ReceivedReport> listed_ = {};
  bool not_all_listed_ = false;
  Document document_ = {.question = {}};
};

}  // namespace

std::expected<Document, Finding> answer(const Ask& ask, const World& world) {
  return Answering(ask, world).run();
}

}  // namespace assay::analysis
