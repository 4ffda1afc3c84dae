#include "system/reporting/targets.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "assay/dmarc/destination.h"
#include "system/config/reports.h"
#include "system/reporting/destination.h"

namespace assay::reporting {
namespace {

const std::string& destination_of(const dmarc::ReportUri& uri) {
  return uri.supported ? uri.address : uri.uri;
}

/// Looks for the targets of one configuration.
class Search {
 public:
  Search(dmarc::ReportKind kind, const config::Reports& settings, const Surroundings& surroundings)
      : kind_(kind),
        settings_(settings),
        store_(surroundings.store),
        resolver_(surroundings.resolver),
        hosts_(surroundings.hosts),
        now_(surroundings.now) {}

  std::expected<Targets, Finding> run(const DomainName& domain, const dmarc::PolicyRecord& record);

 private:
  using Done = std::expected<void, Finding>;
  Done try_uri(const DomainName& domain, const dmarc::ReportUri& uri);
  Done try_address(const std::string& address);
  std::string why_not_sent_to(const dmarc::ReportUri& uri) const;
  void refuse(const std::string& what, const std::string& why) {
    found_.refused.push_back(ascii::printable(what, 200) + ": " + why);
  }

  dmarc::ReportKind kind_;
  const config::Reports& settings_;
  store::Store& store_;
  dns::Resolver& resolver_;
  HostCounts& hosts_;
  store::Instant now_;
  Targets found_ = {};
  bool any_suppressed_ = false;
};

Search::Done Search::try_address(const std::string& address) {
  const std::string mailbox = ascii::to_lower(address);
  if (is_listed(mailbox, settings_.never_to)) {
    refuse(address, "gets none by the configuration (never_to)");
    return {};
  }
  if (kind_ == dmarc::ReportKind::failure) {
    // RFC 9991 §7: to those alone whom the operator trusts with them, where he names some.
    if (!settings_.failure_only_to.empty() && !is_listed(mailbox, settings_.failure_only_to)) {
      refuse(address, "gets none by the configuration (failure_only_to)");
      return {};
    }
    // RFC 9991 §5.1: a report that comes back to whom it is from is the begin of a loop.
    if (config::is_own_address(settings_, mailbox)) {
      refuse(address, "is an address of our own reports");
      return {};
    }
  }
  const auto same = [&](const Target& one) { return ascii::iequals(one.address, address); };
  if (std::ranges::any_of(found_.targets, same)) return {};
  ASSAY_TRY(suppression, store_.suppression(mailbox));
  if (suppression && suppression->until > now_) {
    any_suppressed_ = true;
    refuse(address,
           "is left alone until " + to_rfc3339(suppression->until) + ": " + suppression->reason);
    return {};
  }
  const bool old =
      settings_.form == config::ReportForm::rfc7489 || is_listed(mailbox, settings_.rfc7489_to);
  found_.targets.push_back(
      {.address = address,
       .schema = old ? aggregate::Schema::rfc7489 : aggregate::Schema::rfc9990});
  return {};
}

/// In words that follow the URI; empty: it is one that we send to.
std::string Search::why_not_sent_to(const dmarc::ReportUri& uri) const {
  if (uri.supported) return "";
  const bool posted = is_https(uri.uri) && kind_ == dmarc::ReportKind::aggregate;
  if (!posted) return "is no mail address";
  if (!settings_.https) return "is no mail address, and nothing is posted ([reports] https)";
  return why_not_posted(uri.uri, settings_.https_private ? Reach::everybody : Reach::internet);
}

Search::Done Search::try_uri(const DomainName& domain, const dmarc::ReportUri& uri) {
  if (const std::string why = why_not_sent_to(uri); !why.empty()) {
    refuse(uri.uri, why);
    return {};
  }
  // Before the DNS is asked: a stranger's name servers are not to be flooded either.
  const std::string host = host_of(destination_of(uri));
  const bool own = host == domain.text();
  if (!own && !hosts_.take(host, settings_.max_domains_per_host)) {
    refuse(uri.uri, "more than " + std::to_string(settings_.max_domains_per_host) +
                        " policy domains name " + host + " in this period");
    return {};
  }
  // RFC 9990 §4: nobody gets reports who did not ask for them.
  const dmarc::Destination destination =
      dmarc::fetch_destination(domain, uri.uri, kind_, resolver_);
  if (destination.authorized == dmarc::Authorized::unknown) found_.ask_again = true;
  if (destination.authorized != dmarc::Authorized::yes) {
    refuse(uri.uri, destination.reason);
    return {};
  }
  for (const dmarc::ReportUri& one : destination.uris) {
    if (const std::string why = why_not_sent_to(one); !why.empty()) {
      refuse(one.uri, why);
    } else if (auto tried = try_address(destination_of(one)); !tried) {
      return tried;
    }
  }
  return {};
}

// RFC 9990 §3.5, RFC 9991 §2: every URI, in order; RFC 9989 §4.7: unsupported ones are passed over.
std::expected<Targets, Finding> Search::run(const DomainName& domain,
                                            const dmarc::PolicyRecord& record) {
  const auto& uris = kind_ == dmarc::ReportKind::failure ? record.ruf : record.rua;
  if (uris.empty()) found_.refused.emplace_back("the policy record asks for no reports");
  unsigned tried = 0;
  for (const dmarc::ReportUri& uri : uris) {
    if (++tried > settings_.max_uris) {
      refuse(uri.uri, "stands behind the first " + std::to_string(settings_.max_uris));
    } else if (auto done = try_uri(domain, uri); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  if (any_suppressed_) found_.otherwise = store::Outcome::suppressed;
  return std::move(found_);
}

std::expected<Targets, Finding> find(dmarc::ReportKind kind, const std::string& policy_domain,
                                     const std::string& text, const config::Reports& settings,
                                     const Surroundings& surroundings) {
  const auto record = dmarc::parse_record(text);
  const auto domain = DomainName::parse(policy_domain);
  if (!record || !domain) {
    return Targets{.refused = {"the policy record or its domain cannot be read"}};
  }
  return Search(kind, settings, surroundings).run(*domain, *record);
}

}  // namespace

bool is_listed(const std::string& address, const std::vector<std::string>& list) {
  const std::string domain = "@" + host_of(address);
  return std::ranges::any_of(list, [&](const std::string& one) {
    return ascii::iequals(one, address) || (one.starts_with('@') && ascii::iequals(one, domain));
  });
}

std::expected<Targets, Finding> find_targets(const store::Configuration& configuration,
                                             const config::Reports& settings,
                                             const Surroundings& surroundings) {
  return find(dmarc::ReportKind::aggregate, configuration.policy.domain, configuration.record,
              settings, surroundings);
}

std::expected<Targets, Finding> find_failure_targets(const std::string& policy_domain,
                                                     const std::string& record,
                                                     const config::Reports& settings,
                                                     const Surroundings& surroundings) {
  return find(dmarc::ReportKind::failure, policy_domain, record, settings, surroundings);
}

}  // namespace assay::reporting
