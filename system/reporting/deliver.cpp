#include "system/reporting/deliver.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "assay/aggregate/compose.h"
#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/reporting/bounces.h"
#include "system/reporting/destination.h"
#include "system/reporting/retry.h"
#include "system/reporting/return_path.h"

namespace assay::reporting {
namespace {

using std::chrono::seconds;

double by_chance() {
  thread_local std::mt19937_64 source(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(source);
}

}  // namespace

// RFC 9990 §3.5.2; RFC 9991 §5.1: signed by us, with a sender that SPF knows.
std::expected<Outgoing, Finding> Deliverer::compose(const store::Delivery& delivery,
                                                    store::Instant now) const {
  if (is_https(delivery.destination)) {
    return Outgoing{.recipient = delivery.destination,
                    .octets = delivery.octets,
                    .file_name = delivery.file_name};
  }
  Outgoing outgoing{
      .return_path = return_path_of(options_.settings, options_.return_path_key, delivery.id),
      .recipient = delivery.destination,
      .octets = delivery.kind == store::ReportKind::failure ? delivery.octets
                                                            : aggregate_mail(delivery, now),
      .is_private = delivery.kind == store::ReportKind::failure};
  if (outgoing.octets.empty()) {
    return std::unexpected(Finding{.code = "forgotten",
                                   .what = "what the mail held is kept no longer, as it was sent"});
  }
  if (options_.signer == nullptr) return outgoing;
  ASSAY_TRY(signatures, options_.signer->sign(outgoing.octets, now));
  outgoing.octets.insert(0, signatures.fields);
  return outgoing;
}

std::string Deliverer::aggregate_mail(const store::Delivery& delivery, store::Instant now) const {
  const Reporter& reporter = options_.reporter;
  const aggregate::ReportMail mail{.from_name = reporter.org_name,
                                   .from_address = reporter.email,
                                   .to = {delivery.destination},
                                   .date = now,
                                   .name = {.receiver = reporter.submitter,
                                            .policy_domain = delivery.policy_domain,
                                            .begin = delivery.begin,
                                            .end = delivery.end,
                                            .unique_id = delivery.report_id},
                                   .messages = delivery.messages,
                                   .contact = reporter.contact,
                                   .attachment = delivery.octets};
  return aggregate::compose(mail);
}

// ---- A round -----------------------------------------------------------------------------------

/// What the threads of a round share.
class Deliverer::Round {
 public:
  Round(Deliverer& by, store::Instant begun, std::size_t limit)
      : by_(by), begun_(begun), left_(limit) {}

  /// Does what there is to do, beside others.
  void work(Sender& sender);
  /// Puts back what nobody began.
  std::expected<Delivered, Finding> end();

 private:
  /// A delivery in the hands of a thread.
  struct Job {
    store::Delivery delivery;
    std::string mailbox;
    std::optional<store::Suppression> before = {};  ///< of the mailbox, also one that has ended
  };
  using Lock = std::unique_lock<std::mutex>;

  store::Instant now() const;
  std::optional<Job> next();
  bool refill(Lock& lock);
  std::expected<std::optional<Job>, Finding> admit(store::Delivery delivery);
  void send(Sender& sender, const Job& job);
  store::Tried judge(const Job& job, const Attempt& attempt);
  store::Tried refuse(const Job& job, const std::string& reason);
  void fail(Finding finding);

  Deliverer& by_;
  const store::Instant begun_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::mutex mutex_ = {};
  std::condition_variable changed_ = {};
  std::list<store::Delivery> claimed_ = {};
  std::set<std::string> under_way_ = {};  ///< mailboxes
  std::size_t left_;                      ///< so many more may be claimed
  bool refilling_ = false;
  std::optional<Finding> failure_ = {};
  Delivered all_ = {};
};

store::Instant Deliverer::Round::now() const {
  return begun_ + std::chrono::floor<seconds>(std::chrono::steady_clock::now() - started_);
}

void Deliverer::Round::fail(Finding finding) {
  if (!failure_) failure_ = std::move(finding);
  left_ = 0;
  changed_.notify_all();
}

/// Claims a few more. False where there are none.
bool Deliverer::Round::refill(Lock& lock) {
  const std::size_t wanted = std::min(left_, 2 * by_.senders_.size());
  if (wanted == 0) return false;
  refilling_ = true;
  lock.unlock();
  const store::Instant at = now();
  auto more = by_.store_.claim({.now = at, .until = at + by_.options_.claim_time, .limit = wanted});
  lock.lock();
  refilling_ = false;
  changed_.notify_all();
  if (!more) {
    fail(std::move(more.error()));
    return false;
  }
  left_ = more->size() < wanted ? 0 : left_ - wanted;
  all_.taken += more->size();
  std::ranges::move(*more, std::back_inserter(claimed_));
  return !claimed_.empty();
}

/// The next mail to send, where there is one.
std::optional<Deliverer::Round::Job> Deliverer::Round::next() {
  Lock lock(mutex_);
  while (!failure_ && !by_.stopping_) {
    const auto free = std::ranges::find_if(claimed_, [&](const store::Delivery& one) {
      return !under_way_.contains(ascii::to_lower(one.destination));
    });
    if (free != claimed_.end()) {
      store::Delivery delivery = std::move(*free);
      claimed_.erase(free);
      auto job = admit(std::move(delivery));
      if (!job) fail(std::move(job.error()));
      if (job && *job) return std::move(*job);
    } else if (refilling_ || !claimed_.empty()) {
      changed_.wait(lock);
    } else if (!refill(lock)) {
      break;
    }
  }
  return std::nullopt;
}

/// Nothing where it is not to be sent now.
std::expected<std::optional<Deliverer::Round::Job>, Finding> Deliverer::Round::admit(
    store::Delivery delivery) {
  using enum store::Tried::What;
  const store::Instant at = now();
  // It waited for so long that the claim could end while it is sent: the next claim has it.
  if (at + by_.options_.claim_time / 2 > delivery.claimed_until) return std::nullopt;
  Job job{.mailbox = ascii::to_lower(delivery.destination)};
  ASSAY_TRY(suppression, by_.store_.suppression(job.mailbox));
  if (suppression && suppression->until > at) {
    ++all_.given_up;
    by_.booking_.later({.id = delivery.id,
                        .what = given_up,
                        .at = at,
                        .reason = "the destination is left alone: " + suppression->reason});
    return std::nullopt;
  }
  ASSAY_TRY(today, by_.store_.messages_on(std::chrono::floor<std::chrono::days>(at)));
  if (const auto until =
          by_.pace_.held_back_until(host_of(job.mailbox), at, today, under_way_.size())) {
    ++all_.held_back;
    by_.booking_.later({.id = delivery.id, .what = held_back, .at = *until});
    return std::nullopt;
  }
  under_way_.insert(job.mailbox);
  job.before = suppression;
  job.delivery = std::move(delivery);
  return job;
}

/// The destination says that it does not want it: left alone for a while, then tried again.
store::Tried Deliverer::Round::refuse(const Job& job, const std::string& reason) {
  const store::Instant at = now();
  ++all_.suppressed;
  ++all_.given_up;
  return {.id = job.delivery.id,
          .what = store::Tried::What::given_up,
          .at = at,
          .reason = reason,
          .suppress = next_suppression(job.before, job.mailbox, reason, at)};
}

store::Tried Deliverer::Round::judge(const Job& job, const Attempt& attempt) {
  using enum store::Tried::What;
  const store::Delivery& delivery = job.delivery;
  const store::Instant at = now();
  store::Tried tried{.id = delivery.id, .what = sent, .at = at, .reason = attempt.reason};
  if (attempt.how == Attempt::How::delivered) {
    ++all_.sent;
    return tried;
  }
  all_.events.push_back(delivery.destination + ": " + attempt.reason);
  if (attempt.how == Attempt::How::permanent) return refuse(job, attempt.reason);
  const auto next = retry_at(delivery.attempts + 1, delivery.created, at,
                             by_.options_.settings.give_up_after, by_.options_.chance());
  if (next) {
    ++all_.deferred;
    tried.what = failed;
    tried.at = *next;
    return tried;
  }
  ++all_.given_up;
  tried.what = given_up;
  tried.reason = "not delivered in time: " + attempt.reason;
  return tried;
}

void Deliverer::Round::send(Sender& sender, const Job& job) {
  const auto mail = by_.compose(job.delivery, now());
  const Attempt attempt = mail ? sender.send(*mail) : Attempt{.reason = mail.error().what};
  store::Tried tried;
  {
    const Lock lock(mutex_);
    tried = judge(job, attempt);
  }
  auto done = by_.booking_.book(std::move(tried));
  const Lock lock(mutex_);
  if (!done) fail(std::move(done.error()));
  under_way_.erase(job.mailbox);
  changed_.notify_all();
}

void Deliverer::Round::work(Sender& sender) {
  while (const std::optional<Job> job = next()) send(sender, *job);
}

std::expected<Delivered, Finding> Deliverer::Round::end() {
  using enum store::Tried::What;
  for (const store::Delivery& one : claimed_) {
    // Where the claim may have ended, somebody else may have it.
    if (now() + by_.options_.claim_time / 2 > one.claimed_until) continue;
    by_.booking_.later({.id = one.id, .what = held_back, .at = one.next});
  }
  if (auto done = by_.booking_.flush(); !done) fail(std::move(done.error()));
  if (failure_) return std::unexpected(std::move(*failure_));
  return std::move(all_);
}

Deliverer::Deliverer(store::Store& store, Senders senders, DeliverOptions options)
    : store_(store),
      senders_(std::move(senders)),
      options_(std::move(options)),
      pace_(options_.settings),
      booking_(store) {
  if (!options_.chance) options_.chance = by_chance;
}

Deliverer::~Deliverer() = default;

void Deliverer::stop() {
  stopping_ = true;
}

std::expected<Delivered, Finding> Deliverer::round(store::Instant now, std::size_t limit) {
  if (auto done = booking_.flush(); !done) return std::unexpected(std::move(done.error()));
  Round round(*this, now, limit);
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(senders_.size(), limit); ++i) {
      others.emplace_back([&round, &sender = *senders_[i]] { round.work(sender); });
    }
    round.work(*senders_.front());
  }
  return round.end();
}

}  // namespace assay::reporting
