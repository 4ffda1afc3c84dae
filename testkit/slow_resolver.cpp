#include "testkit/slow_resolver.h"

#include <algorithm>

namespace testkit {

using assay::dns::AnswerPtr;
using assay::dns::Question;

AnswerPtr SlowResolver::ask(const Question& question) {
  {
    const std::scoped_lock lock(mutex_);
    Flight& flight = send(question);
    now_ = std::max(now_, flight.lands);
    if (!flight.asked) asked_.push_back(question);
    flight.asked = true;
  }
  return upstream_.ask(question);
}

void SlowResolver::prefetch(std::span<const Question> questions) {
  const std::scoped_lock lock(mutex_);
  for (const Question& question : questions) send(question);
}

SlowResolver::Flight& SlowResolver::send(const Question& question) {
  return flights_.try_emplace(question, Flight{.lands = now_ + latency_}).first->second;
}

std::chrono::milliseconds SlowResolver::elapsed() const {
  const std::scoped_lock lock(mutex_);
  return now_;
}

std::size_t SlowResolver::round_trips() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>((now_ + latency_ - std::chrono::milliseconds(1)) / latency_);
}

std::vector<Question> SlowResolver::asked() const {
  const std::scoped_lock lock(mutex_);
  return asked_;
}

std::size_t SlowResolver::sent() const {
  const std::scoped_lock lock(mutex_);
  return flights_.size();
}

}  // namespace testkit
