#include "system/reporting/facts.h"

#include <algorithm>
#include <random>

#include "assay/aggregate/write.h"
#include "assay/base/ascii.h"
#include "assay/dmarc/record.h"

namespace assay::reporting {
namespace {

constexpr std::size_t max_reasons = 10;

std::string domain_of(std::string_view address) {
  return ascii::to_lower(address.substr(address.rfind('@') + 1));
}

std::string word(dmarc::Alignment alignment) {
  return alignment == dmarc::Alignment::strict ? "s" : "r";
}

std::string pass_or_fail(bool aligned) {
  return aligned ? "pass" : "fail";
}

template <class Text>
std::vector<aggregate::DkimResult> signatures_of(const journal::EntryOf<Text>& entry) {
  std::vector<aggregate::DkimResult> all;
  all.reserve(entry.dkim.size());
  for (const auto& one : entry.dkim) {
    all.push_back({.domain = std::string(one.domain),
                   .selector = std::string(one.selector),
                   .result = std::string(one.result),
                   .human_result = std::string(one.reason)});
  }
  return all;
}

// RFC 9990 §3.1.1.13: MAIL FROM alone, and at most one.
template <class Text>
std::vector<aggregate::SpfResult> spf_of(const journal::EntryOf<Text>& entry) {
  std::vector<aggregate::SpfResult> found;
  for (const auto& one : entry.spf) {
    if (one.identity != "mfrom") continue;
    found.push_back(
        {.domain = std::string(one.domain), .scope = "mfrom", .result = std::string(one.result)});
    break;
  }
  return found;
}

// RFC 9990 §3.1.6: where alignment failed and something else was done than the policy asks, the
// reason is told.
template <class Text>
std::vector<aggregate::Reason> reasons_of(const journal::EntryOf<Text>& entry) {
  std::vector<aggregate::Reason> reasons;
  for (const auto& one : entry.overrides) {
    if (reasons.size() == max_reasons) break;
    reasons.push_back({.type = std::string(one.type), .comment = std::string(one.comment)});
  }
  const auto& verdict = *entry.verdict;
  const bool failed = !verdict.spf_aligned && !verdict.dkim_aligned;
  if (failed && reasons.empty() && entry.action.disposition != verdict.published_policy) {
    const bool by_test = verdict.test_mode && entry.action.disposition == verdict.policy;
    reasons.push_back({.type = by_test ? "policy_test_mode" : "local_policy"});
  }
  return reasons;
}

// RFC 9990 §3.1.1.9: what was done, and the aligned results whatever was done. RFC 9990 §3.1.2: the
// author domain stands in the row. RFC 9990 §3.1.1.10, RFC 9990 §7.2: domains alone, no recipient.
template <class Text>
aggregate::Row row_of(const journal::EntryOf<Text>& entry) {
  const auto& verdict = *entry.verdict;
  aggregate::Row row = {.source_ip = to_text(*entry.client),
                        .disposition = std::string(entry.action.disposition),
                        .dkim = pass_or_fail(verdict.dkim_aligned),
                        .spf = pass_or_fail(verdict.spf_aligned),
                        .reasons = reasons_of(entry),
                        .header_from = std::string(verdict.author_domain),
                        .envelope_from = domain_of(entry.mail_from),
                        .dkim_results = signatures_of(entry),
                        .spf_results = spf_of(entry)};
  aggregate::order_signatures(row, verdict.organizational_domain);
  return row;
}

bool is_below(std::string_view domain, const DomainName& ignored) {
  const auto name = DomainName::parse(domain);
  return name && name->equal_or_below(ignored);
}

/// Two hosts that report on each other's reports would do so for ever (RFC 3834 §5).
template <class Text>
bool is_about_reports(const journal::EntryOf<Text>& entry, const std::vector<DomainName>& ignored) {
  if (entry.automatic == "report") return true;
  if (ignored.empty()) return false;
  const auto goes_to_one = [&](std::string_view domain) {
    return std::ranges::any_of(ignored,
                               [&](const DomainName& one) { return is_below(domain, one); });
  };
  return !entry.recipient_domains.empty() &&
         std::ranges::all_of(entry.recipient_domains, goes_to_one);
}

// RFC 9990 §7.3: the operator of a PSD need not learn of the mail of those below it.
template <class Text>
bool tells_a_psd(const journal::VerdictOf<Text>& verdict) {
  if (verdict.nonexistent || verdict.policy_domain == verdict.author_domain) return false;
  const auto record = dmarc::parse_record(verdict.record);
  return record && record->psd == dmarc::Psd::y;
}

template <class Text>
Reportable why_not(const journal::EntryOf<Text>& entry, const Leaving& leaving) {
  if (!entry.verdict) return Reportable::not_judged;
  if (entry.verdict->record.empty() || entry.verdict->policy_domain.empty()) {
    return Reportable::no_record;
  }
  if (entry.action.action == "defer") return Reportable::not_finished;
  if (!entry.client) return Reportable::no_client;
  if (is_about_reports(entry, leaving.ignore_recipients)) return Reportable::report;
  if (!leaving.psd && tells_a_psd(*entry.verdict)) return Reportable::public_suffix;
  return Reportable::yes;
}

/// The domain and those above it down to two labels, so that mail to mail.example.com makes
/// example.com known.
void add_with_parents(std::string_view domain, std::vector<std::string>& names) {
  while (domain.contains('.')) {
    names.emplace_back(domain);
    domain.remove_prefix(domain.find('.') + 1);
  }
}

template <class Text>
std::vector<std::string> correspondents_of(const journal::EntryOf<Text>& entry) {
  std::vector<std::string> names;
  if (!entry.exempt.empty()) {
    for (const Text& one : entry.recipient_domains) add_with_parents(one, names);
  } else if (entry.verdict && entry.verdict->result == "pass") {
    if (!entry.verdict->policy_domain.empty()) names.emplace_back(entry.verdict->policy_domain);
  }
  return names;
}

template <class Text>
Contribution contribution(const journal::EntryOf<Text>& entry, const Leaving& leaving,
                          Configurations& configurations) {
  Contribution contribution{.reportable = why_not(entry, leaving),
                            .correspondents = correspondents_of(entry)};
  if (contribution.reportable != Reportable::yes) return contribution;
  contribution.evaluation = {
      .time = std::chrono::floor<std::chrono::seconds>(entry.time),
      .configuration = configurations.of(entry.verdict->policy_domain, entry.verdict->record,
                                         entry.verdict->discovery),
      .row = row_of(entry)};
  return contribution;
}

}  // namespace

// RFC 9990 §3.1.1.5
store::Configuration configuration_of(const std::string& policy_domain, const std::string& record,
                                      const std::string& discovery) {
  using aggregate::Schema;
  const bool old = discovery == "psl";
  store::Configuration configuration{.record = record,
                                     .evaluated_by = old ? Schema::rfc7489 : Schema::rfc9990};
  aggregate::PolicyPublished& policy = configuration.policy;
  policy.domain = policy_domain;
  policy.discovery_method = discovery;
  const auto parsed = dmarc::parse_record(record);
  if (!parsed) return configuration;
  // A record without a valid p that is used all the same is used as p=none (RFC 9989 §4.10.1).
  const bool as_written = parsed->usable() == dmarc::Usable::as_written;
  const dmarc::Policy p = as_written ? *parsed->p : dmarc::Policy::none;
  const dmarc::Policy sp = as_written ? parsed->sp.value_or(p) : p;
  policy.p = to_text(p);
  policy.sp = to_text(sp);
  policy.np = to_text(as_written ? parsed->np.value_or(sp) : sp);
  policy.adkim = word(parsed->adkim);
  policy.aspf = word(parsed->aspf);
  policy.fo = parsed->failure_options();
  policy.testing = parsed->test_mode ? "y" : "n";
  if (old) policy.pct = std::to_string(parsed->pct);
  return configuration;
}

Configurations::Configurations(std::size_t limit) : limit_(limit) {
  std::random_device chance;
  secret_ = {.first = (std::uint64_t{chance()} << 32U) | chance(),
             .second = (std::uint64_t{chance()} << 32U) | chance()};
}

store::SharedConfiguration Configurations::of(std::string_view policy_domain,
                                              std::string_view record, std::string_view discovery) {
  key_.clear();
  for (const std::string_view part : {policy_domain, discovery, record}) {
    key_ += part;
    key_ += '\0';
  }
  const std::uint64_t hash = SipHash(secret_)(key_);
  for (const Half* half : {&newer_, &older_}) {
    const auto known = half->find(hash);
    if (known != half->end() && known->second.key == key_) return known->second.configuration;
  }
  if (newer_.size() >= limit_) older_ = std::exchange(newer_, {});
  store::SharedConfiguration made =
      configuration_of(std::string(policy_domain), std::string(record), std::string(discovery));
  newer_.insert_or_assign(hash, Known{.key = key_, .configuration = made});
  return made;
}

Contribution contribution_of(const journal::Entry& entry, const Leaving& leaving,
                             Configurations& configurations) {
  return contribution(entry, leaving, configurations);
}

Contribution contribution_of(const journal::EntryView& entry, const Leaving& leaving,
                             Configurations& configurations) {
  return contribution(entry, leaving, configurations);
}

// RFC 9990 §3.1.1.4: periods begin at 00:00 UTC.
store::Instant counted_at(store::Instant time, std::chrono::hours period) {
  const auto since = std::chrono::floor<std::chrono::hours>(time.time_since_epoch());
  const auto within = (since % period + period) % period;
  return store::Instant{since - within + period - std::chrono::hours{1}};
}

Contribution contribution_of(const journal::Entry& entry, const Leaving& leaving) {
  Configurations configurations(1);
  return contribution_of(entry, leaving, configurations);
}

}  // namespace assay::reporting
