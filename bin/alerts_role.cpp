#include "bin/alerts_role.h"

#include <algorithm>
#include <random>
#include <utility>

#include "assay/base/try.h"

#include "bin/arguments.h"
#include "bin/intake.h"
#include "bin/reporting.h"

namespace assay::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 1s;
constexpr auto letters_every = 1s;
constexpr auto forget_every = 1h;
constexpr auto pause_after_failure = 1min;
constexpr std::size_t letters_in_a_round = 100;
constexpr std::size_t max_unnoted = 10'000;

Expected<> as_expected(const std::expected<void, Finding>& done) {
  if (done) return {};
  return std::unexpected(store_failure(done.error()));
}

/// A quarter more or less, so that what began together does not stay together.
std::chrono::seconds with_jitter(std::chrono::seconds time) {
  thread_local std::mt19937_64 source(std::random_device{}());
  constexpr double least = 0.75;
  constexpr double most = 1.25;
  const double part = std::uniform_real_distribution<double>(least, most)(source);
  return std::chrono::seconds(static_cast<std::int64_t>(static_cast<double>(time.count()) * part));
}

}  // namespace

AlertsRole::AlertsRole(const config::Settings& settings, TakeIntake intake, ops::Log& log,
                       ops::Metrics& metrics)
    : settings_(settings), intake_(std::move(intake)), log_(log), metrics_(metrics) {}

Expected<std::unique_ptr<AlertsRole>> AlertsRole::start(const config::Settings& settings,
                                                        TakeIntake intake, ops::Log& log,
                                                        ops::Metrics& metrics) {
  std::unique_ptr<AlertsRole> role(new AlertsRole(settings, std::move(intake), log, metrics));
  ASSAY_TRY(reports, open_received(role->settings_, {}));
  role->reports_ = std::move(reports);
  ASSAY_TRY(book, open_alerts(role->settings_));
  role->book_ = std::move(book);
  ASSAY_TRY(lookout, Lookout::open(role->settings_, *role->reports_, *role->book_));
  role->lookout_ = std::move(lookout);
  ASSAY_TRY(messenger, Messenger::open(role->settings_, *role->book_));
  role->messenger_ = std::move(messenger);
  if (settings.alerts.watch_every > 0s) {
    ASSAY_TRY(watchman, Lookout::open(role->settings_, *role->reports_, *role->book_));
    role->watchman_ = std::move(watchman);
    ASSAY_TRY(world, World::open(settings.dns, settings.filter.lookup_time));
    role->world_ = std::move(world);
    role->threads_.emplace_back([self = role.get()] { self->watch(); });
  }
  role->show();
  role->threads_.emplace_back([self = role.get()] { self->judge(); });
  role->threads_.emplace_back([self = role.get()] { self->tell(); });
  return role;
}

AlertsRole::~AlertsRole() {
  stop();
}

void AlertsRole::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& each : threads_) {
    if (each.joinable()) each.join();
  }
}

bool AlertsRole::stopping() const {
  const std::scoped_lock lock(mutex_);
  return stopping_;
}

/// False when the role ends.
bool AlertsRole::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [&] { return stopping_; });
}

void AlertsRole::note(Part part, const Expected<>& done) {
  const std::string what = done ? "" : done.error().what;
  {
    const std::scoped_lock lock(mutex_);
    std::string& trouble = troubles_[static_cast<std::size_t>(part)];
    if (trouble == what) return;
    trouble = what;
  }
  if (what.empty()) return;
  metrics_.counter("assay_alerts_errors_total", "What went wrong with alerts").add();
  log_.write(ops::LogLevel::error, "alerts_failed",
             [&](ops::Fields& fields) { fields.text("what", what); });
}

std::vector<std::string> AlertsRole::troubles() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> all;
  for (const std::string& each : troubles_) {
    if (!each.empty()) all.push_back(each);
  }
  return all;
}

// ---- Records -----------------------------------------------------------------------------------

void AlertsRole::watch() {
  PacedResolver resolver(world_->resolver(), settings_.alerts.watch_per_second,
                         [this](std::chrono::milliseconds time) { pause(time); });
  do watch_due(resolver);
  while (pause(look_every));
}

void AlertsRole::watch_due(dns::Resolver& resolver) {
  const auto domains = watchman_->domains();
  if (!domains) return note(Part::watching, std::unexpected(domains.error()));
  for (const std::string& each : *domains) {
    if (stopping()) return;
    const store::Instant now = machine_time();
    const auto known = next_look_.find(each);
    // A clock that was set back must not make a domain wait for ever.
    const bool waits = known != next_look_.end() && known->second > now &&
                       known->second <= now + 2 * settings_.alerts.watch_every;
    if (waits) continue;
    const auto changes = watchman_->look(each, resolver, now);
    // What was asked while the role ends was not asked to its end.
    next_look_[each] = now + with_jitter(changes ? settings_.alerts.watch_every
                                                 : std::chrono::seconds{pause_after_failure});
    note(Part::watching, changes ? Expected<>() : std::unexpected(changes.error()));
    if (!changes) continue;
    metrics_.counter("assay_watch_looks_total", "Looks at the records of a domain").add();
    for (const store::RecordChange& change : *changes) {
      metrics_.counter("assay_watch_changes_total", "Changes of watched records").add();
      log_.write(ops::LogLevel::info, "record_changed", [&](ops::Fields& fields) {
        fields.text("domain", change.domain);
        fields.text("what", analysis::in_words(change));
      });
    }
  }
}

// ---- Judging -----------------------------------------------------------------------------------

void AlertsRole::judge() {
  do judge_once();
  while (pause(settings_.alerts.check_every));
}

void AlertsRole::judge_once() {
  const store::Instant now = machine_time();
  std::ranges::move(intake_(), std::back_inserter(unnoted_));
  if (unnoted_.size() > max_unnoted) unnoted_.resize(max_unnoted);
  const auto noted = book_->note_intake(unnoted_);
  if (!noted) return note(Part::judging, as_expected(noted));
  unnoted_.clear();
  const auto changes = lookout_->check(now);
  if (!changes) return note(Part::judging, std::unexpected(changes.error()));
  for (const store::AlertChange& each : *changes) {
    if (!each.event) continue;
    metrics_
        .counter("assay_alerts_total", "What became of alerts",
                 {{"rule", each.alert.rule}, {"event", std::string(to_text(*each.event))}})
        .add();
    log_.write(ops::LogLevel::warning, "alert", [&](ops::Fields& fields) {
      fields.text("event", to_text(*each.event));
      fields.number("id", static_cast<std::uint64_t>(each.alert.id));
      fields.text("rule", each.alert.rule);
      if (!each.alert.domain.empty()) fields.text("domain", each.alert.domain);
      fields.text("what", each.alert.what);
    });
  }
  const auto posted = lookout_->post_digests(
      analysis::week_due(now, settings_.digest.weekday, settings_.digest.hour), now);
  if (!posted) return note(Part::judging, std::unexpected(posted.error()));
  if (now >= forget_) {
    forget_ = now + forget_every;
    const auto done = book_->forget({.alerts = now - settings_.alerts.keep,
                                     .changes = now - settings_.alerts.keep,
                                     .letters = now - std::chrono::days{30},
                                     .intake = now - std::chrono::days{30}});
    if (!done) return note(Part::judging, as_expected(done));
  }
  note(Part::judging, {});
}

// ---- Telling -----------------------------------------------------------------------------------

void AlertsRole::tell() {
  do {
    const auto rounds = messenger_->courier().round(machine_time(), letters_in_a_round);
    if (!rounds) {
      note(Part::telling, std::unexpected(store_failure(rounds.error())));
      continue;
    }
    const auto add = [&](const char* outcome, std::uint64_t letters) {
      metrics_
          .counter("assay_alert_letters_total", "Tries to tell, by outcome", {{"outcome", outcome}})
          .add(letters);
    };
    add("sent", rounds->sent);
    add("deferred", rounds->deferred);
    add("given_up", rounds->given_up);
    for (const std::string& event : rounds->events) {
      note(Part::telling, fail(Status::unavailable, "cannot tell: " + event));
    }
    if (rounds->sent > 0 && rounds->events.empty()) note(Part::telling, {});
  } while (pause(letters_every));
}

void AlertsRole::show() {
  using Kind = ops::Metrics::Kind;
  metrics_.read(Kind::gauge, "assay_alerts_open", "Alerts that are open", {}, [book = book_.get()] {
    const auto open = book->alerts({.open = true, .limit = 100'000});
    return open ? static_cast<double>(open->size()) : 0.0;
  });
  metrics_.read(Kind::gauge, "assay_alert_letters_waiting", "Alerts and digests not yet told", {},
                [book = book_.get()] {
                  const auto waiting = book->letters({.state = store::OutboxState::waiting});
                  return waiting ? static_cast<double>(waiting->size()) : 0.0;
                });
}

}  // namespace assay::cli
