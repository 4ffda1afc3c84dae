#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "assay/dns/resolver.h"

namespace assay::dns {

/// A question of one message, as it ended.
struct Asked {
  Question question = {};
  Outcome outcome = Outcome::no_data;
  std::chrono::duration<double, std::milli> waited{0};
  std::string why = {};  ///< of a temporary_failure
};

/// What one message may cost the DNS at most. A net under the limits of SPF (RFC 7208 §4.6.4), of
/// the walk (RFC 9989 §4.10) and of the number of signatures (RFC 6376 §8.4): legitimate mail
/// stays far below.
struct Budget {
  std::size_t max_questions = 500;            ///< distinct ones
  std::chrono::seconds max_waited{60};        ///< over all questions together
  std::size_t max_announced_questions = 500;  ///< distinct ones handed on by prefetch
};

/// Stands between one message and a Resolver: notes the distinct questions, how they ended and how
/// long each made the message wait; a question asked again gets the answer it had before, whatever
/// its TTL, so that all of one message sees the same DNS. Beyond the budget a question is not
/// asked: its outcome is temporary_failure, its why "budget".
///
/// For one thread at a time.
class Recorder final : public Resolver {
 public:
  using Stopwatch = std::function<std::chrono::steady_clock::time_point()>;

  /// `upstream` must outlive the recorder.
  Recorder(Resolver& upstream, Stopwatch now, const Budget& budget = {});

  AnswerPtr ask(const Question& question) override;
  void prefetch(std::span<const Question> questions) override;

  /// In the order first asked; of those refused for the budget only the first. Valid until the next
  /// ask.
  std::span<const Asked> asked() const { return asked_; }
  std::chrono::duration<double, std::milli> waited() const { return waited_; }
  /// Whether a question was refused.
  bool exhausted() const { return exhausted_; }

 private:
  AnswerPtr ask_upstream(const Question& question);

  Resolver& upstream_;
  Stopwatch now_;
  Budget budget_;
  std::unordered_map<Question, AnswerPtr> answers_;
  std::unordered_set<Question> announced_;
  std::vector<Asked> asked_;
  std::chrono::duration<double, std::milli> waited_{0};
  bool exhausted_ = false;
};

}  // namespace assay::dns
