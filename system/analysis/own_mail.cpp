#include "system/analysis/own_mail.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "system/analysis/flows.h"

namespace assay::analysis {
namespace {

using Sums = std::map<std::string, std::uint64_t, std::less<>>;

void count(Sums& sums, const std::string& name) {
  if (name.empty()) return;
  const auto known = sums.find(name);
  if (known != sums.end()) {
    ++known->second;
  } else if (sums.size() < OwnMail::max_names) {
    sums.emplace(name, 1);
  }
}

bool is_at_or_below(std::string_view name, std::string_view domain) {
  return name == domain || (name.size() > domain.size() && name.ends_with(domain) &&
                            name[name.size() - domain.size() - 1] == '.');
}

/// As whom it was sent; older journals tell the envelope alone.
bool is_sent_as(const journal::Entry& entry, std::string_view domain) {
  if (!entry.author_domains.empty()) {
    return std::ranges::any_of(entry.author_domains, [&](const std::string& each) {
      return is_at_or_below(each, domain);
    });
  }
  const std::size_t at = entry.mail_from.rfind('@');
  return at != std::string::npos &&
         is_at_or_below(ascii::to_lower(std::string_view(entry.mail_from).substr(at + 1)), domain);
}

}  // namespace

void add(OwnMail& mail, std::string_view domain, const journal::Entry& entry) {
  const auto day = std::chrono::floor<std::chrono::days>(entry.time);
  mail.read_from = mail.read_from ? std::min(*mail.read_from, day) : day;
  if (entry.exempt.empty() || !is_sent_as(entry, domain)) return;
  ++mail.messages;
  mail.first = mail.first ? std::min(*mail.first, day) : day;
  mail.last = mail.last ? std::max(*mail.last, day) : day;
  count(mail.hosts, entry.host);
  if (entry.exempt == "own_network" && entry.client) {
    const std::string address = to_text(*entry.client);
    count(mail.addresses, address);
    if (mail.addresses.contains(address)) mail.networks.insert(network_of(address));
  }
  for (const journal::DkimResult& each : entry.dkim)
    count(mail.signatures, each.selector + " of " + each.domain);
}

}  // namespace assay::analysis
