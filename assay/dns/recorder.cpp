#include "assay/dns/recorder.h"

#include <memory>
#include <utility>

namespace assay::dns {

Recorder::Recorder(Resolver& upstream, Stopwatch now, const Budget& budget)
    : upstream_(upstream), now_(std::move(now)), budget_(budget) {}

AnswerPtr Recorder::ask(const Question& question) {
  // RFC 9989 §11.6: shared between the walks of one message.
  if (const auto known = answers_.find(question); known != answers_.end()) return known->second;
  // RFC 9989 §4.10, RFC 7208 §11.1, RFC 6376 §8.4: bounded in number and in time. Of the
  // refused only the first is noted, since a hostile message may go on asking.
  if (answers_.size() >= budget_.max_questions || waited_ >= budget_.max_waited) {
    const AnswerPtr refusal = std::make_shared<const Answer>(
        Answer{.outcome = Outcome::temporary_failure, .why = "budget"});
    if (!exhausted_) {
      asked_.push_back({.question = question, .outcome = refusal->outcome, .why = refusal->why});
    }
    exhausted_ = true;
    return refusal;
  }
  return ask_upstream(question);
}

AnswerPtr Recorder::ask_upstream(const Question& question) {
  const auto begin = now_();
  AnswerPtr answer = upstream_.ask(question);
  const std::chrono::duration<double, std::milli> waited = now_() - begin;
  waited_ += waited;
  asked_.push_back(
      {.question = question, .outcome = answer->outcome, .waited = waited, .why = answer->why});
  answers_.emplace(question, answer);
  return answer;
}

void Recorder::prefetch(std::span<const Question> questions) {
  std::vector<Question> fresh;
  for (const Question& question : questions) {
    if (announced_.size() >= budget_.max_announced_questions) break;
    if (answers_.contains(question) || !announced_.insert(question).second) continue;
    fresh.push_back(question);
  }
  if (!fresh.empty()) upstream_.prefetch(fresh);
}

}  // namespace assay::dns
