#include "assay/verify/judge.h"

#include <algorithm>
#include <cstdint>

namespace assay::verify {
namespace {

void add_identifier(std::vector<dmarc::Identifier>& to, dmarc::Method method,
                    const std::string& domain, dmarc::Check check, const std::string& selector) {
  const auto name = DomainName::parse(domain);
  if (!name) return;
  to.push_back({.method = method, .domain = *name, .check = check, .selector = selector});
}

int strictness(const dmarc::Evaluation& evaluation) {
  switch (evaluation.result) {
    case dmarc::Result::fail:
      if (evaluation.policy == dmarc::Policy::reject) return 6;
      return evaluation.policy == dmarc::Policy::quarantine ? 5 : 2;
    case dmarc::Result::temperror:
      return 4;
    case dmarc::Result::permerror:
      return 3;
    case dmarc::Result::none:
      return 1;
    case dmarc::Result::pass:
      return 0;
  }
  return 0;
}

void withhold_pass(dmarc::Evaluation& evaluation) {
  if (evaluation.result != dmarc::Result::pass) return;
  evaluation.result = dmarc::Result::none;
  evaluation.reason = "the identifiers of " + evaluation.author.text() +
                      " align, but the From field does not say with certainty who the author is, "
                      "so that DMARC gives no result";
}

}  // namespace

std::vector<dmarc::Identifier> identifiers(std::span<const spf::Outcome> spf,
                                           std::span<const dkim::Outcome> dkim) {
  using dmarc::Check;
  std::vector<dmarc::Identifier> found;
  for (const spf::Outcome& outcome : spf) {
    if (outcome.identity == spf::Identity::helo) continue;  // RFC 9989 §4.4.2
    // RFC 9989 §11.1: neutral is no pass. RFC 7208 §2.6.1: none says nothing; nothing is guessed
    // instead.
    if (outcome.result == spf::Result::pass) {
      add_identifier(found, dmarc::Method::spf, outcome.domain, Check::passed, {});
    } else if (outcome.result == spf::Result::temperror) {
      add_identifier(found, dmarc::Method::spf, outcome.domain, Check::unresolved, {});
    }
  }
  for (const dkim::Outcome& outcome : dkim) {  // RFC 9989 §4.4.1
    if (outcome.result == dkim::Result::pass) {
      add_identifier(found, dmarc::Method::dkim, outcome.domain, Check::passed, outcome.selector);
    } else if (outcome.result == dkim::Result::temperror) {
      add_identifier(found, dmarc::Method::dkim, outcome.domain, Check::unresolved,
                     outcome.selector);
    }
  }
  return found;
}

const dmarc::Evaluation& strictest(std::span<const dmarc::Evaluation> evaluations) {
  return *std::ranges::max_element(evaluations, {}, strictness);  // RFC 9989 §11.5
}

dmarc::Evaluation judge(const Authors& authors, std::span<const dmarc::Evaluation> evaluations) {
  dmarc::Evaluation ruling;
  if (evaluations.empty()) {
    ruling.reason = "the message names no author domain, so that DMARC cannot be applied";
  } else {
    ruling = strictest(evaluations);
    if (!authors.usable) withhold_pass(ruling);  // RFC 9989 §11.5
  }
  ruling.findings.insert(ruling.findings.end(), authors.findings.begin(), authors.findings.end());
  return ruling;
}

std::vector<std::string> differences(const dmarc::Evaluation& one, const dmarc::Evaluation& other) {
  std::vector<std::string> names;
  const auto note = [&](bool same, const char* name) {
    if (!same) names.emplace_back(name);
  };
  note(one.result == other.result, "result");
  note(one.author == other.author, "author_domain");
  note(one.policy_domain == other.policy_domain, "policy_domain");
  note(one.organizational == other.organizational, "organizational_domain");
  note(one.record == other.record, "record");
  note(one.published_policy == other.published_policy, "published_policy");
  note(one.policy == other.policy, "policy");
  note(one.spf_aligned == other.spf_aligned && one.dkim_aligned == other.dkim_aligned, "aligned");
  return names;
}

unsigned sample_of(std::string_view octets) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char c : octets) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash ^= hash >> 32;
  return static_cast<unsigned>((hash & 0xffffffffU) * 100 >> 32);
}

}  // namespace assay::verify
