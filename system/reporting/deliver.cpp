#include "system/reporting/deliver.h"

#include <random>
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

store::Instant next_day(store::Instant now) {
  return std::chrono::floor<std::chrono::days>(now) + std::chrono::days{1};
}

}  // namespace

Deliverer::Deliverer(store::Store& store, Sender& sender, DeliverOptions options)
    : store_(store), sender_(sender), options_(std::move(options)) {
  if (!options_.chance) options_.chance = by_chance;
}

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
                                                            : aggregate_mail(delivery, now)};
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

bool Deliverer::take(Rate& rate, store::Instant now, unsigned most) {
  const store::Instant minute = std::chrono::floor<std::chrono::minutes>(now);
  if (rate.minute != minute) rate = {.minute = minute};
  if (rate.mails >= most) return false;
  ++rate.mails;
  return true;
}

/// Nothing where it may be sent now.
std::optional<store::Instant> Deliverer::held_back_until(const std::string& recipient,
                                                         store::Instant now,
                                                         std::uint64_t sent_today) {
  const config::Reports& settings = options_.settings;
  if (sent_today >= settings.per_day) return next_day(now);
  const store::Instant next_minute =
      std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes{1};
  if (!take(hosts_[host_of(recipient)], now, settings.per_host_minute)) return next_minute;
  if (!take(all_, now, settings.per_minute)) return next_minute;
  return std::nullopt;
}

/// The destination says that it does not want it: left alone for a while, then tried again.
Deliverer::Done Deliverer::refuse(const store::Delivery& delivery, const std::string& reason,
                                  store::Instant now, Delivered& all) {
  const std::string mailbox = ascii::to_lower(delivery.destination);
  ASSAY_TRY(before, store_.suppression(mailbox));
  ++all.suppressed;
  if (auto done = store_.suppress(next_suppression(before, mailbox, reason, now)); !done) {
    return done;
  }
  ++all.given_up;
  return store_.give_up(delivery.id, now, reason);
}

Deliverer::Done Deliverer::settle(const store::Delivery& delivery, const Attempt& attempt,
                                  store::Instant now, Delivered& all) {
  if (attempt.how == Attempt::How::delivered) {
    ++all.sent;
    return store_.sent(delivery.id, now);
  }
  all.events.push_back(delivery.destination + ": " + attempt.reason);
  if (attempt.how == Attempt::How::permanent) return refuse(delivery, attempt.reason, now, all);
  const auto next = retry_at(delivery.attempts + 1, delivery.created, now,
                             options_.settings.give_up_after, options_.chance());
  if (next) {
    ++all.deferred;
    return store_.failed(delivery.id, *next, attempt.reason);
  }
  ++all.given_up;
  return store_.give_up(delivery.id, now, "not delivered in time: " + attempt.reason);
}

Deliverer::Done Deliverer::deliver(const store::Delivery& delivery, store::Instant now,
                                   Delivered& all) {
  ASSAY_TRY(suppression, store_.suppression(ascii::to_lower(delivery.destination)));
  if (suppression && suppression->until > now) {
    ++all.given_up;
    return store_.give_up(delivery.id, now,
                          "the destination is left alone: " + suppression->reason);
  }
  ASSAY_TRY(today, store_.messages_on(std::chrono::floor<std::chrono::days>(now)));
  if (const auto until = held_back_until(delivery.destination, now, today)) {
    ++all.held_back;
    return store_.hold_back(delivery.id, *until);
  }
  const auto mail = compose(delivery, now);
  const Attempt attempt = mail ? sender_.send(*mail) : Attempt{.reason = mail.error().what};
  return settle(delivery, attempt, now, all);
}

std::expected<Delivered, Finding> Deliverer::round(store::Instant now, std::size_t limit) {
  Delivered all;
  for (std::size_t i = 0; i < limit; ++i) {
    const store::Claim claim{.now = now, .until = now + options_.claim_time, .limit = 1};
    ASSAY_TRY(claimed, store_.claim(claim));
    if (claimed.empty()) break;
    if (auto done = deliver(claimed.front(), now, all); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  return all;
}

}  // namespace assay::reporting
