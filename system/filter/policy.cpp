#include "system/filter/policy.h"

#include <algorithm>
#include <optional>

#include "assay/base/ascii.h"

namespace assay::filter {
namespace {

evidence::Mode mode_of(config::Mode mode) {
  switch (mode) {
    case config::Mode::monitor:
      return evidence::Mode::monitor;
    case config::Mode::rfc9989:
      return evidence::Mode::rfc9989;
    case config::Mode::published:
      return evidence::Mode::published;
  }
  return evidence::Mode::monitor;
}

evidence::Mode mode_for(const Policy& policy, const config::Listener& listener) {
  if (!listener.mode_override) return mode_of(policy.settings.enforcement.mode);
  if (*listener.mode_override == "rfc9989") return evidence::Mode::rfc9989;
  if (*listener.mode_override == "published") return evidence::Mode::published;
  return evidence::Mode::monitor;
}

evidence::Listed::Of listed_of(std::string_view word) {
  if (word == "domain") return evidence::Listed::Of::domain;
  if (word == "list") return evidence::Listed::Of::list;
  if (word == "recipient") return evidence::Listed::Of::recipient;
  return evidence::Listed::Of::client;
}

bool is_named(const std::string& recipient, const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    if (!name.starts_with('@')) return ascii::iequals(recipient, name);
    return recipient.size() > name.size() &&
           ascii::iequals(std::string_view(recipient).substr(recipient.size() - name.size()), name);
  });
}

bool is_within_limits(const config::Enforcement& enforcement, const verify::Verdict& verdict,
                      const std::vector<std::string>& recipients, unsigned sample) {
  if (sample >= enforcement.share) return false;
  const auto& authors = verdict.authors.domains;
  const auto named = [&](const DomainName& author) {
    return std::ranges::any_of(enforcement.only_authors,
                               [&](const DomainName& one) { return author.equal_or_below(one); });
  };
  if (!enforcement.only_authors.empty() && std::ranges::none_of(authors, named)) return false;
  // What is done meets all recipients, so that all must be meant.
  return enforcement.only_recipients.empty() ||
         std::ranges::all_of(recipients, [&](const std::string& one) {
           return is_named(one, enforcement.only_recipients);
         });
}

/// The policy that the operator set for the nearest domain at or above one of the authors.
std::optional<dmarc::Policy> stricter_for(const config::Enforcement& enforcement,
                                          const verify::Verdict& verdict) {
  std::optional<dmarc::Policy> chosen;
  std::size_t labels = 0;
  for (const DomainName& author : verdict.authors.domains) {
    for (const auto& [domain, asked] : enforcement.stricter) {
      if (!author.equal_or_below(domain) || domain.label_count() <= labels) continue;
      labels = domain.label_count();
      chosen = asked;
    }
  }
  return chosen;
}

verify::Action action_of(std::string_view word) {
  if (word == "quarantine") return verify::Action::quarantine;
  if (word == "reject") return verify::Action::reject;
  return verify::Action::accept;
}

}  // namespace

evidence::Sources sources_of(const config::Settings& settings) {
  evidence::Sources sources{.trusted_sealers = settings.evidence.trusted_sealers};
  for (const config::Allow& one : settings.allow) {
    sources.listed.push_back({.of = listed_of(one.of),
                              .value = one.value,
                              .override_type = one.override_type,
                              .comment = one.comment});
  }
  return sources;
}

evidence::Rules rules_for(const Policy& policy, const config::Listener& listener,
                          const verify::Verdict& verdict,
                          const std::vector<std::string>& recipients, unsigned sample) {
  const config::Enforcement& enforcement = policy.settings.enforcement;
  return {.mode = mode_for(policy, listener),
          .stricter = stricter_for(enforcement, verdict),
          .enforced = is_within_limits(enforcement, verdict, recipients, sample),
          .defer_on_dns_failure = enforcement.on_dns_failure == config::OnDnsFailure::defer,
          .no_author = action_of(enforcement.no_author),
          .reject_text = enforcement.reject_text,
          .defer_text = enforcement.defer_text};
}

verify::Options verify_options(const Policy& policy, const config::Listener& listener) {
  const config::Filter& filter = policy.settings.filter;
  verify::Options options{.standard = filter.standard,
                          .suffixes = policy.suffixes.get(),
                          .authserv_id = listener.authserv_id.value_or(policy.authserv_id)};
  options.dkim.min_rsa_bits = filter.min_rsa_bits;
  if (filter.allow_sha1) options.dkim.sha1 = dkim::Sha1::allow;
  options.spf.time = filter.message_time;
  return options;
}

}  // namespace assay::filter
