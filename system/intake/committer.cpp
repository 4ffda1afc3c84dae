#include "system/intake/committer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace assay::intake {

/// The jobs that are done together; the first one in any case.
std::vector<Committer::Job*> Committer::take_jobs() {
  std::vector<Job*> jobs;
  std::size_t count = 0;
  while (!waiting_.empty()) {
    count += waiting_.front()->arrivals.size();
    if (!jobs.empty() && count > most_) break;
    jobs.push_back(waiting_.front());
    waiting_.pop_front();
  }
  return jobs;
}

void Committer::run(const std::vector<Job*>& jobs) {
  if (jobs.size() > 1) {
    std::vector<store::Arrival> all;
    for (Job* job : jobs) std::ranges::move(job->arrivals, std::back_inserter(all));
    auto placed = add_(all);
    auto from = all.begin();
    for (Job* job : jobs) {
      for (store::Arrival& each : job->arrivals) each = std::move(*from++);
    }
    if (placed && placed->size() == all.size()) {
      auto at = std::make_move_iterator(placed->begin());
      for (Job* job : jobs) {
        const auto end = at + static_cast<std::ptrdiff_t>(job->arrivals.size());
        job->result = std::vector<store::Placed>(at, end);
        at = end;
      }
      return;
    }
  }
  // One that the Store cannot take must not keep the others out.
  for (Job* job : jobs) job->result = add_(job->arrivals);
}

Committer::Result Committer::commit(std::vector<store::Arrival> arrivals) {
  if (arrivals.empty()) return std::vector<store::Placed>();
  Job job{.arrivals = std::move(arrivals)};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&job);
  while (!job.result) {
    if (busy_) {
      done_.wait(lock);
      continue;
    }
    busy_ = true;
    const std::vector<Job*> jobs = take_jobs();
    lock.unlock();
    run(jobs);
    lock.lock();
    busy_ = false;
    done_.notify_all();
  }
  return std::move(*job.result);
}

}  // namespace assay::intake
