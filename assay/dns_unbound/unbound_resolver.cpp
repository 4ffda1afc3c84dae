#include "assay/dns_unbound/unbound_resolver.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unbound.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "assay/base/try.h"
#include "assay/dns_unbound/detail/context.h"
#include "assay/dns_unbound/detail/rdata.h"

namespace assay::dns {
namespace {

using std::chrono::steady_clock;

AnswerPtr failure(std::string why) {
  return std::make_shared<const Answer>(
      Answer{.outcome = Outcome::temporary_failure, .why = std::move(why)});
}

/// For how long an answer that nobody waits for is kept.
steady_clock::duration keeping_time(const Answer& answer) {
  constexpr std::chrono::seconds least{2};  // an announced question is soon asked
  constexpr std::chrono::seconds most{30};
  return std::clamp<std::chrono::seconds>(answer.ttl, least, most);
}

/// A counter that wakes a poll.
class Wake {
 public:
  Wake() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Wake() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  int descriptor() const { return descriptor_; }
  void ring() const { static_cast<void>(eventfd_write(descriptor_, 1)); }
  void clear() const {
    eventfd_t count = 0;
    static_cast<void>(eventfd_read(descriptor_, &count));
  }

 private:
  int descriptor_;
};

}  // namespace

/// The questions on their way and the thread that talks to libunbound. That thread alone touches
/// the context, so that nothing rests on libunbound's own locks.
class UnboundResolver::Network {
 public:
  Network(detail::Context context, std::unique_ptr<const Wake> wake, const UnboundOptions& options)
      : options_(options),
        wake_(std::move(wake)),
        context_(std::move(context)),
        thread_([this] { run(); }) {}
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  AnswerPtr ask(const Question& question);
  void prefetch(std::span<const Question> questions);
  UnboundStats stats() const;

 private:
  struct Flight {
    Network* network = nullptr;
    Question question = {};
    AnswerPtr answer = nullptr;
    std::size_t waiting = 0;
    std::condition_variable landed = {};
  };
  struct Kept {
    AnswerPtr answer = nullptr;
    steady_clock::time_point until = {};
  };

  static void on_result(void* flight, int error, ub_result* result) noexcept;

  AnswerPtr take(const Question& question);
  std::shared_ptr<Flight> send(const Question& question);
  AnswerPtr wait_for(const std::shared_ptr<Flight>& flight, std::unique_lock<std::mutex>& lock);
  void land(Flight& flight, AnswerPtr answer);
  void keep(const Question& question, AnswerPtr answer);

  void run();
  bool start_sent();
  void give_up(int error);

  const UnboundOptions options_;
  const std::unique_ptr<const Wake> wake_;

  mutable std::mutex mutex_;  // of all below but the context
  bool stopping_ = false;
  UnboundStats stats_ = {};  // but for what is counted in the containers
  std::string broken_ = {};  // libunbound's thread is gone, and why
  std::unordered_map<Question, std::shared_ptr<Flight>> flights_;
  std::vector<Flight*> sent_;  // not yet given to libunbound
  std::unordered_map<Question, Kept> kept_;
  std::deque<std::pair<Question, steady_clock::time_point>> kept_order_;  // until when, as kept_

  detail::Context context_;
  std::jthread thread_;
};

UnboundResolver::Network::~Network() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_->ring();
  thread_.join();
  // libunbound's own thread ends here and calls back no more; flights_ is freed behind it.
  context_.reset();
}

AnswerPtr UnboundResolver::Network::ask(const Question& question) {
  std::unique_lock lock(mutex_);
  if (AnswerPtr answer = take(question)) {
    ++stats_.taken;
    return answer;
  }
  if (!broken_.empty()) return failure(broken_);
  const auto known = flights_.find(question);
  if (known != flights_.end()) {
    ++stats_.joined;
    const std::shared_ptr<Flight> flight = known->second;
    return wait_for(flight, lock);
  }
  if (flights_.size() >= options_.max_in_flight) {
    ++stats_.refused;
    return failure("too many questions");
  }
  const std::shared_ptr<Flight> flight = send(question);
  wake_->ring();
  return wait_for(flight, lock);
}

void UnboundResolver::Network::prefetch(std::span<const Question> questions) {
  bool any = false;
  {
    const std::scoped_lock lock(mutex_);
    for (const Question& question : questions) {
      if (!broken_.empty() || flights_.size() >= options_.max_in_flight / 2) break;
      const auto kept = kept_.find(question);
      const bool fresh = kept != kept_.end() && kept->second.until > steady_clock::now();
      if (fresh || flights_.contains(question)) continue;
      send(question);
      any = true;
    }
  }
  if (any) wake_->ring();
}

UnboundStats UnboundResolver::Network::stats() const {
  const std::scoped_lock lock(mutex_);
  UnboundStats stats = stats_;
  stats.in_flight = flights_.size();
  stats.kept = kept_.size();
  return stats;
}

/// The answer that waits for this question, if there is one; it is then no longer kept.
AnswerPtr UnboundResolver::Network::take(const Question& question) {
  const auto kept = kept_.find(question);
  if (kept == kept_.end()) return nullptr;
  const bool fresh = kept->second.until > steady_clock::now();
  AnswerPtr answer = std::move(kept->second.answer);
  kept_.erase(kept);
  return fresh ? answer : nullptr;
}

std::shared_ptr<UnboundResolver::Network::Flight> UnboundResolver::Network::send(
    const Question& question) {
  auto flight = std::make_shared<Flight>();
  flight->network = this;
  flight->question = question;
  flights_.emplace(question, flight);
  sent_.push_back(flight.get());
  ++stats_.sent;
  return flight;
}

AnswerPtr UnboundResolver::Network::wait_for(const std::shared_ptr<Flight>& flight,
                                             std::unique_lock<std::mutex>& lock) {
  const auto deadline = steady_clock::now() + options_.timeout;
  ++flight->waiting;
  flight->landed.wait_until(lock, deadline, [&] { return flight->answer != nullptr; });
  --flight->waiting;
  if (flight->answer) return flight->answer;
  ++stats_.timeouts;
  return failure("timeout");
}

/// The flight is no longer on its way: those who wait have the answer, or it is kept.
void UnboundResolver::Network::land(Flight& flight, AnswerPtr answer) {
  const std::scoped_lock lock(mutex_);
  const auto owner = flights_.extract(flight.question);
  if (flight.waiting == 0) {
    keep(flight.question, std::move(answer));
    return;
  }
  flight.answer = std::move(answer);
  flight.landed.notify_all();
}

void UnboundResolver::Network::keep(const Question& question, AnswerPtr answer) {
  if (options_.max_kept == 0) return;
  const auto now = steady_clock::now();
  while (!kept_order_.empty()) {
    const auto& [oldest, expires] = kept_order_.front();
    if (kept_order_.size() < options_.max_kept && expires > now) break;
    const auto kept = kept_.find(oldest);
    if (kept != kept_.end() && kept->second.until == expires) kept_.erase(kept);
    kept_order_.pop_front();
  }
  const auto until = now + keeping_time(*answer);
  kept_.insert_or_assign(question, Kept{.answer = std::move(answer), .until = until});
  kept_order_.emplace_back(question, until);
}

void UnboundResolver::Network::on_result(void* data, int error, ub_result* result) noexcept {
  Flight& flight = *static_cast<Flight*>(data);
  AnswerPtr answer;
  if (error == UB_NOERROR && result != nullptr) {
    answer = std::make_shared<const Answer>(detail::read_result(flight.question.type, *result));
  } else {
    answer = failure(ub_strerror(error));
  }
  ub_resolve_free(result);
  flight.network->land(flight, std::move(answer));
}

void UnboundResolver::Network::run() {
  sigset_t all = {};
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);  // signals are for the program's own threads
  std::array<pollfd, 2> polled = {
      pollfd{.fd = ub_fd(context_.get()), .events = POLLIN, .revents = 0},
      pollfd{.fd = wake_->descriptor(), .events = POLLIN, .revents = 0}};
  while (true) {
    if (poll(polled.data(), polled.size(), -1) < 0) continue;  // a signal
    if (polled[1].revents != 0) {
      wake_->clear();
      if (!start_sent()) return;
    }
    if (polled[0].revents == 0) continue;
    if (const int error = ub_process(context_.get()); error != UB_NOERROR) {
      give_up(error);
      polled[0].fd = -1;  // and wait for the end
    }
  }
}

/// Gives libunbound what was sent; false when the resolver is being destroyed.
bool UnboundResolver::Network::start_sent() {
  std::vector<Flight*> sent;
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return false;
    sent.swap(sent_);
  }
  constexpr int class_in = 1;
  for (Flight* const flight : sent) {
    const std::string name = detail::escaped(flight->question.name);
    const int error =
        ub_resolve_async(context_.get(), name.c_str(), detail::wire_type(flight->question.type),
                         class_in, flight, &Network::on_result, nullptr);
    if (error != UB_NOERROR) land(*flight, failure(ub_strerror(error)));
  }
  return true;
}

/// libunbound's thread does not answer any more: nobody shall wait for it.
void UnboundResolver::Network::give_up(int error) {
  std::vector<std::shared_ptr<Flight>> open;
  {
    const std::scoped_lock lock(mutex_);
    broken_ = ub_strerror(error);
    sent_.clear();
    for (const auto& [question, flight] : flights_) open.push_back(flight);
  }
  for (const auto& flight : open) land(*flight, failure(ub_strerror(error)));
}

std::expected<std::unique_ptr<UnboundResolver>, Finding> UnboundResolver::open(
    const UnboundOptions& options) {
  ASSAY_TRY(context, detail::open_context(options));
  auto wake = std::make_unique<const Wake>();
  if (wake->descriptor() < 0) {
    return std::unexpected(
        Finding{.code = "resolver_options", .what = "no file descriptor is left for an eventfd"});
  }
  try {
    auto network = std::make_unique<Network>(std::move(context), std::move(wake), options);
    return std::unique_ptr<UnboundResolver>(new UnboundResolver(std::move(network)));
  } catch (const std::system_error& error) {
    return std::unexpected(Finding{.code = "resolver_options",
                                   .what = std::string("no thread is left: ") + error.what()});
  }
}

UnboundResolver::UnboundResolver(std::unique_ptr<Network> network) : network_(std::move(network)) {}

UnboundResolver::~UnboundResolver() = default;

AnswerPtr UnboundResolver::ask(const Question& question) {
  return network_->ask(question);
}

void UnboundResolver::prefetch(std::span<const Question> questions) {
  network_->prefetch(questions);
}

UnboundStats UnboundResolver::stats() const {
  return network_->stats();
}

}  // namespace assay::dns
