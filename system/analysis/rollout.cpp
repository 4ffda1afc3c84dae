#include "system/analysis/rollout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace assay::analysis {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using store::Asked;

constexpr std::array<std::string_view, 5> stage_words = {
    "p=none", "p=quarantine; t=y", "p=quarantine", "p=reject; t=y", "p=reject"};
constexpr std::array<std::string_view, 3> met_words = {"yes", "no", "unknown"};
constexpr std::array<std::string_view, 4> ready_words = {"ready", "not_ready", "not_known",
                                                         "at_end"};

/// RFC 9989 §7.4: "at least a month".
constexpr std::uint64_t month = 30;
/// Days with data in which senders that send once a month show.
constexpr std::uint64_t monthly_senders = 35;
constexpr std::uint64_t days_for_a_guess = 14;
constexpr std::uint64_t fewest_reporters = 3;
constexpr std::uint64_t list_posts_of_thousand = 2;
constexpr std::uint64_t fewest_list_posts = 5;
constexpr std::uint64_t thousand = 1'000;
constexpr std::uint64_t bulk_share = 5;  // one in so many makes a domain of users mixed
constexpr days stale{4};

bool is_list_post(const Flow& flow) {
  if (flow.what != Class::forwarder) return false;
  if (flow.identity.kind == ServiceKind::list) return true;
  if (flow.source.cell.reason == store::OverrideType::mailing_list) return true;
  // The owner's signature was there and broke, as lists leave it.
  return flow.cause == Cause::forwarding && !flow.source.dkim_domain.empty() &&
         flow.source.dkim_result != "pass";
}

bool is_ours(const Flow& flow) {
  return flow.what == Class::own || flow.what == Class::approved;
}

}  // namespace

// ---- Piles -------------------------------------------------------------------------------------

namespace {

void count_flow(PileGuess& guess, const Flow& flow) {
  const std::uint64_t messages = flow.source.messages;
  if (is_list_post(flow)) guess.list_posts += messages;
  if (!is_ours(flow) || !flow.passes()) return;
  guess.passing += messages;
  if (!flow.identity.kind) return;
  if (*flow.identity.kind == ServiceKind::mailbox) guess.mailboxes += messages;
  if (*flow.identity.kind == ServiceKind::bulk || *flow.identity.kind == ServiceKind::transactional)
    guess.bulk += messages;
}

void infer(PileGuess& guess) {
  const auto say = [&](Pile pile, Confidence confidence, std::string evidence) {
    guess.inferred = pile;
    guess.confidence = confidence;
    guess.evidence.push_back(std::move(evidence));
  };
  const Confidence sure = guess.days >= month ? Confidence::high : Confidence::low;
  if (guess.passing == 0) {
    return say(Pile::non_sending, sure,
               fmt::format("no message of the domain passed on {} days with reports", guess.days));
  }
  const std::uint64_t enough =
      std::max(fewest_list_posts, guess.passing * list_posts_of_thousand / thousand);
  const bool bulky = guess.bulk * bulk_share >= guess.passing;
  if (guess.list_posts >= enough || guess.mailboxes > 0) {
    const std::string evidence =
        guess.list_posts >= enough ? fmt::format("{} went through mailing lists: people write them",
                                                 count_of(guess.list_posts, "message"))
                                   : fmt::format("{} of a service that hosts mailboxes",
                                                 count_of(guess.mailboxes, "message"));
    say(bulky ? Pile::mixed : Pile::users,
        guess.list_posts >= enough && guess.days >= month ? Confidence::high : Confidence::medium,
        evidence);
    if (bulky)
      guess.evidence.push_back(
          fmt::format("{} of services that send in bulk", count_of(guess.bulk, "message")));
    return;
  }
  say(Pile::transactional, guess.days >= month ? Confidence::medium : Confidence::low,
      fmt::format("{} passed on {} days, and next to none went through mailing lists ({})",
                  count_of(guess.passing, "message"), guess.days, guess.list_posts));
}

}  // namespace

PileGuess guess_pile(const View& view, std::span<const Flow> flows, std::uint64_t days_seen) {
  PileGuess guess{.domain = view.domain, .days = days_seen};
  for (const Flow& each : flows) count_flow(guess, each);
  if (days_seen >= days_for_a_guess) {
    infer(guess);
  } else {
    guess.evidence.push_back(fmt::format("too few days with reports to say: {}", days_seen));
  }
  guess.pile = guess.inferred;
  if (const auto said = view.marks->pile_of(view.domain); said) {
    guess.pile = said;
    guess.confirmed = true;
  }
  return guess;
}

void tell(std::span<const PileGuess> piles, Document& document) {
  Table table{.name = "piles",
              .title = "What kind of mail each domain sends",
              .columns = {{"domain", "Domain"},
                          {"pile", "Pile"},
                          {"confirmed", "By you"},
                          {"inferred"},
                          {"confidence", "Confidence"},
                          {"passing", "Passing"},
                          {"list_posts", "By lists"},
                          {"bulk", "Bulk"},
                          {"mailboxes"},
                          {"days", "Days"},
                          {"evidence", "Evidence"}},
              .empty = "There are no reports yet. assay show ladder DOMAIN says why."};
  bool unconfirmed = false;
  for (const PileGuess& each : piles) {
    unconfirmed = unconfirmed || !each.confirmed;
    table.rows.push_back({each.domain, each.pile ? Cell(to_text(*each.pile)) : Cell("not known"),
                          each.confirmed, each.inferred ? Cell(to_text(*each.inferred)) : Cell(),
                          to_text(each.confidence), each.passing, each.list_posts, each.bulk,
                          each.mailboxes, each.days, each.evidence});
    if (!each.pile)
      document.basis.unknown.push_back(
          {"pile_not_known", "The pile of " + each.domain + ": " + each.evidence.front()});
  }
  document.tables.push_back(std::move(table));
  if (unconfirmed)
    document.next.emplace_back(
        "Confirm what is right, or say what is: assay mark DOMAIN --pile users");
}

// ---- Route -------------------------------------------------------------------------------------

std::string_view to_text(Stage stage) {
  return stage_words[static_cast<std::size_t>(stage)];
}

Stage stage_of(Asked policy, bool test_mode) {
  if (policy == Asked::reject) return test_mode ? Stage::reject_testing : Stage::reject;
  if (policy == Asked::quarantine) return test_mode ? Stage::quarantine_testing : Stage::quarantine;
  return Stage::none;
}

Route make_route(std::optional<Pile> pile, Stage now) {
  // RFC 9989 §5.1.7
  Route route{.pile = pile, .now = now};
  if (pile == Pile::non_sending) {
    route.steps = {Stage::reject};
    route.also = {"v=spf1 -all as the SPF record",
                  "a null MX (RFC 7505) unless the domain receives mail",
                  "*._domainkey with v=DKIM1; p= so that no key can be claimed",
                  "np=reject and sp=reject in the DMARC record"};
    route.end = "A domain that sends nothing loses nothing under p=reject.";
  } else if (pile == Pile::transactional) {
    route.steps = {Stage::none, Stage::quarantine_testing, Stage::quarantine, Stage::reject_testing,
                   Stage::reject};
    route.also = {"np=reject as soon as any policy is enforced",
                  "DKIM on every stream before p=reject: SPF alone does not survive forwarding"};
    route.end =
        "Nobody writes to lists by it, so that p=reject costs little once DKIM is on all of it.";
  } else {
    route.steps = {Stage::none, Stage::quarantine_testing, Stage::quarantine};
    route.also = {"np=reject as soon as any policy is enforced"};
    route.end =
        "Users write to lists: RFC 9989 section 7.4 says that such domains should not publish "
        "p=reject. Quarantine is a rightful end.";
  }
  for (const Stage each : route.steps) {
    if (each > now && !route.next) route.next = each;
  }
  return route;
}

// ---- Readiness ---------------------------------------------------------------------------------

std::string_view to_text(Met met) {
  return met_words[static_cast<std::size_t>(met)];
}
std::string_view to_text(Ready ready) {
  return ready_words[static_cast<std::size_t>(ready)];
}

std::vector<Stretch> stretches_of(std::span<const store::DailyCount> counts) {
  std::map<sys_days, Stage> stages;
  for (const PolicySeen& each : policy_by_day(counts))
    stages[each.day] = stage_of(each.policy, each.test_mode);
  std::vector<Stretch> stretches;
  std::map<sys_days, std::size_t> stretch_of_day;
  for (const auto& [day, stage] : stages) {
    if (stretches.empty() || stretches.back().stage != stage)
      stretches.push_back({.stage = stage, .first = day});
    stretches.back().last = day;
    ++stretches.back().days;
    stretch_of_day[day] = stretches.size() - 1;
  }
  for (const store::DailyCount& each : counts) {
    Stretch& stretch = stretches[stretch_of_day[each.day]];
    stretch.tally.add(each.cell, each.messages);
    const bool delivered =
        each.cell.disposition == store::Done::none || each.cell.disposition == store::Done::pass;
    if (fails(each.cell) && delivered) stretch.failing_delivered += each.messages;
  }
  std::ranges::reverse(stretches);
  return stretches;
}

namespace {

using Criteria = std::vector<Criterion>;

Met met_if(bool yes) {
  return yes ? Met::yes : Met::no;
}

std::uint64_t days_at(std::span<const Stretch> stretches, Asked policy) {
  std::uint64_t count = 0;
  for (const Stretch& each : stretches) {
    const bool same = (policy == Asked::none && each.stage == Stage::none) ||
                      (policy == Asked::quarantine && each.stage == Stage::quarantine);
    if (same) count += each.days;
  }
  return count;
}

void add_time(Criteria& criteria, const Readiness& readiness, Stage next) {
  // RFC 9989 §7.4
  const std::uint64_t at_none = days_at(readiness.stretches, Asked::none);
  criteria.push_back(
      {"month_at_none", met_if(at_none >= month),
       fmt::format("{} with reports under p=none; at least a month is wanted ({} days)",
                   count_of(at_none, "day"), month)});
  if (next < Stage::reject_testing) return;
  const std::uint64_t at_quarantine = days_at(readiness.stretches, Asked::quarantine);
  criteria.push_back({"month_at_quarantine",
                      met_if(at_quarantine >= std::max(month, std::min(at_none, month))),
                      fmt::format("{} with reports under p=quarantine; as long as under p=none, "
                                  "and a month at least ({} days), is wanted",
                                  count_of(at_quarantine, "day"), month)});
}

/// Without mail nothing is known of sources, good or bad.
bool add_nothing_seen(Criteria& criteria, const RolloutFacts& facts) {
  if (!facts.flows.empty()) return false;
  criteria.push_back({"sources_seen", Met::unknown, "no report tells of mail in this period"});
  return true;
}

/// What would be lost: mail of the owner's own sources that fails.
void add_sources(Criteria& criteria, const RolloutFacts& facts, Stage next) {
  std::uint64_t passing = 0;
  std::uint64_t broken = 0;
  std::uint64_t without_dkim = 0;
  std::set<std::string> broken_services;
  std::set<std::string> spf_services;
  std::set<std::string> unconfirmed;
  for (const Flow& each : facts.flows) {
    if (each.cause == Cause::broken_own && each.confidence >= Confidence::medium) {
      broken += each.source.messages;
      broken_services.insert(each.identity.service);
    }
    if (!each.passes() || !is_ours(each)) continue;
    passing += each.source.messages;
    if (!each.confirmed) unconfirmed.insert(each.identity.service);
    if (each.source.cell.dkim == store::Aligned::pass) continue;
    without_dkim += each.source.messages;
    spf_services.insert(each.identity.service);
  }
  // RFC 9989 §5.1.6
  criteria.push_back(
      {"own_sources_pass", met_if(broken == 0),
       broken == 0
           ? "no source that is yours was seen failing"
           : fmt::format("{} of {} fail that seem to be yours ({})", count_of(broken, "message"),
                         count_of(broken_services.size(), "source"), *broken_services.begin())});
  criteria.push_back(
      {"sources_confirmed", met_if(unconfirmed.empty()),
       unconfirmed.empty()
           ? "every source that passes is marked by you"
           : fmt::format("{} that pass are not marked by you, such as {}",
                         count_of(unconfirmed.size(), "source"), *unconfirmed.begin())});
  if (next < Stage::reject_testing) return;
  // RFC 9989 §7.4
  criteria.push_back(
      {"dkim_everywhere", met_if(without_dkim == 0),
       without_dkim == 0
           ? "all mail of your sources passes by DKIM"
           : fmt::format(
                 "{} of {} of your sources pass by SPF alone ({}); p=reject must not rely on that",
                 without_dkim, count_of(passing, "message"), *spf_services.begin())});
}

void add_lists(Criteria& criteria, const RolloutFacts& facts, Stage next) {
  if (next < Stage::reject_testing) return;
  // RFC 9989 §7.4
  const bool users = facts.pile.pile == Pile::users || facts.pile.pile == Pile::mixed;
  criteria.push_back(
      {"no_list_users",
       facts.pile.pile ? met_if(!users && facts.pile.list_posts == 0) : Met::unknown,
       facts.pile.list_posts > 0
           ? fmt::format("{} went through mailing lists and would be refused by many receivers",
                         count_of(facts.pile.list_posts, "message"))
           : std::string("no message was seen that went through a mailing list")});
}

void add_unknown_sources(Criteria& criteria, const RolloutFacts& facts) {
  std::uint64_t unknown = 0;
  std::uint64_t all = 0;
  for (const Flow& each : facts.flows) {
    all += each.source.messages;
    if (!each.passes() && each.what == Class::unknown) unknown += each.source.messages;
  }
  criteria.push_back({"unknown_sources_judged", unknown == 0 ? Met::yes : Met::unknown,
                      fmt::format("{} of {} fail and nobody has said whose they are", unknown,
                                  count_of(all, "message"))});
}

void add_coverage(Criteria& criteria, const RolloutFacts& facts, const Readiness& readiness) {
  const std::uint64_t seen = facts.pile.days;
  criteria.push_back(
      {"reporters", facts.reporters >= fewest_reporters ? Met::yes : Met::unknown,
       fmt::format("{}; the largest tells of {} of the messages",
                   count_of(facts.reporters, "reporter"), percent(facts.largest_reporter))});
  criteria.push_back(
      {"rare_senders_seen", seen >= monthly_senders ? Met::yes : Met::unknown,
       fmt::format(
           "{} with reports: {}", count_of(seen, "day"),
           seen >= monthly_senders
               ? "who sends once a week or a month has shown; who sends once a year need not have"
               : "who sends once a month need not have shown")});
  const bool fresh =
      !readiness.stretches.empty() && facts.today - readiness.stretches.front().last <= stale;
  criteria.push_back({"reports_fresh", fresh ? Met::yes : Met::unknown,
                      readiness.stretches.empty() ? "no reports"
                                                  : "the last day with messages is " +
                                                        to_text(readiness.stretches.front().last)});
}

void add_dispositions(Criteria& criteria, const Readiness& readiness) {
  // RFC 9989 §7.4
  const auto none = std::ranges::find(readiness.stretches, Stage::none, &Stretch::stage);
  const auto quarantine =
      std::ranges::find(readiness.stretches, Stage::quarantine, &Stretch::stage);
  const bool both = none != readiness.stretches.end() && quarantine != readiness.stretches.end();
  if (!both) {
    criteria.push_back({"dispositions_compared", Met::unknown,
                        "dispositions under p=none and p=quarantine cannot be compared yet"});
    return;
  }
  const Share before{none->tally.none, none->tally.messages()};
  const Share after{quarantine->tally.none, quarantine->tally.messages()};
  criteria.push_back(
      {"dispositions_compared", Met::yes,
       fmt::format("under p=none {} failed; under p=quarantine {} failed and {} was quarantined or "
                   "rejected",
                   percent(before), percent(after),
                   percent({quarantine->tally.quarantined + quarantine->tally.rejected,
                            quarantine->tally.messages()}))});
}

Ready verdict_of(const Readiness& readiness) {
  if (!readiness.route.next) return Ready::at_end;
  const auto is = [](Met met) { return [met](const Criterion& each) { return each.met == met; }; };
  if (std::ranges::any_of(readiness.criteria, is(Met::no))) return Ready::no;
  return std::ranges::any_of(readiness.criteria, is(Met::unknown)) ? Ready::unknown : Ready::yes;
}

}  // namespace

Readiness judge_readiness(const RolloutFacts& facts) {
  Readiness readiness{.stretches = stretches_of(facts.counts)};
  const Stage now = readiness.stretches.empty() ? Stage::none : readiness.stretches.front().stage;
  readiness.route = make_route(facts.pile.pile, now);
  Criteria& criteria = readiness.criteria;
  const Stage next = readiness.route.next.value_or(now);
  if (!facts.pile.pile) {
    criteria.push_back(
        {"pile_known", Met::unknown,
         "what kind of mail the domain sends is not known; say it with assay mark --pile"});
  }
  if (facts.pile.pile == Pile::non_sending) {
    criteria.push_back(
        {"sends_nothing",
         facts.pile.confirmed || facts.pile.confidence == Confidence::high ? Met::yes
                                                                           : Met::unknown,
         facts.pile.evidence.empty() ? std::string("the domain is said to send nothing")
                                     : facts.pile.evidence.front()});
    criteria.push_back({"nothing_passes", met_if(facts.pile.passing == 0),
                        fmt::format("{} passed", count_of(facts.pile.passing, "message"))});
  } else {
    if (readiness.route.next) add_time(criteria, readiness, next);
    if (!add_nothing_seen(criteria, facts)) {
      add_sources(criteria, facts, next);
      add_lists(criteria, facts, next);
      add_unknown_sources(criteria, facts);
    }
    add_coverage(criteria, facts, readiness);
    if (next >= Stage::reject_testing) add_dispositions(criteria, readiness);
  }
  readiness.ready = verdict_of(readiness);
  return readiness;
}

namespace {

void tell_stage(const Readiness& readiness, Document& document) {
  const Route& route = readiness.route;
  document.facts = {{"pile", "Pile", route.pile ? Cell(to_text(*route.pile)) : Cell("not known")},
                    {"stage", "Policy in force",
                     readiness.stretches.empty() ? Cell("not known") : Cell(to_text(route.now))},
                    {"next_step", "Next step",
                     route.next ? Cell(to_text(*route.next)) : Cell("none: this is where it ends")},
                    {"ready", "Ready for it", to_text(readiness.ready)}};
  if (readiness.stretches.empty()) {
    document.basis.unknown.push_back(
        {"policy_not_known", "The policy in force: there are no reports that tell it"});
  }
}

}  // namespace

void tell_route(const Readiness& readiness, Document& document) {
  tell_stage(readiness, document);
  const Route& route = readiness.route;
  Table steps{
      .name = "steps", .title = "The way", .columns = {{"step", "Step"}, {"state", "State"}}};
  for (const Stage each : route.steps) {
    const bool known = !readiness.stretches.empty();
    const std::string_view state =
        route.next == each
            ? "next"
            : (known && each == route.now ? "in force" : (each < route.now ? "behind" : "later"));
    steps.rows.push_back({to_text(each), state});
  }
  Table also{.name = "also", .title = "With it", .columns = {{"what", "What"}}};
  for (const std::string& each : route.also) also.rows.push_back({each});
  document.tables = {std::move(steps), std::move(also)};
  document.notes.push_back(route.end);
  document.notes.emplace_back(
      "t=y asks receivers for one step less and lets lists know that a policy is coming; some "
      "receivers take it for "
      "no policy. It takes the place of pct, which RFC 9989 does not have.");
  if (readiness.ready == Ready::no || readiness.ready == Ready::unknown) {
    document.next.push_back("See what speaks against the next step: assay show readiness " +
                            document.domain);
  }
}

void tell_readiness(const Readiness& readiness, Document& document) {
  tell_stage(readiness, document);
  Table criteria{.name = "criteria",
                 .title = "For and against",
                 .columns = {{"code", "Criterion"}, {"met", "Met"}, {"what", "What is known"}}};
  for (const Criterion& each : readiness.criteria) {
    criteria.rows.push_back({each.code, to_text(each.met), each.what});
    if (each.met == Met::unknown) document.basis.unknown.push_back({each.code, each.what});
  }
  Table stretches{.name = "policies",
                  .title = "Policies so far, the latest first",
                  .columns = {{"policy", "Policy"},
                              {"first", "From"},
                              {"last", "To"},
                              {"days", "Days"},
                              {"messages", "Messages"},
                              {"failing", "Failing"},
                              {"failing_delivered", "Delivered"},
                              {"quarantined", "Quarantined"},
                              {"rejected", "Rejected"}}};
  for (const Stretch& each : readiness.stretches) {
    stretches.rows.push_back({to_text(each.stage), each.first, each.last, each.days,
                              each.tally.messages(), each.tally.none, each.failing_delivered,
                              each.tally.quarantined, each.tally.rejected});
  }
  document.tables = {std::move(criteria), std::move(stretches)};
  if (readiness.ready == Ready::yes) {
    document.next.push_back("Publish " + std::string(to_text(*readiness.route.next)) +
                            ", and look at assay show compare a week later");
  }
  document.next.push_back("See who would be hit: assay show whatif " + document.domain);
  document.notes.push_back(readiness.route.end);
}

}  // namespace assay::analysis
