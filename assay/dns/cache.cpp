#include "assay/dns/cache.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "assay/dns/detail/hash_index.h"

namespace assay::dns {
namespace {

using std::chrono::seconds;

/// For what a consumer parses from the records of one answer; measured, an SPF program or a DKIM
/// key needs some hundred octets.
constexpr std::size_t memo_octets = 1024;
/// Allocations that stand around the values: list and map nodes, the shared_ptr's counts.
constexpr std::size_t node_octets = 128;

std::size_t octets_of(const DomainName& name) {
  return sizeof(DomainName) + name.text().capacity();
}

std::size_t octets_of(const Question& question, const Answer& answer) {
  std::size_t octets = node_octets + sizeof(Answer) + octets_of(question.name);
  for (const std::string& text : answer.texts) octets += sizeof(std::string) + text.capacity();
  octets += answer.addresses.capacity() * sizeof(IpAddress);
  for (const MailExchange& one : answer.exchanges) {
    octets += sizeof(MailExchange) + octets_of(one.host);
  }
  for (const DomainName& name : answer.names) octets += octets_of(name);
  octets += answer.why.capacity();
  return octets + (answer.outcome == Outcome::records ? memo_octets : 0);
}

seconds lifetime(const Answer& answer, const CacheOptions& options) {
  switch (answer.outcome) {
    case Outcome::records:
      return std::min(answer.ttl, options.max_positive_ttl);
    case Outcome::no_data:
    case Outcome::name_error:
      // RFC 2308 §5, RFC 9989 §11.6
      return std::max(std::min(answer.ttl, options.max_negative_ttl), options.min_negative_ttl);
    case Outcome::temporary_failure:
      return options.failure_ttl;  // RFC 2308 §7.1
  }
  return seconds{0};
}

/// A question with its hash, so that it is hashed once.
struct Key {
  const Question* question;
  std::size_t hash;
  friend bool operator==(const Key& a, const Key& b) {
    return a.hash == b.hash && *a.question == *b.question;
  }
};
struct KeyHash {
  std::size_t operator()(const Key& key) const noexcept { return key.hash; }
};

struct Kept {
  Question question;
  AnswerPtr answer;
  Instant expires;
  std::size_t hash = 0;
  std::size_t octets = 0;
  bool used = false;  // since the hand passed
};

/// A question on its way; its threads wait for `landed`.
struct Flight {
  AnswerPtr answer = nullptr;
  std::condition_variable landed = {};
};

}  // namespace

/// A part of the questions under one lock. Eviction goes round a ring (the "clock" approximation
/// of least recently used), so that a hit only marks its entry.
class Cache::Shard {
 public:
  Shard(Resolver& upstream, const Clock& now, const CacheOptions& options)
      : upstream_(upstream), now_(now), options_(options) {}

  AnswerPtr ask(Key key);
  bool lacks(Key key);
  void add_to(CacheStats& sum) const;

 private:
  using Ring = std::list<Kept>;

  const Ring::iterator* locate(Key key) const;
  AnswerPtr find(Key key, Instant now);
  void keep(Key key, const AnswerPtr& answer);
  void erase(Ring::iterator entry);
  void make_room(Instant now);

  Resolver& upstream_;
  const Clock& now_;
  const CacheOptions options_;  // of this shard alone

  mutable std::mutex mutex_;
  Ring ring_;
  Ring::iterator hand_ = ring_.end();
  detail::HashIndex<Ring::iterator> kept_{256};
  std::unordered_map<Key, std::shared_ptr<Flight>, KeyHash> flights_;
  CacheStats stats_;
};

AnswerPtr Cache::Shard::ask(Key key) {
  const Instant now = now_();
  std::unique_lock lock(mutex_);
  if (AnswerPtr answer = find(key, now)) {
    ++stats_.hits;
    return answer;
  }
  // RFC 9989 §11.6: one question, however many walks ask it.
  const auto [place, first] = flights_.try_emplace(key);
  if (!first) {
    ++stats_.joined;
    const std::shared_ptr<Flight> flight = place->second;
    flight->landed.wait(lock, [&] { return flight->answer != nullptr; });
    return flight->answer;
  }
  ++stats_.misses;
  const std::shared_ptr<Flight> flight = place->second = std::make_shared<Flight>();
  lock.unlock();
  AnswerPtr answer = upstream_.ask(*key.question);
  lock.lock();
  keep(key, answer);
  flight->answer = answer;
  flights_.erase(key);
  flight->landed.notify_all();
  return answer;
}

bool Cache::Shard::lacks(Key key) {
  const Instant now = now_();
  const std::scoped_lock lock(mutex_);
  return find(key, now) == nullptr && !flights_.contains(key);
}

auto Cache::Shard::locate(Key key) const -> const Ring::iterator* {
  return kept_.find(key.hash, [&](Ring::iterator one) { return one->question == *key.question; });
}

AnswerPtr Cache::Shard::find(Key key, Instant now) {
  const Ring::iterator* found = locate(key);
  if (found == nullptr || (*found)->expires <= now) return nullptr;
  (*found)->used = true;
  return (*found)->answer;
}

void Cache::Shard::keep(Key key, const AnswerPtr& answer) {
  if (const Ring::iterator* old = locate(key)) erase(*old);
  const seconds life = lifetime(*answer, options_);
  const std::size_t octets = octets_of(*key.question, *answer);
  if (life <= seconds{0} || octets > options_.max_octets || options_.max_entries == 0) return;
  const Instant now = now_();
  const auto entry = ring_.insert(hand_, Kept{.question = *key.question,
                                              .answer = answer,
                                              .expires = now + life,
                                              .hash = key.hash,
                                              .octets = octets});
  kept_.insert(key.hash, entry);
  stats_.octets += octets;
  make_room(now);
}

void Cache::Shard::erase(Ring::iterator entry) {
  kept_.erase(entry->hash, [&](Ring::iterator one) { return one == entry; });
  stats_.octets -= entry->octets;
  if (entry == hand_) ++hand_;
  ring_.erase(entry);
}

void Cache::Shard::make_room(Instant now) {
  while (ring_.size() > options_.max_entries || stats_.octets > options_.max_octets) {
    if (hand_ == ring_.end()) hand_ = ring_.begin();
    const bool expired = hand_->expires <= now;
    if (hand_->used && !expired) {
      hand_->used = false;
      ++hand_;
      continue;
    }
    if (!expired) ++stats_.evicted;
    erase(hand_);
  }
}

void Cache::Shard::add_to(CacheStats& sum) const {
  const std::scoped_lock lock(mutex_);
  sum.hits += stats_.hits;
  sum.misses += stats_.misses;
  sum.joined += stats_.joined;
  sum.evicted += stats_.evicted;
  sum.entries += ring_.size();
  sum.octets += stats_.octets;
}

Cache::Cache(Resolver& upstream, Clock now, const CacheOptions& options)
    : upstream_(upstream), now_(std::move(now)) {
  const std::size_t count = std::max<std::size_t>(options.shards, 1);
  CacheOptions part = options;
  part.max_entries = options.max_entries / count;
  part.max_octets = options.max_octets / count;
  for (std::size_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<Shard>(upstream_, now_, part));
  }
}

Cache::~Cache() = default;

Cache::Shard& Cache::shard_of(std::size_t hash) const {
  // The map inside a shard uses the low bits.
  return *shards_[(hash >> 24) % shards_.size()];
}

AnswerPtr Cache::ask(const Question& question) {
  const std::size_t hash = std::hash<Question>{}(question);
  return shard_of(hash).ask({.question = &question, .hash = hash});
}

void Cache::prefetch(std::span<const Question> questions) {
  std::vector<Question> missing;
  for (const Question& question : questions) {
    const std::size_t hash = std::hash<Question>{}(question);
    if (shard_of(hash).lacks({.question = &question, .hash = hash})) missing.push_back(question);
  }
  if (!missing.empty()) upstream_.prefetch(missing);
}

CacheStats Cache::stats() const {
  CacheStats sum;
  for (const auto& shard : shards_) shard->add_to(sum);
  return sum;
}

}  // namespace assay::dns
