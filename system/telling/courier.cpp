#include "system/telling/courier.h"

#include <utility>

#include "assay/base/try.h"
#include "system/reporting/retry.h"
#include "system/telling/letters.h"

namespace assay::telling {

using reporting::Attempt;

Courier::Courier(store::AlertBook& book, std::unique_ptr<reporting::Sender> mail,
                 std::unique_ptr<reporting::Sender> web, CourierOptions options)
    : book_(book), mail_(std::move(mail)), web_(std::move(web)), options_(std::move(options)) {}

Attempt Courier::send(const store::Letter& letter, Instant now) {
  reporting::Outgoing outgoing{.recipient = letter.to, .octets = letter.octets};
  if (letter.kind == store::LetterKind::webhook) {
    if (!web_) return {.reason = "no webhooks are configured"};
    outgoing.content_type = "application/json";
    outgoing.fields = {"Assay-Delivery: " + std::to_string(letter.id)};
    if (!options_.secret.empty()) {
      outgoing.fields.push_back("Assay-Signature: " +
                                signature_of(options_.secret, letter.octets, now));
    }
    return web_->send(outgoing);
  }
  if (!mail_) return {.reason = "no mail can be sent: say in [alerts] from whom it comes from"};
  outgoing.return_path = options_.from;
  if (options_.signer != nullptr) {
    const auto signatures = options_.signer->sign(outgoing.octets, now);
    if (!signatures) return {.reason = signatures.error().what};
    outgoing.octets.insert(0, signatures->fields);
  }
  return mail_->send(outgoing);
}

std::expected<Rounds, Finding> Courier::round(Instant now, std::size_t limit) {
  Rounds rounds;
  const auto started = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < limit; ++i) {
    const Instant at =
        now + std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - started);
    // One at a time: no more than one is on its way without the Store knowing what became of it.
    ASSAY_TRY(due, book_.claim({.now = at, .until = at + options_.claim_time, .limit = 1}));
    if (due.empty()) break;
    const store::Letter& letter = due.front();
    const Attempt attempt = send(letter, at);
    if (attempt.how == Attempt::How::delivered) {
      if (auto done = book_.sent(letter.id, at); !done) {
        return std::unexpected(std::move(done.error()));
      }
      ++rounds.sent;
      continue;
    }
    rounds.events.push_back(letter.about + " to " + letter.to + ": " + attempt.reason);
    constexpr double middle = 0.5;
    const auto next =
        reporting::retry_at(letter.attempts + 1, letter.created, at, options_.give_up_after,
                            options_.chance ? options_.chance() : middle);
    auto done = next ? book_.failed(letter.id, *next, attempt.reason)
                     : book_.give_up(letter.id, at, attempt.reason);
    if (!done) return std::unexpected(std::move(done.error()));
    ++(next ? rounds.deferred : rounds.given_up);
  }
  return rounds;
}

}  // namespace assay::telling
