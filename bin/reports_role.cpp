#include "bin/reports_role.h"

#include <algorithm>
#include <utility>

#include "assay/base/try.h"

#include "bin/filter_role.h"

namespace assay::cli {
namespace {

using namespace std::chrono_literals;

/// Journals come late by so much at most, unless a host was cut off: a filter hands its lines to
/// the disk at once, and shipping takes its time.
constexpr std::chrono::seconds late = 10min;
constexpr auto look_every = 2s;
constexpr auto pause_after_failure = 1min;
constexpr auto mail_every = 1s;
constexpr std::size_t mails_in_a_round = 100;

store::Instant now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

}  // namespace

ReportsRole::ReportsRole(const config::Settings& settings, ops::Log& log, ops::Metrics& metrics)
    : settings_(settings), log_(log), metrics_(metrics) {}

Expected<std::unique_ptr<ReportsRole>> ReportsRole::start(const config::Settings& settings,
                                                          ops::Log& log, ops::Metrics& metrics) {
  std::unique_ptr<ReportsRole> role(new ReportsRole(settings, log, metrics));
  ASSAY_TRY(store, open_store(settings));
  role->store_ = std::move(store);
  role->taker_ = std::make_unique<reporting::Taker>(
      *role->store_,
      reporting::TakeOptions{.folder = journal_folder(settings),
                             .leaving = {.ignore_recipients = settings.reports.ignore_recipients,
                                         .psd = settings.reports.psd},
                             .period = std::chrono::hours{settings.reports.period_hours}});
  if (settings.reports.email.empty()) {
    log.write(ops::LogLevel::info, "no_reports", [](ops::Fields& fields) {
      fields.text("what",
                  "evaluations are kept, but no reports are made: [reports] email is empty");
    });
  } else {
    ASSAY_TRY(world, World::open(settings.dns, settings.filter.lookup_time));
    role->world_ = std::move(world);
    ASSAY_TRY(gate, Outgate::open(role->settings_, *role->store_));
    role->gate_ = std::move(gate);
    role->cycle_ =
        std::make_unique<reporting::Cycle>(*role->store_, role->world_->resolver(),
                                           role->settings_.reports, reporter_of(settings.reports));
    // Also where failure reports are off: what is left of a time when they were on has to go.
    role->desk_ = std::make_unique<reporting::FailureDesk>(
        *role->store_, role->world_->resolver(),
        reporting::FailureDesk::Options{.folder = failure_folder(settings),
                                        .settings = settings.reports,
                                        .reporter = reporter_of(settings.reports)});
  }
  role->show();
  role->books_ = std::thread([self = role.get()] { self->keep_books(); });
  if (role->gate_) role->mail_ = std::thread([self = role.get()] { self->send_mail(); });
  return role;
}

ReportsRole::~ReportsRole() {
  stop();
}

void ReportsRole::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (gate_) gate_->deliverer().stop();
  if (books_.joinable()) books_.join();
  if (mail_.joinable()) mail_.join();
}

/// False when the role ends.
bool ReportsRole::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [&] { return stopping_; });
}

void ReportsRole::note(const char* what, const Finding& finding) {
  metrics_.counter("assay_reports_errors_total", "What went wrong in the reports role").add();
  {
    const std::scoped_lock lock(mutex_);
    trouble_ = finding.what;
  }
  log_.write(ops::LogLevel::error, what,
             [&](ops::Fields& fields) { fields.text("what", finding.what); });
}

std::vector<std::string> ReportsRole::troubles() const {
  const std::scoped_lock lock(mutex_);
  return trouble_.empty() ? std::vector<std::string>() : std::vector<std::string>{trouble_};
}

// ---- Journals and reports ----------------------------------------------------------------------

void ReportsRole::keep_books() {
  do {
    take_journals();
    if (cycle_) make_reports();
    if (desk_) report_failures();
    forget();
  } while (pause(look_every));
  take_journals();  // what the filter has written until its end
}

void ReportsRole::take_journals() {
  bool more = true;
  while (more) {
    const auto taken = taker_->look(now());
    if (!taken) return note("store_failed", taken.error());
    for (const Finding& one : taken->findings) note("journal_failed", one);
    metrics_.counter("assay_reports_evaluations_total", "Evaluations taken in")
        .add(taken->evaluations);
    if (taken->broken > 0) {
      metrics_.counter("assay_reports_broken_lines_total", "Lines of journals that cannot be read")
          .add(taken->broken);
      log_.write(ops::LogLevel::warning, "broken_lines", [&](ops::Fields& fields) {
        fields.number("lines", taken->broken);
        fields.text("what", "lines of the journal cannot be read; see assay journal check");
      });
    }
    more = taken->more;
    if (taken->findings.empty()) {
      const std::scoped_lock lock(mutex_);
      trouble_.clear();
      more = more && !stopping_;
    }
  }
}

void ReportsRole::make_reports() {
  const store::Instant at = now();
  const std::chrono::hours length{settings_.reports.period_hours};
  const reporting::Period period = reporting::period_before(at, length, late);
  // After a failure of the Store not at once again.
  const bool is_due = reported_until_ == store::Instant{} || period.end > reported_until_;
  if (is_due && failed_ && at < retry_cycle_) return;
  if (reported_until_ == store::Instant{}) {
    if (finish_period(period)) reported_until_ = period.end;
  } else if (period.end > reported_until_) {
    waiting_.clear();
    if (run_cycle(period)) reported_until_ = period.end;
  } else if (!waiting_.empty() && at >= retry_cycle_) {
    const std::set<std::string> these = std::exchange(waiting_, {});
    run_cycle({.begin = reported_until_ - length, .end = reported_until_}, these);
  }
}

/// After a start: what the process before did not come to. What only came late waits for the next
/// period.
bool ReportsRole::finish_period(const reporting::Period& period) {
  const auto cut = store_->cut(period.end);
  const auto due = cut ? store_->due(*cut) : std::unexpected(cut.error());
  if (!due) {
    failed_ = true;
    retry_cycle_ = now() + pause_after_failure;
    note("store_failed", due.error());
    return false;
  }
  std::set<std::string> these;
  for (const store::Due& one : *due) {
    if (one.late < one.messages) these.insert(one.policy_domain);
  }
  return these.empty() || run_cycle(period, these);
}

void ReportsRole::show_outline(const reporting::Outline& outline) {
  if (outline.fate == reporting::Outline::Fate::waits) waiting_.insert(outline.policy_domain);
  log_.write(ops::LogLevel::info, "report", [&](ops::Fields& fields) {
    fields.text("policy_domain", outline.policy_domain);
    fields.number("messages", outline.messages);
    fields.text("outcome", outline.fate == reporting::Outline::Fate::waits
                               ? "waits"
                               : to_text(outline.outcome));
    fields.number("letters", outline.letters.size());
    fields.text_with_addresses("why", outline.reason);
  });
}

bool ReportsRole::run_cycle(const reporting::Period& period, const std::set<std::string>& only) {
  const auto totals = cycle_->run(
      period, now(), reporting::Effect::settle,
      [this](const reporting::Outline& one) { show_outline(one); }, only);
  retry_cycle_ = now() + 1h;
  if (!totals) {
    failed_ = true;
    retry_cycle_ = now() + pause_after_failure;
    note("store_failed", totals.error());
    return false;
  }
  failed_ = false;
  const auto add = [&](const char* outcome, std::uint64_t messages) {
    metrics_
        .counter("assay_reports_settled_total", "Evaluations by what became of them",
                 {{"outcome", outcome}})
        .add(messages);
  };
  add("reported", totals->reported);
  add("optional", totals->optional);
  add("unreported", totals->unreported);
  metrics_.counter("assay_reports_built_total", "Reports made").add(totals->reports);
  log_.write(ops::LogLevel::info, "reports", [&](ops::Fields& fields) {
    fields.text("until", to_rfc3339(period.end));
    fields.number("policy_domains", totals->domains);
    fields.number("reports", totals->reports);
    fields.number("letters", totals->letters);
    fields.number("reported", totals->reported);
    fields.number("optional", totals->optional);
    fields.number("unreported", totals->unreported);
    fields.number("waiting", totals->waiting);
  });
  return true;
}

void ReportsRole::report_failures() {
  const auto totals = desk_->look(now());
  if (!totals) return note("failures_failed", totals.error());
  const auto add = [&](const char* outcome, std::uint64_t messages) {
    metrics_
        .counter("assay_failure_reports_total",
                 "Messages of the spool of failure reports, by what became of them",
                 {{"outcome", outcome}})
        .add(messages);
  };
  add("reported", totals->reported);
  add("no_destination", totals->no_destination);
  add("expired", totals->expired);
  add("no_room", totals->no_room);
  add("unusable", totals->unusable);
  metrics_.counter("assay_failure_letters_total", "Failure reports put into the outbox")
      .add(totals->letters);
  waiting_failures_ = totals->held;
  for (const std::string& event : totals->events) {
    log_.write(ops::LogLevel::warning, "no_failure_report",
               [&](ops::Fields& fields) { fields.text("what", event); });
  }
}

// RFC 9991 §7
void ReportsRole::forget() {
  const store::Instant at = now();
  if (at < forget_) return;
  forget_ = at + 1h;
  const store::Instant before = at - settings_.reports.keep;
  const std::chrono::seconds journals = settings_.journal.keep;
  const auto removed =
      store_->forget({.facts = before,
                      .reports = before,
                      .sources = at - std::max(settings_.reports.keep,
                                               2 * std::max(journals, std::chrono::seconds(24h))),
                      .correspondents = at - std::chrono::days{400},
                      .suppressions = before,
                      .days = before,
                      .failures = at - settings_.reports.failure_keep});
  if (!removed) note("store_failed", removed.error());
}

// ---- The outbox --------------------------------------------------------------------------------

void ReportsRole::send_mail() {
  do {
    while (send_some()) {
    }
  } while (pause(mail_every));
}

/// Whether more is due.
bool ReportsRole::send_some() {
  const auto done = gate_->deliverer().round(now(), mails_in_a_round);
  if (!done) {
    note("store_failed", done.error());
    return false;
  }
  const auto add = [&](const char* outcome, std::uint64_t mails) {
    metrics_
        .counter("assay_reports_mail_total", "Tries to send a report, by outcome",
                 {{"outcome", outcome}})
        .add(mails);
  };
  add("sent", done->sent);
  add("deferred", done->deferred);
  add("given_up", done->given_up);
  add("suppressed", done->suppressed);
  for (const std::string& event : done->events) {
    log_.write(ops::LogLevel::warning, "not_sent",
               [&](ops::Fields& fields) { fields.text_with_addresses("what", event); });
  }
  const std::scoped_lock lock(mutex_);
  return !stopping_ && done->taken == mails_in_a_round && done->held_back == 0;
}

void ReportsRole::show() {
  using Kind = ops::Metrics::Kind;
  const auto gauge = [&](std::string_view name, std::string_view help, auto value) {
    metrics_.read(Kind::gauge, name, help, {}, [store = store_.get(), value] {
      const auto books = store->books();
      return books ? number(value(*books)) : 0;
    });
  };
  gauge("assay_reports_due_messages", "Evaluations not yet settled",
        [](const store::Books& books) { return books.waiting; });
  gauge("assay_reports_outbox", "Letters in the outbox",
        [](const store::Books& books) { return books.deliveries_waiting; });
  metrics_.read(Kind::gauge, "assay_failure_reports_waiting",
                "Failure reports that wait for their likes, or a rate", {},
                [this] { return number(waiting_failures_); });
  metrics_.read(Kind::gauge, "assay_reports_outbox_oldest_seconds",
                "Age of the oldest letter in the outbox", {}, [store = store_.get()] {
                  const auto oldest =
                      store->deliveries({.state = store::OutboxState::waiting, .limit = 1});
                  if (!oldest || oldest->empty()) return 0.0;
                  return static_cast<double>((now() - oldest->front().created).count());
                });
}

}  // namespace assay::cli
