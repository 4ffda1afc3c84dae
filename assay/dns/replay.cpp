#include "assay/dns/replay.h"

#include <cassert>
#include <memory>
#include <utility>

namespace assay::dns {

AnswerPtr Replay::ask(const Question& question) {
  const std::scoped_lock lock(mutex_);
  if (const auto known = answers_.find(question); known != answers_.end()) return known->second;
  note(question);
  return std::make_shared<const Answer>(
      Answer{.outcome = Outcome::temporary_failure, .why = "unanswered"});
}

void Replay::prefetch(std::span<const Question> questions) {
  const std::scoped_lock lock(mutex_);
  for (const Question& question : questions) {
    if (!answers_.contains(question)) note(question);
  }
}

void Replay::note(const Question& question) {
  if (noted_.size() >= max_unanswered_) return;
  if (noted_.insert(question).second) unanswered_.push_back(question);
}

std::vector<Question> Replay::unanswered() const {
  const std::scoped_lock lock(mutex_);
  return unanswered_;
}

void Replay::add(const Question& question, AnswerPtr answer) {
  assert(answer != nullptr);
  const std::scoped_lock lock(mutex_);
  answers_.insert_or_assign(question, std::move(answer));
  if (noted_.erase(question) > 0) std::erase(unanswered_, question);
}

}  // namespace assay::dns
