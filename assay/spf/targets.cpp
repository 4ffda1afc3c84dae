#include <algorithm>
#include <memory>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/spf/detail/evaluation.h"

namespace assay::spf::detail {
namespace {

/// An octet that may stand in a name we ask for: macros let senders put anything there
/// (RFC 7208 §11.5.3).
bool is_askable(char c) {
  return ascii::is_graph(c) || c == ' ';
}

}  // namespace

bool Evaluation::is_out_of_time() {
  if (!out_of_time_) {
    const auto now = limits_.clock ? limits_.clock() : std::chrono::steady_clock::now();
    out_of_time_ = now >= deadline_;
  }
  return out_of_time_;
}

dns::AnswerPtr Evaluation::ask(const dns::Question& question) {
  if (!is_out_of_time()) return resolver_.ask(question);
  // RFC 7208 §4.6.4
  auto answer = std::make_shared<dns::Answer>();
  answer->outcome = dns::Outcome::temporary_failure;
  answer->why = "the time for the whole check is over";
  return answer;
}

MacroValues Evaluation::macro_values(const Frame& frame) const {
  return {.client = request_.client,
          .local_part = sender_.local_part,
          .sender_domain = sender_.domain_text,
          .domain = frame.domain.text(),
          .helo = request_.helo,
          .receiver = request_.receiver.empty() ? std::string_view("unknown") : request_.receiver,
          .now = request_.now};
}

/// Expands a domain-spec to a name that can be asked for.
Evaluation::Aim Evaluation::expand_target(const Frame& frame, const DomainSpec& domain,
                                          DomainName& name) {
  // RFC 8616 §4
  if (!local_part_is_ascii_ && domain.macros.uses("sl")) return Aim::never_matches;
  MacroValues values = macro_values(frame);
  std::string validated;
  if (domain.macros.uses("p")) {
    validated = validated_name(frame.domain);
    values.validated_name = validated;
  }
  const std::string text = expand_name(domain.macros, values);
  auto parsed = DomainName::parse(text);
  // RFC 7208 §4.8: what cannot be a name is undefined; here it is simply not found.
  if (!parsed || !std::ranges::all_of(text, is_askable)) return Aim::malformed;
  name = std::move(*parsed);
  return Aim::ready;
}

/// Counts the term and finds what it asks about.
Evaluation::Aim Evaluation::aim(const Frame& frame, std::size_t index, Target& target) {
  const Term& term = frame.term(index);
  // RFC 7208 §4.6.4
  if (++outcome_.lookups > limits_.terms) {
    problem_ = "more than " + std::to_string(limits_.terms) +
               " terms need the DNS; the one too many is " + shown(term) + " of " +
               ascii::printable(frame.domain.text());
    return Aim::limit_exceeded;
  }
  const auto& prepared = frame.loaded.question_of[index];
  if (prepared && frame.loaded.owner == frame.domain) {
    target.question = &frame.loaded.questions[family_][*prepared];
    return Aim::ready;
  }
  target.made.type = first_type(term, request_.client.is_v4());
  target.question = &target.made;
  const DomainSpec* domain = domain_of(term);
  if (domain != nullptr) return expand_target(frame, *domain, target.made.name);
  target.made.name = frame.domain;  // RFC 7208 §4.8
  return Aim::ready;
}

}  // namespace assay::spf::detail
