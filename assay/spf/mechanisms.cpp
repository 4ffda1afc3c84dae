#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/spf/detail/evaluation.h"

namespace assay::spf::detail {

/// What a mechanism comes to when there is nothing to ask.
Evaluation::Match Evaluation::no_match_for(Aim aim) {
  if (aim == Aim::limit_exceeded) return Match::permerror;
  note_ = aim == Aim::malformed ? "no domain name" : "local-part not ASCII";
  return Match::no;
}

/// Counts a void lookup; the end of the mechanism unless there are records (RFC 7208 §5).
std::optional<Evaluation::Match> Evaluation::find_failure(const dns::Question& question,
                                                          const dns::Answer& answer) {
  if (answer.outcome == dns::Outcome::records) return std::nullopt;
  if (answer.outcome == dns::Outcome::temporary_failure) {
    return problem(Match::temperror, no_answer(question, answer));
  }
  note_ = "void lookup";
  // RFC 7208 §4.6.4: counted for the family that was asked, whatever the other one holds.
  if (++outcome_.void_lookups <= limits_.void_lookups) return Match::no;
  return problem(Match::permerror, "more than " + std::to_string(limits_.void_lookups) +
                                       " lookups found nothing; the one too many is " +
                                       to_words(question));
}

Evaluation::Match Evaluation::include(const Frame& frame, std::size_t index) {
  Target target;
  const Aim aimed = aim(frame, index, target);
  if (aimed == Aim::malformed) {
    // RFC 7208 §5.2: check_host of such a domain is none (RFC 7208 §4.3).
    return problem(Match::permerror,
                   "the target of " + shown(frame.term(index)) + " is no domain name");
  }
  if (aimed != Aim::ready) return no_match_for(aimed);
  const Result result = check_host(*target.question, frame.depth + 1);
  note_ = to_text(result);
  // RFC 7208 §5.2
  switch (result) {
    case Result::pass:
      return Match::yes;
    case Result::fail:
    case Result::softfail:
    case Result::neutral:
      return Match::no;
    case Result::temperror:
      return Match::temperror;
    case Result::permerror:
      return Match::permerror;
    case Result::none:
      return problem(Match::permerror,
                     shown(frame.term(index)) + " leads to no SPF record: " + problem_);
  }
  return Match::permerror;
}

Evaluation::Match Evaluation::match_addresses(const dns::Question& question,
                                              const DualPrefix& prefix) {
  const dns::AnswerPtr answer = ask(question);
  if (const auto failure = find_failure(question, *answer)) return *failure;
  const unsigned bits = request_.client.is_v4() ? prefix.ip4 : prefix.ip6;
  const bool match = std::ranges::any_of(answer->addresses, [&](const IpAddress& address) {
    return request_.client.in_network(address, bits);
  });
  return match ? Match::yes : Match::no;
}

Evaluation::Match Evaluation::a(const Frame& frame, std::size_t index, const DualPrefix& prefix) {
  // RFC 7208 §5.3
  Target target;
  const Aim aimed = aim(frame, index, target);
  return aimed == Aim::ready ? match_addresses(*target.question, prefix) : no_match_for(aimed);
}

Evaluation::Match Evaluation::mx(const Frame& frame, std::size_t index, const DualPrefix& prefix) {
  Target target;
  if (const Aim aimed = aim(frame, index, target); aimed != Aim::ready) return no_match_for(aimed);
  const dns::AnswerPtr answer = ask(*target.question);
  // RFC 7208 §5.4: without MX records nothing else is asked.
  if (const auto failure = find_failure(*target.question, *answer)) return *failure;
  if (answer->exchanges.size() > limits_.mx_names) {
    // RFC 7208 §4.6.4: as soon as they are too many, so that their order does not decide.
    return problem(Match::permerror, ascii::printable(target.question->name.text()) +
                                         " has more than " + std::to_string(limits_.mx_names) +
                                         " MX records");
  }
  std::vector<DomainName> hosts;
  for (const dns::MailExchange& exchange : answer->exchanges) {
    if (!exchange.host.is_root()) hosts.push_back(exchange.host);  // RFC 7505 §3
  }
  prefetch_addresses(hosts);
  for (DomainName& host : hosts) {
    const Match match = match_addresses({.name = std::move(host), .type = address_type()}, prefix);
    if (match != Match::no) return match;
  }
  return Match::no;
}

Evaluation::Match Evaluation::exists(const Frame& frame, std::size_t index) {
  Target target;
  if (const Aim aimed = aim(frame, index, target); aimed != Aim::ready) return no_match_for(aimed);
  // RFC 7208 §5.7: any A record will do, for clients of IPv6 as well.
  const dns::AnswerPtr answer = ask(*target.question);
  return find_failure(*target.question, *answer).value_or(Match::yes);
}

Evaluation::Match Evaluation::ptr(const Frame& frame, std::size_t index) {
  Target target;
  if (const Aim aimed = aim(frame, index, target); aimed != Aim::ready) return no_match_for(aimed);
  const DomainName& domain = target.made.name;
  const dns::Outcome names = fetch_client_names();
  if (names == dns::Outcome::temporary_failure) {
    note_ = "reverse lookup failed";
    return Match::no;  // RFC 7208 §5.5
  }
  if (names != dns::Outcome::records) {
    return find_failure(client_question(), {.outcome = names}).value_or(Match::no);
  }
  // Only names below the target can match, so only those are validated.
  std::vector<DomainName> below;
  for (const ClientName& name : client_names_) {
    if (!name.validated && name.name.equal_or_below(domain)) below.push_back(name.name);
  }
  prefetch_addresses(below);
  const bool match = std::ranges::any_of(client_names_, [&](ClientName& name) {
    return name.name.equal_or_below(domain) && is_validated(name);  // RFC 7208 §5.5
  });
  return match ? Match::yes : Match::no;
}

}  // namespace assay::spf::detail
