#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "assay/dns/resolver.h"

namespace assay::dns {

/// A Resolver for programs that may not wait, such as event loops: it answers what it was given
/// and notes the rest.
///
///     dns::Replay replay;
///     Verdict verdict = verify(message, replay);
///     while (!replay.unanswered().empty()) {
///       // … ask replay.unanswered() in one's own way, then, for each:
///       replay.add(question, answer);
///       verdict = verify(message, replay);
///     }
///
/// Until nothing is unanswered, what was evaluated is not meant: questions without an answer were
/// told temporary_failure. An evaluation that announces its questions (prefetch) needs few rounds.
/// Thread-safe.
class Replay final : public Resolver {
 public:
  /// Notes at most `max_unanswered` questions at a time.
  explicit Replay(std::size_t max_unanswered = 1000) : max_unanswered_(max_unanswered) {}

  /// temporary_failure with the why "unanswered" for what is not known.
  AnswerPtr ask(const Question& question) override;
  /// Notes what is not known, as if it had been asked.
  void prefetch(std::span<const Question> questions) override;

  /// The distinct questions that wait for their answer, in the order they came.
  std::vector<Question> unanswered() const;
  /// Gives an answer, never null. A second one for the same question replaces the first.
  void add(const Question& question, AnswerPtr answer);

 private:
  void note(const Question& question);

  const std::size_t max_unanswered_;
  mutable std::mutex mutex_;
  std::unordered_map<Question, AnswerPtr> answers_;
  std::unordered_set<Question> noted_;  // the same as unanswered_
  std::vector<Question> unanswered_;    // in order
};

}  // namespace assay::dns
