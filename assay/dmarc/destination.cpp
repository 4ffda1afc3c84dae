#include "assay/dmarc/destination.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/uri.h"
#include "assay/dmarc/tree_walk.h"

namespace assay::dmarc {
namespace {

/// Where a URI leads: the domain of a mail address, or the host of the authority.
std::optional<DomainName> destination_host(const ReportUri& uri) {
  std::string_view host;
  if (uri.supported) {
    host = std::string_view(uri.address).substr(uri.address.rfind('@') + 1);
  } else if (const auto parts = parse_uri(uri.uri)) {
    host = parts->host;
  }
  // An IP literal is no domain that could authorize anything.
  if (host.empty() || host.front() == '[') return std::nullopt;
  auto name = to_a_labels(host);
  if (!name) return std::nullopt;
  return std::move(*name);
}

std::string quoted(const ReportUri& uri) {
  return "\"" + ascii::printable(uri.uri, 200) + "\"";
}

Destination refused(std::string reason) {
  return {.external = true, .authorized = Authorized::no, .reason = std::move(reason)};
}

Destination not_known(const std::string& name) {
  return {.external = true,
          .authorized = Authorized::unknown,
          .reason = "the DNS did not answer for " + name + ": ask again later"};
}

/// What the records at the name of confirmation say.
struct Confirmation {
  bool valid = false;
  std::vector<ReportUri> uris = {};
};

// RFC 9990 §4 steps 6 to 9
Confirmation read_confirmation(const dns::Answer& answer, ReportKind kind) {
  Confirmation confirmation;
  for (const std::string& text : answer.texts) {
    auto record = parse_record(text);
    if (!record) continue;
    confirmation.valid = true;
    auto& uris = kind == ReportKind::aggregate ? record->rua : record->ruf;
    std::ranges::move(uris, std::back_inserter(confirmation.uris));
  }
  return confirmation;
}

Destination confirmed(const DomainName& host, Confirmation confirmation, ReportUri uri) {
  const auto leads_elsewhere = [&](const ReportUri& one) { return destination_host(one) != host; };
  const auto elsewhere = std::ranges::find_if(confirmation.uris, leads_elsewhere);
  if (elsewhere != confirmation.uris.end()) {
    return refused(host.text() +
                   " confirms the destination, but sends reports on to another host, " +
                   quoted(*elsewhere) + ", which counts as no confirmation");
  }
  Destination destination{.external = true, .authorized = Authorized::yes};
  if (confirmation.uris.empty()) {
    destination.reason = host.text() + " confirms that it takes the reports";
    destination.uris.push_back(std::move(uri));
  } else {
    destination.reason =
        host.text() + " confirms that it takes the reports, at an address of its own";
    destination.uris = std::move(confirmation.uris);
  }
  return destination;
}

// RFC 9990 §4, RFC 9991 §5
Destination fetch_confirmation(const DomainName& policy_domain, const DomainName& host,
                               ReportUri uri, ReportKind kind, dns::Resolver& resolver) {
  const std::string text = policy_domain.text() + "._report._dmarc." + host.text();
  const auto name = DomainName::parse(text);
  if (!name) {
    return refused("the name that would confirm the destination, " + ascii::printable(text, 300) +
                   ", is too long for the DNS");
  }
  const dns::AnswerPtr answer = resolver.ask({.name = *name, .type = dns::Type::txt});
  if (answer->outcome == dns::Outcome::temporary_failure) return not_known(name->text());
  Confirmation confirmation = read_confirmation(*answer, kind);
  if (!confirmation.valid) {
    return refused("no record with v=DMARC1 at " + name->text() + " confirms that " + host.text() +
                   " takes reports for " + policy_domain.text());
  }
  return confirmed(host, std::move(confirmation), std::move(uri));
}

}  // namespace

Destination fetch_destination(const DomainName& policy_domain, std::string_view uri,
                              ReportKind kind, dns::Resolver& resolver) {
  auto read = parse_report_uri(uri);
  if (!read) {
    return {.reason = "\"" + ascii::printable(uri, 200) + "\" is no URI: " + read.error().what};
  }
  const auto host = destination_host(*read);
  if (!host) return {.reason = quoted(*read) + " names no host in the DNS"};
  if (*host == policy_domain) {
    return {.authorized = Authorized::yes,
            .uris = {std::move(*read)},
            .reason = host->text() + " is the policy domain itself"};
  }
  std::vector<dns::Question> questions = walk_questions(policy_domain);
  std::ranges::move(walk_questions(*host), std::back_inserter(questions));
  resolver.prefetch(questions);
  const auto ours = organizational_domain(fetch_walk(policy_domain, resolver));
  const auto theirs = organizational_domain(fetch_walk(*host, resolver));
  if (!ours) return not_known("the policy domain " + policy_domain.text());
  if (!theirs) return not_known("the destination " + host->text());
  if (*ours == *theirs) {
    return {.authorized = Authorized::yes,
            .uris = {std::move(*read)},
            .reason = host->text() + " belongs to " + ours->text() + " as the policy domain does"};
  }
  return fetch_confirmation(policy_domain, *host, std::move(*read), kind, resolver);
}

}  // namespace assay::dmarc
