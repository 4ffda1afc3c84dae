#include "system/evidence/knowledge.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "system/evidence/detail/domains.h"

namespace assay::evidence {
namespace {

/// Facts that are kept; beyond it only what passed is learned, up to twice as much. About 100 MB.
constexpr std::size_t max_facts = 1'000'000;
/// Distinct author domains of a client are counted up to here.
constexpr std::size_t max_distinct = 1'000;
/// How far a clock may run ahead of ours.
constexpr std::chrono::hours max_ahead{24};

/// What came on one day from one client for one author domain.
struct Key {
  std::int32_t day = 0;
  std::uint32_t client = 0;  ///< 0: not known
  std::uint32_t author = 0;
  friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    const std::uint64_t names = (std::uint64_t{key.client} << 32U) | key.author;
    return std::hash<std::uint64_t>{}(names * 0x9e3779b97f4a7c15U +
                                      static_cast<std::uint32_t>(key.day));
  }
};
struct Counts {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::uint64_t by_dkim = 0;
  std::uint64_t relayed = 0;
  Instant last = {};
  Instant last_passed = {};
};

/// Texts as numbers from 1 on.
class Names {
 public:
  std::uint32_t number(const std::string& text) {
    const auto [at, fresh] =
        numbers_.try_emplace(text, static_cast<std::uint32_t>(texts_.size() + 1));
    if (fresh) texts_.push_back(&at->first);
    return at->second;
  }
  const std::string& text(std::uint32_t number) const { return *texts_[number - 1]; }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_ = {};
  std::vector<const std::string*> texts_ = {};  // keys of a node-based map stay where they are
};

/// The local-part that a forwarder gives to an envelope sender it rewrites: SRS, and the form of a
/// large provider (user+caf_=other=example.com@…).
bool is_rewritten(std::string_view mail_from) {
  for (const std::string_view begin : {"SRS0", "SRS1"}) {
    if (ascii::istarts_with(mail_from, begin) && mail_from.size() > begin.size() &&
        std::string_view("=+-").find(mail_from[begin.size()]) != std::string_view::npos) {
      return true;
    }
  }
  return mail_from.find("+caf_=") != std::string_view::npos;
}

/// Whether a message that passed by DKIM was passed on by somebody: the sender's SPF does not know
/// the client, or the envelope sender was rewritten. An SPF pass of another organization alone is
/// what every sending provider has, and those are no forwarders.
bool is_relayed(const journal::Entry& entry) {
  const journal::Verdict& verdict = *entry.verdict;
  if (!verdict.dkim_aligned || verdict.spf_aligned) return false;
  const auto mail_from = std::ranges::find(entry.spf, "mfrom", &journal::SpfResult::identity);
  if (mail_from == entry.spf.end() || entry.mail_from.empty()) return false;
  const std::string& result = mail_from->result;
  return result == "fail" || result == "softfail" || result == "neutral" ||
         (result == "pass" && is_rewritten(entry.mail_from));
}

/// A domain as a key; empty where it is none that can be one.
std::string domain_key(const std::string& text) {
  const auto name = DomainName::parse(text);
  return name && is_host_name(*name) ? name->text() : std::string();
}

template <class T>
void add(T& to, const Counts& from) {
  to.passed += from.passed;
  to.last = std::max(to.last, from.last);
  to.failed += from.failed;
}

}  // namespace

std::string client_key(const IpAddress& client) {
  if (client.is_v4()) return to_text(client);
  std::array<std::uint8_t, 16> octets = client.octets();
  std::fill(octets.begin() + 8, octets.end(), std::uint8_t{0});
  return to_text(IpAddress::from_v6(octets)) + "/64";
}

std::string pair_key(std::string_view client_key, std::string_view author_domain) {
  return std::string(client_key) + " " + std::string(author_domain);
}

struct Learner::State {
  std::chrono::days window;
  Names clients = {};
  Names authors = {};
  std::unordered_map<std::uint32_t, std::uint32_t> organizations = {};  ///< of author domains
  std::unordered_map<Key, Counts, KeyHash> facts = {};

  bool has_room(const Key& key, bool passed) const {
    const std::size_t room = passed ? 2 * max_facts : max_facts;
    return facts.size() < room || facts.contains(key);
  }
  std::uint32_t organization(std::uint32_t author) const {
    const auto known = organizations.find(author);
    return known == organizations.end() ? author : known->second;
  }
};

Learner::Learner(std::chrono::days window) : state_(std::make_unique<State>(window)) {}
Learner::~Learner() = default;

void Learner::take(const journal::Entry& entry) {
  if (!entry.exempt.empty() || !entry.verdict) return;
  const journal::Verdict& verdict = *entry.verdict;
  const bool passed = verdict.result == "pass";
  if (!passed && verdict.result != "fail") return;
  const std::string author = domain_key(verdict.author_domain);
  if (author.empty()) return;
  // Names are bounded as facts are: a full memory learns no new ones.
  if (state_->facts.size() >= 2 * max_facts) return;
  Key key;
  key.day = static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(entry.time).time_since_epoch().count());
  key.author = state_->authors.number(author);
  if (entry.client) key.client = state_->clients.number(client_key(*entry.client));
  if (!state_->has_room(key, passed)) return;
  const std::string organization = domain_key(verdict.organizational_domain);
  if (!organization.empty()) {
    state_->organizations[key.author] = state_->authors.number(organization);
  }
  Counts& counts = state_->facts[key];
  const Instant at = std::chrono::floor<std::chrono::seconds>(entry.time);
  counts.last = std::max(counts.last, at);
  if (!passed) {
    ++counts.failed;
    return;
  }
  ++counts.passed;
  counts.last_passed = std::max(counts.last_passed, at);
  counts.by_dkim += verdict.dkim_aligned ? 1 : 0;
  counts.relayed += is_relayed(entry) ? 1 : 0;
}

namespace {

/// What is counted of a client beside its messages.
struct Distinct {
  std::set<std::uint32_t> passed = {};
  std::set<std::uint32_t> failed = {};
  std::set<std::uint32_t> relayed = {};
  std::set<std::int32_t> days = {};
};

template <class T>
void note(std::set<T>& seen, T one) {
  if (seen.size() < max_distinct) seen.insert(one);
}

}  // namespace

Knowledge Learner::finish(Instant now) const {
  Knowledge knowledge{.made = now};
  const Instant oldest = now - state_->window;
  std::unordered_map<std::uint32_t, Distinct> distinct;
  std::unordered_map<std::uint32_t, bool> passes;  // clients
  const auto counts_now = [&](const Counts& counts) {
    return counts.last >= oldest && counts.last <= now + max_ahead;
  };
  for (const auto& [key, counts] : state_->facts) {
    if (key.client != 0 && counts.passed > 0 && counts_now(counts)) passes[key.client] = true;
  }
  for (const auto& [key, counts] : state_->facts) {
    if (!counts_now(counts)) continue;
    const std::string& author = state_->authors.text(key.author);
    AuthorHistory& of_author = knowledge.authors[author];
    add(of_author, counts);
    of_author.by_dkim += counts.by_dkim;
    if (passes.contains(key.client)) of_author.failed_by_senders += counts.failed;
    if (key.client == 0) continue;
    const std::string& client = state_->clients.text(key.client);
    ClientHistory& of_client = knowledge.clients[client];
    add(of_client, counts);
    of_client.relayed += counts.relayed;
    Distinct& seen = distinct[key.client];
    const std::uint32_t organization = state_->organization(key.author);
    if (counts.passed > 0) note(seen.passed, organization);
    if (counts.failed > 0) note(seen.failed, organization);
    if (counts.relayed > 0) note(seen.relayed, organization);
    if (counts.relayed > 0) note(seen.days, key.day);
    if (counts.passed == 0) continue;
    PairHistory& pair = knowledge.pairs[pair_key(client, author)];
    pair.passed += counts.passed;
    pair.last_passed = std::max(pair.last_passed, counts.last_passed);
  }
  for (const auto& [client, seen] : distinct) {
    ClientHistory& history = knowledge.clients[state_->clients.text(client)];
    history.passed_authors = seen.passed.size();
    history.failed_authors = seen.failed.size();
    history.relayed_authors = seen.relayed.size();
    history.relayed_days = seen.days.size();
  }
  return knowledge;
}

}  // namespace assay::evidence
