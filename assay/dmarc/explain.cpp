#include "assay/dmarc/detail/explain.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/dmarc/detail/place.h"

namespace assay::dmarc::detail {
namespace {

/// How many identifiers a sentence names.
constexpr std::size_t max_named = 3;

std::string text_of(const DomainName& domain) {
  return ascii::printable(domain.text(), domain.text().size());
}

std::string subject_of(const Identifier& identifier) {
  if (identifier.method == Method::spf) return "SPF for " + text_of(identifier.domain);
  std::string text = "the DKIM signature of " + text_of(identifier.domain);
  if (!identifier.selector.empty())
    text += " (s=" + ascii::printable(identifier.selector, 63) + ")";
  return text;
}

/// "a", "a and b", "a, b and c", "a, b, c and 4 more".
std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  const std::size_t named = std::min(names.size(), max_named);
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  if (names.size() > named) text += " and " + std::to_string(names.size() - named) + " more";
  return text;
}

std::string why_none(const Facts& facts) {
  const std::string author = text_of(facts.author);
  const auto several = std::ranges::find_if(
      facts.author_walk.steps, [](const WalkStep& step) { return step.records_seen > 1; });
  if (several != facts.author_walk.steps.end()) {
    return std::to_string(several->records_seen) + " DMARC records stand at _dmarc." +
           text_of(several->domain) + " and cancel each other, and no other applies to " + author +
           ", so that DMARC says nothing; a single one there would apply";
  }
  return "no DMARC Policy Record applies to " + author +
         ", so that DMARC says nothing; one at _dmarc." + author + " would apply";
}

std::string why_permerror(const Facts& facts) {
  const std::string owner = text_of(facts.policy_domain.value_or(facts.author));
  return "the DMARC record of " + owner +
         " has no valid policy and no valid URI in rua, so that it must not be applied to " +
         text_of(facts.author) + "; a valid p, sp and np at _dmarc." + owner + " would repair it";
}

std::string why_temperror(const Facts& facts, const Evaluation& evaluation) {
  const std::string author = text_of(facts.author);
  if (facts.discovery_failed) {
    return "which DMARC policy holds for " + author +
           " is not known, since a lookup failed: " + list_of(evaluation.unresolved);
  }
  return "whether the message passes for " + author +
         " is not known, since nothing else aligned and a lookup failed that could have made it "
         "pass: " +
         list_of(evaluation.unresolved);
}

std::string why_pass(const Facts& facts) {
  std::vector<std::string> names;
  for (const PlacedIdentifier& placed : facts.identifiers) {
    const bool counts = placed.identifier.check == Check::passed && placed.aligned == true;
    if (counts) names.push_back(subject_of(placed.identifier));
  }
  std::string text =
      list_of(names) + (names.size() == 1 ? " passed and aligns" : " passed and align");
  text += " with " + text_of(facts.author);
  if (facts.organizational && *facts.organizational != facts.author) {
    text += " (organizational domain " + text_of(*facts.organizational) + ")";
  }
  return text;
}

std::string needed_name(Method method, const Facts& facts) {
  const bool strict = alignment_of(method, *facts.record) == Alignment::strict;
  if (strict) return text_of(facts.author) + " itself";
  if (!facts.organizational) return text_of(facts.author);
  return *facts.organizational == facts.author
             ? text_of(facts.author) + " or a name below it"
             : text_of(facts.author) + " or another name of " + text_of(*facts.organizational);
}

/// What would have made it pass, by the modes of the record.
std::string what_is_missing(const Facts& facts) {
  const std::string for_spf = needed_name(Method::spf, facts);
  const std::string for_dkim = needed_name(Method::dkim, facts);
  if (for_spf == for_dkim) return "an SPF pass or a valid DKIM signature for " + for_spf;
  return "an SPF pass for " + for_spf + ", or a valid DKIM signature of " + for_dkim;
}

std::string why_fail(const Facts& facts) {
  std::vector<std::string> elsewhere;
  std::vector<std::string> failed;
  for (const PlacedIdentifier& placed : facts.identifiers) {
    const Check check = placed.identifier.check;
    if (check == Check::passed) elsewhere.push_back(subject_of(placed.identifier));
    if (check == Check::failed && placed.aligned == true) {
      failed.push_back(subject_of(placed.identifier));
    }
  }
  std::string text;
  if (!failed.empty()) text += list_of(failed) + " would align but did not pass; ";
  if (!elsewhere.empty()) {
    text += list_of(elsewhere) + " passed but " + (elsewhere.size() == 1 ? "does" : "do") +
            " not align with " + text_of(facts.author) + "; ";
  }
  if (text.empty()) text = "nothing that would align with " + text_of(facts.author) + " passed; ";
  return text + what_is_missing(facts) + " would have made the message pass";
}

}  // namespace

bool might_pass(const PlacedIdentifier& placed) {
  switch (placed.identifier.check) {
    case Check::failed:
      return false;
    case Check::passed:
      return !placed.aligned.has_value();
    case Check::unresolved:
      return placed.aligned != false;
  }
  return false;
}

std::string open_lookup(const PlacedIdentifier& placed) {
  const Identifier& identifier = placed.identifier;
  if (identifier.check != Check::unresolved) return placed.unresolved;
  const std::string domain = text_of(identifier.domain);
  if (identifier.method == Method::spf) return "SPF of " + domain;
  if (identifier.selector.empty()) return "the DKIM key of " + domain;
  return "TXT " + ascii::printable(identifier.selector, 253) + "._domainkey." + domain;
}

std::string explain(const Facts& facts, const Evaluation& evaluation) {
  switch (evaluation.result) {
    case Result::none:
      return why_none(facts);
    case Result::pass:
      return why_pass(facts);
    case Result::fail:
      return why_fail(facts);
    case Result::temperror:
      return why_temperror(facts, evaluation);
    case Result::permerror:
      return why_permerror(facts);
  }
  return {};
}

}  // namespace assay::dmarc::detail
