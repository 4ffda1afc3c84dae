#include "assay/failure/collapse.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::failure {
namespace {

/// Appends a text so that no other list of texts gives the same key.
void append_part(std::string& key, std::string_view part) {
  key += std::to_string(part.size());
  key += ':';
  key += ascii::to_lower(part);
}

std::size_t count_of(const std::map<std::string, std::deque<Instant>, std::less<>>& table,
                     std::string_view name) {
  const auto found = table.find(name);
  return found == table.end() ? 0 : found->second.size();
}

void drop_before(std::deque<Instant>& times, Instant limit) {
  while (!times.empty() && times.front() <= limit) times.pop_front();
}

void drop_before(std::map<std::string, std::deque<Instant>, std::less<>>& table, Instant limit) {
  for (auto entry = table.begin(); entry != table.end();) {
    drop_before(entry->second, limit);
    entry = entry->second.empty() ? table.erase(entry) : std::next(entry);
  }
}

std::string name_of(std::string_view text) {
  return ascii::to_lower(text);
}

}  // namespace

void add_incidents(std::uint32_t& incidents, std::uint32_t more) {
  constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  incidents = more > most - incidents ? most : incidents + more;
}

std::string likeness(const Report& report) {
  std::string key;
  append_part(key, report.feedback_type);
  append_part(key, report.auth_failure);
  append_part(key, report.delivery_result);
  append_part(key, report.source_ip);
  append_part(key, report.dkim_domain);
  append_part(key, report.dkim_selector);
  append_part(key, report.original_mail_from.substr(report.original_mail_from.rfind('@') + 1));
  for (const std::string& method : report.identity_alignment) append_part(key, method);
  key += '/';
  for (const std::string& domain : report.reported_domain) append_part(key, domain);
  return key;
}

Added Collapser::add(Outgoing outgoing, Instant now) {
  std::string key;
  append_part(key, outgoing.destination);
  append_part(key, outgoing.policy_domain);
  key += likeness(outgoing.report);
  outgoing.report.incidents = std::max<std::uint32_t>(outgoing.report.incidents, 1);
  if (const auto like = held_.find(key); like != held_.end()) {
    Outgoing& held = like->second.outgoing;
    add_incidents(held.report.incidents, outgoing.report.incidents);
    std::ranges::move(outgoing.sources, std::back_inserter(held.sources));
    return Added::collapsed;
  }
  const auto of_domain = held_of_.find(name_of(outgoing.policy_domain));
  const std::size_t others = of_domain == held_of_.end() ? 0 : of_domain->second;
  if (held_.size() >= limits_.held || others >= limits_.held_per_policy_domain) {
    lost_ += outgoing.report.incidents;
    return Added::discarded;
  }
  ++held_of_[name_of(outgoing.policy_domain)];
  held_.emplace(std::move(key), Held{std::move(outgoing), now});
  return Added::held;
}

Due Collapser::due(Instant now) {
  Due due{.expired = forget(now)};
  std::vector<std::pair<Instant, const std::string*>> order;
  for (const auto& [key, held] : held_) {
    if (held.since + limits_.hold <= now) order.emplace_back(held.since, &key);
  }
  std::ranges::sort(order, {}, [](const auto& entry) {
    return std::pair(entry.first, std::string_view(*entry.second));
  });
  for (const auto& [since, key] : order) {
    const auto entry = held_.find(*key);
    if (!permitted(entry->second.outgoing)) continue;
    count(entry->second.outgoing, now);
    due.ready.push_back(take(entry));
  }
  return due;
}

void Collapser::remember(const std::string& destination, const std::string& policy_domain,
                         Instant at) {
  count({.destination = destination, .policy_domain = policy_domain}, at);
}

/// What is too old: times that no rate counts any more, and reports nobody waits for.
std::vector<Outgoing> Collapser::forget(Instant now) {
  drop_before(all_, now - limits_.period);
  drop_before(destinations_, now - limits_.period);
  drop_before(policy_domains_, now - limits_.period);
  std::vector<Outgoing> expired;
  for (auto entry = held_.begin(); entry != held_.end();) {
    if (entry->second.since + limits_.keep > now) {
      ++entry;
      continue;
    }
    const auto next = std::next(entry);
    expired.push_back(take(entry));
    lost_ += expired.back().report.incidents;
    entry = next;
  }
  return expired;
}

Outgoing Collapser::take(std::map<std::string, Held>::iterator entry) {
  Outgoing outgoing = std::move(entry->second.outgoing);
  held_.erase(entry);
  const auto of_domain = held_of_.find(name_of(outgoing.policy_domain));
  if (--of_domain->second == 0) held_of_.erase(of_domain);
  return outgoing;
}

bool Collapser::permitted(const Outgoing& outgoing) const {
  return all_.size() < limits_.overall &&
         count_of(destinations_, name_of(outgoing.destination)) < limits_.per_destination &&
         count_of(policy_domains_, name_of(outgoing.policy_domain)) < limits_.per_policy_domain;
}

void Collapser::count(const Outgoing& outgoing, Instant now) {
  all_.push_back(now);
  destinations_[name_of(outgoing.destination)].push_back(now);
  policy_domains_[name_of(outgoing.policy_domain)].push_back(now);
}

}  // namespace assay::failure
