#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "assay/base/time.h"
#include "assay/dns/resolver.h"

namespace assay::dns {

/// The bounds of a Cache. Each shard has an equal part of the entries and octets.
struct CacheOptions {
  std::size_t max_entries = 200'000;
  /// Estimated: names, records, containers, and a fixed part for what the records are parsed to.
  std::size_t max_octets = std::size_t{128} * 1024 * 1024;
  std::size_t shards = 16;  ///< locks; at least 1
  /// A positive answer is kept for its TTL, but no longer than this.
  std::chrono::seconds max_positive_ttl = std::chrono::hours(24);
  /// A negative answer is kept for its TTL within these (RFC 2308 §5).
  std::chrono::seconds min_negative_ttl{5};
  std::chrono::seconds max_negative_ttl = std::chrono::hours(1);
  /// A temporary failure is kept for this, so that a dead server is not asked by every message
  /// (RFC 2308 §7.1 permits five minutes).
  std::chrono::seconds failure_ttl{5};
};

/// What a Cache has done and holds, summed over its shards.
struct CacheStats {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;   ///< questions that went upstream
  std::uint64_t joined = 0;   ///< waited for the same question of another thread
  std::uint64_t evicted = 0;  ///< left before their time, for want of room
  std::size_t entries = 0;
  std::size_t octets = 0;
};

/// A Resolver that remembers what another one answered, positive and negative, for as long as the
/// answer's TTL says. Since an Answer carries what its records were parsed to (Memo), a hit is a
/// parsed record. An answer keeps the TTL that it came with. An answer with a TTL of 0 is given to
/// those who wait for it and not kept.
///
/// One question goes upstream however many threads ask it at the same time; the others wait for its
/// answer. When room is wanted, expired and then long unused answers leave. Thread-safe; a hit
/// costs one hash and one short lock.
class Cache final : public Resolver {
 public:
  using Clock = std::function<Instant()>;

  /// `upstream` must outlive the cache; `now` is called by every thread that asks.
  Cache(Resolver& upstream, Clock now, const CacheOptions& options = {});
  ~Cache() override;
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  AnswerPtr ask(const Question& question) override;
  /// Hands on what is neither kept nor being asked.
  void prefetch(std::span<const Question> questions) override;

  CacheStats stats() const;

 private:
  class Shard;
  Shard& shard_of(std::size_t hash) const;

  Resolver& upstream_;
  Clock now_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace assay::dns
