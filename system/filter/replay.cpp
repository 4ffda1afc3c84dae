#include "system/filter/replay.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "assay/verify/judge.h"

namespace assay::filter {
namespace {

template <class Enum, std::size_t Size>
Enum word_of(std::string_view text, const std::array<Enum, Size>& all) {
  const auto found = std::ranges::find_if(all, [&](Enum one) { return to_text(one) == text; });
  return found == all.end() ? all.front() : *found;
}

constexpr std::array dmarc_results = {dmarc::Result::none, dmarc::Result::pass, dmarc::Result::fail,
                                      dmarc::Result::temperror, dmarc::Result::permerror};
constexpr std::array policies = {dmarc::Policy::none, dmarc::Policy::quarantine,
                                 dmarc::Policy::reject};
constexpr std::array spf_results = {
    spf::Result::none,     spf::Result::neutral,   spf::Result::pass,     spf::Result::fail,
    spf::Result::softfail, spf::Result::temperror, spf::Result::permerror};
constexpr std::array dkim_results = {dkim::Result::neutral,   dkim::Result::pass,
                                     dkim::Result::fail,      dkim::Result::policy,
                                     dkim::Result::temperror, dkim::Result::permerror};
constexpr std::array kinds = {evidence::Kind::author_signature_recovered,
                              evidence::Kind::mailing_list,
                              evidence::Kind::trusted_arc,
                              evidence::Kind::known_forwarder,
                              evidence::Kind::listed,
                              evidence::Kind::passed_lately,
                              evidence::Kind::always_passes,
                              evidence::Kind::only_failing_client,
                              evidence::Kind::no_relay,
                              evidence::Kind::non_existent_author,
                              evidence::Kind::misleading_from};

std::optional<dmarc::Policy> policy_of(std::string_view word) {
  if (word.empty()) return std::nullopt;
  return word_of(word, policies);
}

DomainName name_of(std::string_view text) {
  return DomainName::parse(text).value_or(DomainName());
}

dmarc::Evaluation evaluation_of(const journal::Verdict& said) {
  dmarc::Evaluation evaluation;
  evaluation.result = word_of(said.result, dmarc_results);
  evaluation.author = name_of(said.author_domain);
  evaluation.record = said.record;
  evaluation.published_policy = policy_of(said.published_policy);
  evaluation.policy = policy_of(said.policy);
  evaluation.test_mode = said.test_mode;
  evaluation.spf_aligned = said.spf_aligned;
  evaluation.dkim_aligned = said.dkim_aligned;
  return evaluation;
}

verify::Verdict verdict_of(const journal::Entry& entry) {
  verify::Verdict verdict;
  for (const std::string& one : entry.author_domains)
    verdict.authors.domains.push_back(name_of(one));
  // A misleading From field with one author is a finding; here only certainty counts.
  verdict.authors.usable = entry.author_domains.size() == 1;
  for (const journal::SpfResult& one : entry.spf) {
    const auto identity = one.identity == "helo" ? spf::Identity::helo : spf::Identity::mfrom;
    verdict.spf.push_back(
        {.identity = identity, .domain = one.domain, .result = word_of(one.result, spf_results)});
  }
  for (const journal::DkimResult& one : entry.dkim) {
    dkim::Outcome outcome;
    outcome.domain = one.domain;
    outcome.selector = one.selector;
    outcome.result = word_of(one.result, dkim_results);
    verdict.dkim.push_back(std::move(outcome));
  }
  verdict.dmarc = evaluation_of(*entry.verdict);
  return verdict;
}

/// What a report says of a finding of that kind; its words of then were those of the override.
evidence::Finding finding_of(const journal::Evidence& said) {
  using enum evidence::Kind;
  const evidence::Kind kind = word_of(said.kind, kinds);
  std::string type = "local_policy";
  if (kind == author_signature_recovered || kind == mailing_list) type = "mailing_list";
  if (kind == known_forwarder) type = "trusted_forwarder";
  return {.kind = kind,
          .leans = said.leans == "abuse" ? evidence::Leans::abuse : evidence::Leans::indirect,
          .what = said.what,
          .override_type = std::move(type),
          .override_comment = said.what};
}

std::vector<std::string> recipients_of(const journal::Entry& entry) {
  std::vector<std::string> all;
  for (const std::string& domain : entry.recipient_domains) all.push_back("?@" + domain);
  return all;
}

std::vector<evidence::Finding> findings_of(const Policy& policy, const journal::Entry& entry,
                                           const verify::Verdict& verdict) {
  std::vector<evidence::Finding> findings;
  for (const journal::Evidence& one : entry.evidence) {
    evidence::Finding finding = finding_of(one);
    if (finding.kind != evidence::Kind::listed) findings.push_back(std::move(finding));
  }
  const std::string octets = "List-Id: <" + entry.list_id + ">\r\n";
  const mail::Header header = mail::parse_header(octets);
  const evidence::Seen seen{.verdict = verdict,
                            .header = header,
                            .client = entry.client,
                            .client_name = entry.client_name,
                            .recipients = recipients_of(entry)};
  const Instant now = std::chrono::floor<std::chrono::seconds>(entry.time);
  for (evidence::Finding& one : evidence::gather(seen, policy.sources, {}, now)) {
    if (one.kind == evidence::Kind::listed) findings.push_back(std::move(one));
  }
  return findings;
}

}  // namespace

verify::Decision decide_again(const Policy& policy, const config::Listener& listener,
                              const journal::Entry& entry) {
  const verify::Verdict verdict = verdict_of(entry);
  const evidence::Rules rules =
      rules_for(policy, listener, verdict, recipients_of(entry), verify::sample_of(entry.id));
  const bool passed = verdict.dmarc.result == dmarc::Result::pass;
  const auto findings =
      passed ? std::vector<evidence::Finding>() : findings_of(policy, entry, verdict);
  return evidence::judge(verdict, findings, rules);
}

}  // namespace assay::filter
