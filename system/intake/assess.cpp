#include "system/intake/assess.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/time.h"

namespace assay::intake {
namespace {

using store::Arrival;
using store::Decision;
using store::Neighbour;
using store::Remark;
using store::Standing;
using store::Trust;
using store::Verdict;

bool is_at_or_below(std::string_view name, std::string_view domain) {
  if (name == domain) return true;
  return name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

bool any_rule(const std::vector<TrustRule>& rules, const Arrival& arrival) {
  return std::ranges::any_of(rules, [&](const TrustRule& rule) {
    return rule.trust == arrival.authenticity.trust &&
           (!rule.channel || *rule.channel == arrival.channel);
  });
}

/// The first reason stays; each is remarked.
void hold_back(Arrival& arrival, std::string_view reason, std::string what) {
  arrival.remarks.push_back(
      {.code = std::string(reason), .what = std::move(what), .level = Level::error});
  if (arrival.standing == Standing::set_aside) return;
  arrival.standing = Standing::set_aside;
  arrival.reason = reason;
}

// RFC 9990 §3.1.1.4
void look_at_period(Arrival& arrival, const AssessOptions& options) {
  const store::ReportHead& head = arrival.head;
  const std::string period = to_rfc3339(head.begin) + " to " + to_rfc3339(head.end);
  if (head.end < head.begin) {
    hold_back(arrival, "absurd_period", "the period ends before it begins: " + period);
  } else if (head.end - head.begin > options.max_period) {
    hold_back(arrival, "absurd_period", "the period is longer than a report's can be: " + period);
  } else if (head.end - arrival.arrived > options.max_future) {
    hold_back(arrival, "absurd_period", "the period is in the future: " + period);
  } else if (head.begin < options.oldest) {
    hold_back(arrival, "absurd_period", "the period is before there was DMARC: " + period);
  }
}

// RFC 9990 §8.2: reports may be false. What cannot be is seen, and in no count.
void look_at_counts(Arrival& arrival, const Seen& seen, const AssessOptions& options) {
  if (seen.largest_count > options.max_count) {
    hold_back(arrival, "absurd_count",
              "record " + std::to_string(seen.largest_at) + " counts " +
                  std::to_string(seen.largest_count) + " messages, more than " +
                  std::to_string(options.max_count));
  } else if (arrival.records.messages() > options.max_messages) {
    hold_back(arrival, "absurd_count",
              "the records count " + std::to_string(arrival.records.messages()) +
                  " messages together, more than " + std::to_string(options.max_messages));
  }
}

/// How much a report is trusted: the better of two that contradict each other counts.
int rank(Trust trust) {
  switch (trust) {
    case Trust::forged:
      return 0;
    case Trust::unchecked:
    case Trust::unverified:
      return 1;
    case Trust::genuine:
      return 2;
  }
  return 0;
}

bool held_back_for_trust(const Neighbour& one) {
  return one.standing == Standing::set_aside &&
         store::parse_trust(one.reason).has_value();
}

Remark remark(std::string_view code, const Neighbour& other, const std::string& what, Level level) {
  return {.code = std::string(code),
          .what = what + " report " + std::to_string(other.id),
          .level = level};
}

Decision stands_as(const Arrival& arrival) {
  return {.standing = arrival.standing, .reason = arrival.reason};
}

/// The very same report again (RFC 9990 §3.5.4). One that was held back for its mail is let in when
/// it comes again in better mail.
Decision resent(const Arrival& arrival, const Neighbour& first) {
  if (arrival.standing == Standing::counted && held_back_for_trust(first)) {
    Decision decision = stands_as(arrival);
    decision.of = decision.supersedes = first.id;
    return decision;
  }
  return {.verdict = Verdict::duplicate,
          .standing = first.standing,
          .reason = first.reason,
          .of = first.id};
}

Decision same_content(const Arrival& arrival, const Neighbour& first) {
  Decision decision = stands_as(arrival);
  decision.of = first.id;
  if (decision.standing == Standing::counted) {
    decision.standing = Standing::set_aside;
    decision.reason = "same_content";
  }
  decision.remarks = {remark("same_content", first, "under another Report-ID it says the same as",
                             Level::warning)};
  return decision;
}

Decision contradicts(const Arrival& arrival, const Neighbour& first, SameId same_id) {
  Decision decision = stands_as(arrival);
  decision.of = first.id;
  decision.remarks = {remark(
      "same_id", first, "under the same Report-ID and for the same period it says other than",
      Level::warning)};
  if (arrival.standing != Standing::counted) return decision;
  const int mine = rank(arrival.authenticity.trust);
  const int theirs = rank(first.trust);
  if (mine > theirs || (mine == theirs && same_id == SameId::latest)) {
    decision.supersedes = first.id;
    return decision;
  }
  decision.standing = Standing::set_aside;
  decision.reason = "same_id";
  return decision;
}

// RFC 9990 §3.1.1.4: periods do not overlap.
void remark_on_others(const Arrival& arrival, std::span<const Neighbour> known,
                      Decision& decision) {
  const store::ReportHead& head = arrival.head;
  const auto once = [&](Remark remark) {
    if (std::ranges::find(decision.remarks, remark.code, &Remark::code) == decision.remarks.end()) {
      decision.remarks.push_back(std::move(remark));
    }
  };
  for (const Neighbour& each : known) {
    if (each.standing != Standing::counted || each.same_content) continue;
    const bool same_period = each.begin == head.begin && each.end == head.end;
    const bool apart = each.end <= head.begin || head.end <= each.begin;
    const bool same_name = !head.report_id.empty() && each.report_id == head.report_id;
    if (same_name && !same_period) {
      once(remark("id_reused", each, "its Report-ID is, of another period, also that of",
                  Level::warning));
    } else if (same_period) {
      once(remark("split", each, "of the same reporter and period there is also", Level::info));
    } else if (!apart) {
      once(remark("overlap", each, "its period overlaps that of", Level::warning));
    }
  }
}

}  // namespace

std::optional<TrustRule> parse_trust_rule(std::string_view text) {
  TrustRule rule;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    rule.channel = store::parse_channel(text.substr(0, colon));
    if (!rule.channel) return std::nullopt;
    text.remove_prefix(colon + 1);
  }
  const auto trust = store::parse_trust(text);
  if (!trust) return std::nullopt;
  rule.trust = *trust;
  return rule;
}

std::string to_text(const TrustRule& rule) {
  const std::string trust(store::to_text(rule.trust));
  return rule.channel ? std::string(store::to_text(*rule.channel)) + ":" + trust : trust;
}

std::optional<Refusal> assess(Arrival& arrival, const Seen& seen, const AssessOptions& options) {
  const store::Authenticity& mail = arrival.authenticity;
  const std::string trust(store::to_text(mail.trust));
  if (any_rule(options.refuse, arrival)) {
    return Refusal{.code = trust, .what = "the mail is " + trust + ": " + mail.reason};
  }
  if (any_rule(options.set_aside, arrival)) {
    hold_back(arrival, trust, "the mail is " + trust + ": " + mail.reason);
  }
  // RFC 9990 §8.2: a report on a domain of others is no knowledge about ours.
  const std::string& domain = arrival.head.policy_domain;
  if (!options.domains.empty() &&
      std::ranges::none_of(options.domains,
                           [&](const std::string& own) { return is_at_or_below(domain, own); })) {
    hold_back(arrival, "foreign_domain",
              ascii::printable(domain) + " is none of the domains of [intake] domains");
  }
  look_at_period(arrival, options);
  look_at_counts(arrival, seen, options);
  return std::nullopt;
}

Key key(const Arrival& arrival) {
  const store::ReportHead& head = arrival.head;
  return {.reporter = head.reporter,
          .report_id = head.report_id,
          .policy_domain = head.policy_domain,
          .begin = head.begin,
          .end = head.end,
          .digest = arrival.digest};
}

std::string reporter_name(std::string_view email, std::string_view org_name) {
  const std::size_t at = email.rfind('@');
  const std::string_view domain =
      at == std::string_view::npos ? std::string_view{} : ascii::trim_fws(email.substr(at + 1));
  const std::string_view name = domain.empty() ? ascii::trim_fws(org_name) : domain;
  constexpr std::size_t longest = 255;
  return ascii::to_lower(name.substr(0, longest));
}

Decision decide(const Arrival& arrival, std::span<const Neighbour> known, SameId same_id) {
  const store::ReportHead& head = arrival.head;
  const auto same_name = [&](const Neighbour& each) { return each.report_id == head.report_id; };
  const auto same_period = [&](const Neighbour& each) {
    return each.begin == head.begin && each.end == head.end;
  };
  const auto resends = std::ranges::find_if(
      known, [&](const Neighbour& each) { return each.same_content && same_name(each); });
  if (resends != known.end()) return resent(arrival, *resends);
  const auto repeats = std::ranges::find_if(known, [&](const Neighbour& each) {
    return each.same_content && each.standing == Standing::counted;
  });
  if (repeats != known.end()) return same_content(arrival, *repeats);
  const auto other = std::ranges::find_if(known, [&](const Neighbour& each) {
    return !each.same_content && !head.report_id.empty() && same_name(each) && same_period(each) &&
           each.standing == Standing::counted;
  });
  Decision decision = other != known.end() ? contradicts(arrival, *other, same_id)
                                           : stands_as(arrival);
  if (decision.standing == Standing::counted) remark_on_others(arrival, known, decision);
  return decision;
}

store::Decide decider(const AssessOptions& options) {
  return [same_id = options.same_id](const Arrival& arrival, std::span<const Neighbour> known) {
    return decide(arrival, known, same_id);
  };
}

}  // namespace assay::intake
