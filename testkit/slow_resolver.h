#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "assay/dns/resolver.h"

namespace testkit {

/// A far resolver, played: each question is answered one latency of virtual time after it was first
/// asked or announced by prefetch; `ask` moves the virtual time to that point, and no real time
/// passes. It lets a test say "five round trips at most". What was answered once costs nothing
/// again. Thread-safe, but the time is one for all.
class SlowResolver final : public assay::dns::Resolver {
 public:
  /// `upstream` has the answers and must outlive this.
  explicit SlowResolver(assay::dns::Resolver& upstream,
                        std::chrono::milliseconds latency = std::chrono::milliseconds(50))
      : upstream_(upstream), latency_(latency) {}

  assay::dns::AnswerPtr ask(const assay::dns::Question& question) override;
  void prefetch(std::span<const assay::dns::Question> questions) override;

  /// Virtual time that was spent waiting.
  std::chrono::milliseconds elapsed() const;
  /// The same in latencies; a started one counts.
  std::size_t round_trips() const;
  /// The distinct questions that were asked, in order; those only announced are not among them.
  std::vector<assay::dns::Question> asked() const;
  /// The distinct questions that went out, asked or announced.
  std::size_t sent() const;

 private:
  struct Flight {
    std::chrono::milliseconds lands{0};
    bool asked = false;
  };
  Flight& send(const assay::dns::Question& question);

  assay::dns::Resolver& upstream_;
  const std::chrono::milliseconds latency_;
  mutable std::mutex mutex_;
  std::chrono::milliseconds now_{0};
  std::unordered_map<assay::dns::Question, Flight> flights_;
  std::vector<assay::dns::Question> asked_;
};

}  // namespace testkit
