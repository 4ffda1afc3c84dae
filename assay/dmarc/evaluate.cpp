#include "assay/dmarc/evaluate.h"

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/dmarc/detail/explain.h"
#include "assay/dmarc/detail/place.h"
#include "assay/dmarc/detail/tags.h"

namespace assay::dmarc {
namespace {

// RFC 9989 §4.7: t=y asks for the policy one level below; none stays none.
// RFC 7489 §6.6.4: so does pct for the messages outside the sample.
Policy next_weaker(Policy policy) {
  return policy == Policy::reject ? Policy::quarantine : Policy::none;
}

bool passed_aligned(const PlacedIdentifier& placed, Method method) {
  return placed.identifier.method == method && placed.identifier.check == Check::passed &&
         placed.aligned == true;
}

/// RFC 7489 §6.3: sp holds for every subdomain; np, psd and t are not known.
std::optional<Policy> policy_of_list(const Facts& facts) {
  const PolicyRecord& record = *facts.record;
  const Usable usable = record.usable_rfc7489();
  if (usable == Usable::not_at_all) return std::nullopt;
  if (usable == Usable::as_none) return Policy::none;
  return facts.policy_domain == facts.author ? record.p : record.sp.value_or(*record.p);
}

std::optional<Policy> published_policy(const Facts& facts) {
  if (facts.standard == Standard::rfc7489) return policy_of_list(facts);
  // RFC 9989 §4.10.1: the Author Domain's own record speaks by p, an inherited one by sp or np.
  Place place = Place::existing_subdomain;
  if (facts.policy_domain == facts.author) place = Place::own_domain;
  // An unanswered question for its existence is none that says NXDOMAIN (RFC 9989 §3.2.13).
  else if (facts.author_exists == false)
    place = Place::non_existent_subdomain;
  return policy_for(*facts.record, place);
}

/// RFC 9989 §5.3.5, §5.3.6
Result judge_identifiers(const Facts& facts, Evaluation& evaluation) {
  for (const PlacedIdentifier& placed : facts.identifiers) {
    // RFC 9989 §4.4.1, §4.4.2: any one aligned identifier that was validated is enough.
    evaluation.spf_aligned = evaluation.spf_aligned || passed_aligned(placed, Method::spf);
    evaluation.dkim_aligned = evaluation.dkim_aligned || passed_aligned(placed, Method::dkim);
  }
  if (evaluation.spf_aligned || evaluation.dkim_aligned) return Result::pass;
  // RFC 9989 §5.3.6: neither pass nor fail where a query that was needed did not complete; a query
  // for an identifier that cannot align was not needed.
  for (const PlacedIdentifier& placed : facts.identifiers) {
    if (detail::might_pass(placed)) {
      evaluation.unresolved.push_back(detail::open_lookup(placed));
    }
  }
  return evaluation.unresolved.empty() ? Result::fail : Result::temperror;
}

/// What becomes of the published policy, by t or by pct.
void apply_options(const Facts& facts, const EvaluateOptions& options, Policy published,
                   Evaluation& evaluation) {
  if (facts.standard == Standard::rfc9989) {
    evaluation.author_nonexistent = facts.author_exists == false;
    evaluation.test_mode = facts.record->test_mode;
    evaluation.policy = evaluation.test_mode ? next_weaker(published) : published;
    return;
  }
  // RFC 7489 §6.6.4: pct is for messages that are subject to the policy, hence fail.
  const bool outside = options.sample >= facts.record->pct && evaluation.result == Result::fail;
  evaluation.sampled_out = outside && published != Policy::none;
  evaluation.policy = evaluation.sampled_out ? next_weaker(published) : published;
}

void judge(const Facts& facts, const EvaluateOptions& options, Evaluation& evaluation) {
  if (facts.discovery_failed) {
    // RFC 9989 §4.10.1: an error is no indication that there is no record.
    evaluation.result = Result::temperror;
    evaluation.unresolved.push_back(detail::failed_lookup(facts.author_walk));
    return;
  }
  if (facts.record == nullptr) {
    evaluation.result = Result::none;  // RFC 9989 §5.3.2
    return;
  }
  evaluation.record = detail::plain_text(facts.record->text);
  const std::optional<Policy> published = published_policy(facts);
  if (!published) {
    // RFC 9989 §9.2: an improperly formatted record, to which §4.10.1 applies no processing.
    evaluation.result = Result::permerror;
    return;
  }
  evaluation.published_policy = published;
  evaluation.result = judge_identifiers(facts, evaluation);
  apply_options(facts, options, *published, evaluation);
  if (facts.existence_unknown && evaluation.result == Result::fail) {
    evaluation.unresolved.push_back(
        "A " + ascii::printable(facts.author.text(), facts.author.text().size()));
  }
}

}  // namespace

std::string_view to_text(Result result) {
  constexpr std::array<std::string_view, 5> words = {"none", "pass", "fail", "temperror",
                                                     "permerror"};
  return words[static_cast<std::size_t>(result)];
}

std::string_view to_text(Method method) {
  return method == Method::spf ? "spf" : "dkim";
}

std::string_view to_text(Discovery discovery) {
  return discovery == Discovery::psl ? "psl" : "treewalk";
}

std::optional<Policy> policy_for(const PolicyRecord& record, Place place) {
  const Usable usable = record.usable();
  if (usable == Usable::not_at_all) return std::nullopt;
  if (usable == Usable::as_none) return Policy::none;
  if (place == Place::own_domain) return record.p;
  // RFC 9989 §4.7: an absent sp takes p, an absent np takes sp.
  const Policy existing = record.sp.value_or(*record.p);
  return place == Place::existing_subdomain ? existing : record.np.value_or(existing);
}

Evaluation evaluate(const Facts& facts, const EvaluateOptions& options) {
  Evaluation evaluation{
      .standard = facts.standard,
      .author = facts.author,
      .policy_domain = facts.policy_domain,
      .organizational = facts.organizational,
      // RFC 9990 §3.1.1.5: the method that was really used.
      .discovery = facts.standard == Standard::rfc7489 ? Discovery::psl : Discovery::treewalk,
      .identifiers = facts.identifiers,
      .findings = facts.findings};
  judge(facts, options, evaluation);
  evaluation.reason = detail::explain(facts, evaluation);
  return evaluation;
}

}  // namespace assay::dmarc
