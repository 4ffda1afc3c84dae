#include "system/analysis/alignment.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "system/analysis/detail/order.h"

namespace assay::analysis {
namespace {

using dmarc::Alignment;
using store::Aligned;
using store::SourceCount;

constexpr std::array<std::string_view, 5> cause_headings = {
    "", "A source of yours that is not set up rightly", "Forwarders and lists", "Abuse",
    "Not known"};

}  // namespace

// ---- unauthenticated ---------------------------------------------------------------------------

Unauthenticated make_unauthenticated(std::span<const Flow> flows) {
  struct Growing {
    CauseRow row = {};
    std::set<std::string> networks = {};
    std::uint64_t largest = 0;
  };
  Unauthenticated answer;
  std::map<std::pair<Cause, std::string>, Growing> rows;
  for (const Flow& each : flows) {
    const std::uint64_t messages = each.source.messages;
    answer.messages += messages;
    if (each.passes()) continue;
    if (!fails(each.source.cell)) {
      answer.untold += messages;
      continue;
    }
    answer.failing += messages;
    answer.causes[static_cast<std::size_t>(each.cause)] += messages;
    Growing& growing = rows[{each.cause, each.identity.service}];
    growing.row.cause = each.cause;
    growing.row.service = each.identity.service;
    growing.row.confidence = std::max(growing.row.confidence, each.confidence);
    growing.row.tally.add(each.source.cell, messages);
    growing.networks.insert(each.network);
    if (messages >= growing.largest) growing.row.evidence = each.evidence;
    growing.largest = std::max(growing.largest, messages);
  }
  for (auto& [key, growing] : rows) {
    growing.row.networks = growing.networks.size();
    answer.rows.push_back(std::move(growing.row));
  }
  detail::sort_stably(answer.rows, [](const CauseRow& a, const CauseRow& b) {
    return std::tuple(a.cause, b.tally.messages()) < std::tuple(b.cause, a.tally.messages());
  });
  return answer;
}

void tell(const Unauthenticated& answer, Document& document) {
  document.facts = {{"messages", "Messages", answer.messages},
                    {"failing", "Passed by neither SPF nor DKIM", answer.failing},
                    {"failing_share", "Share", Share{answer.failing, answer.messages}}};
  Table causes{
      .name = "causes",
      .title = "By suspected cause",
      .columns = {{"cause"}, {"heading", "Cause"}, {"messages", "Messages"}, {"share", "Share"}}};
  for (std::size_t i = 1; i < cause_headings.size(); ++i) {
    causes.rows.push_back({to_text(static_cast<Cause>(i)), cause_headings[i], answer.causes[i],
                           Share{answer.causes[i], answer.failing}});
  }
  Table rows{.name = "sources",
             .title = "By source",
             .columns = {{"cause", "Cause"},
                         {"service", "Source"},
                         {"messages", "Messages"},
                         {"delivered", "Delivered"},
                         {"quarantined"},
                         {"rejected"},
                         {"networks", "Networks"},
                         {"confidence", "Confidence"},
                         {"evidence", "Evidence"}},
             .empty = "No mail failed."};
  for (const CauseRow& each : answer.rows) {
    rows.rows.push_back({to_text(each.cause), each.service, each.tally.messages(),
                         each.tally.delivered, each.tally.quarantined, each.tally.rejected,
                         each.networks, to_text(each.confidence), each.evidence});
  }
  bound_rows(rows, document.basis);
  document.tables = {std::move(causes), std::move(rows)};
  if (answer.untold > 0) {
    document.basis.unknown.push_back(
        {"results_not_told",
         count_of(answer.untold, "message") + ": the reporters do not say whether they passed"});
  }
  if (answer.of(Cause::unknown) > 0) {
    document.basis.unknown.push_back(
        {"cause_not_known", "Why " + count_of(answer.of(Cause::unknown), "message") +
                                " failed: the evidence allows several causes"});
    document.next.emplace_back("See who the unknown sources are: assay show who " +
                               document.domain + " --reverse 20");
  }
  if (answer.of(Cause::broken_own) > 0)
    document.next.emplace_back("See how to set them up: assay show unaligned " + document.domain);
}

// ---- unaligned ---------------------------------------------------------------------------------

namespace {

/// Passes as a domain that is not the author's, or not closely enough.
bool dkim_unaligned(const SourceCount& source) {
  return source.dkim_result == "pass" && source.cell.dkim != Aligned::pass &&
         !source.dkim_domain.empty();
}
bool spf_unaligned(const SourceCount& source) {
  return source.spf_result == "pass" && source.cell.spf != Aligned::pass &&
         !source.spf_domain.empty();
}

std::string fix_of_dkim(const View& view, const Unaligned& one) {
  const std::string who = one.service;
  if (view.is_own(one.dkim_domain)) {
    return fmt::format(
        "DKIM: signs as {}, which strict alignment (adkim=s) does not take for {}: sign with d={}, "
        "or publish adkim=r",
        one.dkim_domain, one.header_from, one.header_from);
  }
  if (one.dkim_domain.empty()) {
    return fmt::format(
        "DKIM: have {} sign with d={}; it gives you a selector, whose key (or a CNAME to it) goes "
        "to "
        "<selector>._domainkey.{}",
        who, one.header_from, one.header_from);
  }
  return fmt::format(
      "DKIM: have {} sign with d={} instead of d={} (often called domain authentication); publish "
      "the key or CNAME "
      "it gives you at <selector>._domainkey.{}",
      who, one.header_from, one.dkim_domain, one.header_from);
}

std::string fix_of_spf(const View& view, const Unaligned& one) {
  if (view.is_own(one.spf_domain)) {
    return fmt::format(
        "SPF: the envelope is of {}, which strict alignment (aspf=s) does not take for {}: use {} "
        "in the envelope, "
        "or publish aspf=r",
        one.spf_domain, one.header_from, one.header_from);
  }
  const Service* service = view.catalogue->by_name(one.service);
  const std::string include = service != nullptr && !service->spf.empty()
                                  ? " (v=spf1 include:" + service->spf.front() + " ~all)"
                                  : "";
  return fmt::format(
      "SPF: have the envelope be of a domain below {} instead of {} (a custom return path or "
      "bounce domain), "
      "such as bounce.{}, and publish there what the service asks for{}; adding the service to the "
      "SPF record of {} "
      "changes nothing",
      one.header_from, one.spf_domain, one.header_from, include, one.header_from);
}

std::vector<std::string> fixes_of(const View& view, const Unaligned& one) {
  if (one.what == Class::forwarder) {
    return {
        "None here: it passes mail on. DKIM signatures that survive are all that helps; sign all "
        "mail"};
  }
  std::vector<std::string> fixes = {fix_of_dkim(view, one)};
  if (!one.passes && !one.spf_domain.empty()) fixes.push_back(fix_of_spf(view, one));
  return fixes;
}

}  // namespace

std::vector<Unaligned> make_unaligned(const View& view, std::span<const Flow> flows) {
  using Key = std::tuple<bool, std::string, std::string, std::string, std::string>;
  std::map<Key, Unaligned> found;
  for (const Flow& each : flows) {
    const SourceCount& source = each.source;
    const bool dkim = dkim_unaligned(source);
    const bool spf = spf_unaligned(source);
    const bool by_spf_alone =
        source.cell.spf == Aligned::pass && source.cell.dkim != Aligned::pass && dkim;
    if (!by_spf_alone && (each.passes() || (!dkim && !spf))) continue;
    Unaligned& one = found[{by_spf_alone, each.identity.service, dkim ? source.dkim_domain : "",
                            spf ? source.spf_domain : "", source.header_from}];
    one.service = each.identity.service;
    one.what = each.what;
    one.header_from = source.header_from.empty() ? view.domain : source.header_from;
    one.dkim_domain = dkim ? source.dkim_domain : "";
    one.dkim_selector = dkim ? source.dkim_selector : "";
    one.spf_domain = spf ? source.spf_domain : "";
    one.passes = by_spf_alone;
    one.messages += source.messages;
  }
  std::vector<Unaligned> list;
  for (auto& [key, one] : found) {
    one.fixes = fixes_of(view, one);
    list.push_back(std::move(one));
  }
  detail::sort_stably(list, [](const Unaligned& a, const Unaligned& b) {
    return std::pair(a.passes, b.messages) < std::pair(b.passes, a.messages);
  });
  return list;
}

void tell(std::span<const Unaligned> unaligned, Document& document) {
  std::uint64_t failing = 0;
  std::uint64_t by_spf_alone = 0;
  Table table{.name = "unaligned",
              .title = "Authenticated as somebody else",
              .columns = {{"service", "Source"},
                          {"header_from", "Author domain"},
                          {"dkim_domain", "Signed as"},
                          {"dkim_selector"},
                          {"spf_domain", "Envelope of"},
                          {"passes_by_spf"},
                          {"class", "Class"},
                          {"messages", "Messages"},
                          {"fix", "What to set where"}},
              .empty = "All mail that is authenticated is aligned."};
  for (const Unaligned& each : unaligned) {
    (each.passes ? by_spf_alone : failing) += each.messages;
    table.rows.push_back({each.service, each.header_from, each.dkim_domain, each.dkim_selector,
                          each.spf_domain, each.passes, to_text(each.what), each.messages,
                          each.fixes});
  }
  bound_rows(table, document.basis);
  document.facts = {
      {"failing", "Authenticated, not aligned, and failing", failing},
      {"passing_by_spf_alone", "Passing by SPF, with DKIM not aligned", by_spf_alone}};
  document.tables.push_back(std::move(table));
  if (!unaligned.empty()) {
    document.notes.emplace_back(
        "A fix is right only where the source is yours: whoever forges your domain may "
        "authenticate as himself too. Begin "
        "with DKIM: it survives forwarding.");
  }
  document.notes.emplace_back(
      "Of several signatures a report shows, the one that comes nearest to the author domain is "
      "looked at.");
}

// ---- whatif ------------------------------------------------------------------------------------

namespace {

/// An identifier as a report tells of it.
struct Told {
  Aligned aligned;
  std::string_view result;
  std::string_view domain;
};

/// Whether it would be aligned with another mode; without one as it was.
Aligned align(const View& view, std::optional<Alignment> mode, const Told& told,
              std::string_view header_from) {
  if (!mode) return told.aligned;
  if (told.result != "pass" || told.domain.empty())
    return told.aligned == Aligned::pass ? Aligned::unknown : Aligned::fail;
  if (*mode == Alignment::strict) return told.domain == header_from ? Aligned::pass : Aligned::fail;
  if (told.aligned == Aligned::pass) return Aligned::pass;
  return view.organization_of(told.domain) == view.organization_of(header_from) ? Aligned::pass
                                                                                : told.aligned;
}

store::Cell under(const View& view, const Scenario& scenario, const SourceCount& source) {
  const std::string& from = source.header_from.empty() ? view.domain : source.header_from;
  store::Cell cell = source.cell;
  cell.dkim =
      align(view, scenario.adkim, {source.cell.dkim, source.dkim_result, source.dkim_domain}, from);
  cell.spf =
      align(view, scenario.aspf, {source.cell.spf, source.spf_result, source.spf_domain}, from);
  return cell;
}

bool is_stopped(const store::Cell& cell) {
  return cell.disposition == store::Done::quarantine || cell.disposition == store::Done::reject;
}

}  // namespace

WhatIf make_what_if(const View& view, std::span<const Flow> flows, const Scenario& scenario) {
  WhatIf answer{.scenario = scenario};
  std::map<std::tuple<Class, std::string, Cause>, Hit> hits;
  for (const Flow& each : flows) {
    const std::uint64_t messages = each.source.messages;
    const store::Cell then = under(view, scenario, each.source);
    answer.messages += messages;
    if (passes(then)) {
      answer.passing += messages;
      if (!each.passes()) answer.gained += messages;
      continue;
    }
    if (!fails(then)) {
      answer.untold += messages;
      continue;
    }
    answer.failing += messages;
    answer.failing_by_class[static_cast<std::size_t>(each.what)] += messages;
    Hit& hit = hits[{each.what, each.identity.service, each.cause}];
    hit.service = each.identity.service;
    hit.what = each.what;
    hit.cause = each.cause;
    hit.messages += messages;
    if (!each.passes()) hit.now_failing += messages;
    if (is_stopped(each.source.cell)) hit.now_stopped += messages;
  }
  for (auto& [key, hit] : hits) answer.hits.push_back(std::move(hit));
  detail::sort_stably(answer.hits, [](const Hit& a, const Hit& b) {
    return std::pair(a.what, b.messages) < std::pair(b.what, a.messages);
  });
  return answer;
}

void tell(const WhatIf& answer, Document& document) {
  const Scenario& scenario = answer.scenario;
  const auto count = [&](Class what) {
    return answer.failing_by_class[static_cast<std::size_t>(what)];
  };
  const auto mode = [](std::optional<Alignment> alignment) {
    return alignment ? Cell(*alignment == Alignment::strict ? "s" : "r") : Cell("as it was");
  };
  document.facts = {{"policy", "Policy", to_text(scenario.policy)},
                    {"test_mode", "t=y", scenario.test_mode},
                    {"adkim", "adkim", mode(scenario.adkim)},
                    {"aspf", "aspf", mode(scenario.aspf)},
                    {"messages", "Messages", answer.messages},
                    {"passing", "Would pass", answer.passing},
                    {"gained", "  of these failed before", answer.gained},
                    {"failing", "Would fail, and fall under the policy", answer.failing},
                    {"failing_own", "  of own sources", count(Class::own)},
                    {"failing_approved", "  of approved services", count(Class::approved)},
                    {"failing_forwarder", "  of forwarders and lists", count(Class::forwarder)},
                    {"failing_unknown", "  of unknown sources", count(Class::unknown)},
                    {"failing_abuse", "  of abuse", count(Class::abuse)}};
  Table table{.name = "hits",
              .title = "Who would be hit",
              .columns = {{"class", "Class"},
                          {"service", "Source"},
                          {"cause", "Cause"},
                          {"messages", "Messages"},
                          {"now_failing", "Failing now"},
                          {"now_stopped", "Stopped now"}},
              .empty = "Nobody would be hit."};
  for (const Hit& each : answer.hits) {
    table.rows.push_back({to_text(each.what), each.service, to_text(each.cause), each.messages,
                          each.now_failing, each.now_stopped});
  }
  bound_rows(table, document.basis);
  document.tables.push_back(std::move(table));
  if (answer.untold > 0) {
    document.basis.unknown.push_back(
        {"results_not_told",
         count_of(answer.untold, "message") + ": the reports do not say enough of them"});
  }
  if (scenario.policy == dmarc::Policy::none)
    document.notes.emplace_back("Under p=none mail that fails is handled as any other.");
  if (scenario.test_mode) {
    document.notes.emplace_back(
        "t=y asks for one step less: reject becomes quarantine, quarantine becomes none. Some "
        "receivers take "
        "it for no policy at all.");
  }
  // RFC 9989 §7.4
  if (scenario.policy == dmarc::Policy::reject && count(Class::forwarder) > 0) {
    document.notes.emplace_back(
        "Mail of forwarders and lists fails without a fault of yours. Receivers that follow RFC "
        "9989 section 7.4 do not reject it for "
        "p=reject alone, others do. A domain whose users write to lists should stay at "
        "quarantine.");
  }
  document.notes.emplace_back(
      "What receivers do is their choice; this says which mail the policy would speak about.");
}

}  // namespace assay::analysis
