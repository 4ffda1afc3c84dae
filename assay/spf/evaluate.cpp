#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/overloaded.h"
#include "assay/spf/detail/evaluation.h"

namespace assay::spf::detail {
namespace {

Result result_of(Qualifier qualifier) {
  // RFC 7208 §4.6.2
  switch (qualifier) {
    case Qualifier::pass:
      return Result::pass;
    case Qualifier::fail:
      return Result::fail;
    case Qualifier::softfail:
      return Result::softfail;
    case Qualifier::neutral:
      return Result::neutral;  // RFC 9989 §11.1: not a pass
  }
  return Result::neutral;
}

/// Whether the first bits are the same.
bool shares_prefix(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                   unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
    return false;
  }
  if (bits % 8 == 0) return true;
  const unsigned mask = 0xff00U >> (bits % 8) & 0xffU;
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

}  // namespace

Evaluation::Evaluation(const Request& request, const Sender& sender, dns::Resolver& resolver,
                       const Limits& limits)
    : request_(request),
      sender_(sender),
      resolver_(resolver),
      limits_(limits),
      family_(request.client.is_v4() ? 0 : 1),
      local_part_is_ascii_(ascii::is_ascii(sender.local_part)) {}

Outcome Evaluation::run() {
  outcome_.identity = sender_.identity;
  if (sender_.domain.is_root()) {
    // RFC 7208 §4.3
    outcome_.domain = sender_.domain_text;
    outcome_.result = Result::none;
    outcome_.reason = sender_.why_none;
    return std::move(outcome_);
  }
  const auto start = limits_.clock ? limits_.clock() : std::chrono::steady_clock::now();
  deadline_ = start + limits_.time;
  outcome_.records.reserve(limits_.terms < 8 ? limits_.terms + 1 : 8);
  outcome_.domain = sender_.domain.text();
  const dns::Question first{.name = sender_.domain, .type = dns::Type::txt};  // RFC 7208 §4.4
  outcome_.result = check_host(first, 0);
  outcome_.reason = reason(outcome_.result);
  return std::move(outcome_);
}

Result Evaluation::check_host(const dns::Question& first, unsigned depth) {
  dns::Question redirected;
  const dns::Question* question = &first;
  for (;;) {
    const dns::AnswerPtr answer = ask(*question);
    const LoadedRecord* loaded = nullptr;
    if (const auto result = find_problem(*question, *answer, loaded)) {
      note_unusable(*question, depth, *result);
      // RFC 7208 §6.1: a redirect must lead to a record.
      if (*result != Result::none || question == &first) return *result;
      return problem(Result::permerror, "redirect= leads to " +
                                            ascii::printable(question->name.text()) +
                                            ", which publishes no SPF record");
    }
    const Frame frame{.domain = question->name, .loaded = *loaded, .depth = depth};
    outcome_.records.push_back({.domain = frame.domain, .text = answer->texts[loaded->text_at]});
    prefetch(frame);
    if (const auto result = match_directives(frame)) return *result;
    if (!loaded->redirect) return default_result(frame);
    dns::Question next;
    if (const auto result = follow_redirect(frame, next)) return *result;
    redirected = std::move(next);
    question = &redirected;
  }
}

/// Finds the record to use, or says why there is none (RFC 7208 §4.3 to §4.6).
std::optional<Result> Evaluation::find_problem(const dns::Question& question,
                                               const dns::Answer& answer,
                                               const LoadedRecord*& loaded) {
  const auto whose = [&] { return ascii::printable(question.name.text()); };
  switch (answer.outcome) {
    case dns::Outcome::temporary_failure:
      // RFC 7208 §4.4
      return problem(Result::temperror, no_answer(question, answer));
    case dns::Outcome::name_error:
      problem_ = whose() + " does not exist in the DNS";
      return Result::none;  // RFC 7208 §4.3
    case dns::Outcome::no_data:
      problem_ = whose() + " publishes no SPF record";
      return Result::none;  // RFC 7208 §4.5
    case dns::Outcome::records:
      break;
  }
  loaded = &answer.memo.get<LoadedRecord>([&] { return load_record(answer.texts, question.name); });
  switch (loaded->state) {
    case LoadedRecord::State::none:
      problem_ = whose() + " publishes no SPF record";
      return Result::none;  // RFC 7208 §4.5; and no best guess (RFC 7489 §6.6.2)
    case LoadedRecord::State::several:
      // RFC 7208 §4.5
      return problem(Result::permerror, whose() + " publishes more than one SPF record");
    case LoadedRecord::State::broken:
      outcome_.records.push_back({.domain = question.name, .text = answer.texts[loaded->text_at]});
      // RFC 7208 §4.6
      return problem(Result::permerror, "the SPF record of " + whose() + " has an error at octet " +
                                            std::to_string(loaded->error.at) + ": " +
                                            loaded->error.what);
    case LoadedRecord::State::usable:
      return std::nullopt;
  }
  return std::nullopt;
}

/// Considers each mechanism in turn; nothing when none matches (RFC 7208 §4.6.2).
std::optional<Result> Evaluation::match_directives(const Frame& frame) {
  const std::vector<Term>& terms = frame.loaded.record.terms;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const auto* directive = std::get_if<Directive>(&terms[i].what);
    if (directive == nullptr) continue;  // RFC 7208 §4.6.3
    note_ = {};
    const std::size_t step = begin_step(frame, terms[i]);
    Match match = evaluate(frame, i, *directive);
    // RFC 7208 §4.6.4: also where the mechanism would overlook a failed lookup.
    if (out_of_time_) match = problem(Match::temperror, "the time for the whole check is over");
    end_step(step, match);
    switch (match) {
      case Match::no:
        break;
      case Match::yes: {
        const Result result = result_of(directive->qualifier);
        decide(frame, terms[i], result);
        return result;
      }
      case Match::temperror:
        return Result::temperror;
      case Match::permerror:
        return Result::permerror;
    }
  }
  return std::nullopt;
}

/// The end of a record in which nothing matched (RFC 7208 §4.7).
Result Evaluation::default_result(const Frame& frame) {
  if (frame.depth == 0) {
    outcome_.mechanism = "default";
    decisive_domain_ = frame.domain;
  }
  return Result::neutral;
}

/// Keeps what is to be said about the match.
void Evaluation::decide(const Frame& frame, const Term& term, Result result) {
  if (frame.depth == 0) {
    outcome_.mechanism = shown(term);
    decisive_domain_ = frame.domain;
    // RFC 7208 §6.2: of the record that decided, never of an included one.
    if (result == Result::fail) outcome_.explanation = fetch_explanation(frame);
    return;
  }
  const auto& directive = std::get<Directive>(term.what);
  if (result != Result::pass || std::holds_alternative<Include>(directive.mechanism)) return;
  inner_ = shown(term) + " of " + ascii::printable(frame.domain.text());
}

bool Evaluation::is_client_in(const Mechanism& mechanism) const {
  const IpAddress& client = request_.client;
  // RFC 7208 §5.6. An IPv4-mapped client is an IpAddress of IPv4 (RFC 7208 §5).
  if (const auto* ip4 = std::get_if<Ip4>(&mechanism)) {
    return client.is_v4() && shares_prefix(client.octets(), ip4->network, ip4->prefix);
  }
  if (const auto* ip6 = std::get_if<Ip6>(&mechanism)) {
    return !client.is_v4() && shares_prefix(client.octets(), ip6->network, ip6->prefix);
  }
  return false;
}

Evaluation::Match Evaluation::evaluate(const Frame& frame, std::size_t index,
                                       const Directive& directive) {
  const auto in_network = [&] {
    return is_client_in(directive.mechanism) ? Match::yes : Match::no;
  };
  return std::visit(
      overloaded{[](const All&) { return Match::yes; },  // RFC 7208 §5.1
                 [&](const Ip4&) { return in_network(); }, [&](const Ip6&) { return in_network(); },
                 [&](const Include&) { return include(frame, index); },
                 [&](const A& mechanism) { return a(frame, index, mechanism.prefix); },
                 [&](const Mx& mechanism) { return mx(frame, index, mechanism.prefix); },
                 [&](const Exists&) { return exists(frame, index); },
                 [&](const Ptr&) { return ptr(frame, index); }},
      directive.mechanism);
}

/// Where redirect= leads, or the result where that ends the check (RFC 7208 §6.1).
std::optional<Result> Evaluation::follow_redirect(const Frame& frame, dns::Question& next) {
  const std::size_t index = *frame.loaded.redirect;
  const std::size_t step = begin_step(frame, frame.term(index));
  Target target;
  switch (aim(frame, index, target)) {
    case Aim::ready:
      note_ = "followed";
      end_step(step, Match::no);
      next = *target.question;
      return std::nullopt;
    case Aim::never_matches:
      // RFC 8616 §4: without its redirect= the record ends as it stands.
      note_ = "local-part not ASCII";
      end_step(step, Match::no);
      return default_result(frame);
    case Aim::malformed:
      // RFC 7208 §6.1
      problem_ = "the target of " + shown(frame.term(index)) + " is no domain name";
      break;
    case Aim::limit_exceeded:
      break;
  }
  end_step(step, Match::permerror);
  return Result::permerror;
}

/// How many of the record's questions may be asked before it is decided.
std::size_t Evaluation::questions_needed(const Frame& frame) const {
  const std::vector<Term>& terms = frame.loaded.record.terms;
  std::size_t needed = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const auto* directive = std::get_if<Directive>(&terms[i].what);
    if (directive == nullptr) continue;
    if (is_all(terms[i]) || is_client_in(directive->mechanism)) return needed;
    if (frame.loaded.question_of[i]) needed = *frame.loaded.question_of[i] + 1;
  }
  return frame.loaded.questions[family_].size();
}

/// Has everything asked together that the record may need and that is the same for every message:
/// three includes then take one round trip, not three. Changes no verdict and no count. However
/// the records are made, at most as many questions as terms are permitted are asked ahead.
void Evaluation::prefetch(const Frame& frame) {
  if (frame.loaded.owner != frame.domain) return;
  // RFC 7208 §4.6.4
  const std::size_t used = std::max<std::size_t>(outcome_.lookups, prefetched_);
  const std::size_t left = limits_.terms > used ? limits_.terms - used : 0;
  const std::size_t count = std::min(questions_needed(frame), left);
  if (count < 2) return;  // the only one is asked at once anyhow
  prefetched_ += count;
  resolver_.prefetch(std::span(frame.loaded.questions[family_]).first(count));
}

}  // namespace assay::spf::detail
