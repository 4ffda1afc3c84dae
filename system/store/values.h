#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/aggregate/report.h"
#include "assay/base/finding.h"

/// What is kept: facts (evaluations counted by what a report says of them) and state (reports,
/// their outbox, suppressions). Values here, back-ends beside (store_sqlite).
namespace assay::store {

using aggregate::Instant;

/// A policy configuration as evaluated: what makes one report of several (RFC 9990 §3.1).
struct Configuration {
  aggregate::PolicyPublished policy = {};
  std::string record = {};  ///< as published, for destinations; of the same tags
  aggregate::Schema evaluated_by = aggregate::Schema::rfc9990;
  friend auto operator<=>(const Configuration&, const Configuration&) = default;
};

/// A configuration that many evaluations have: copies share it.
class SharedConfiguration {
 public:
  SharedConfiguration() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): it stands for its value
  SharedConfiguration(Configuration value)
      : value_(std::make_shared<const Configuration>(std::move(value))) {}

  const Configuration& operator*() const { return value_ ? *value_ : none(); }
  const Configuration* operator->() const { return &**this; }

 private:
  static const Configuration& none() {
    static const Configuration empty;
    return empty;
  }

  std::shared_ptr<const Configuration> value_ = {};
};

/// One evaluation, as far as a report tells it.
struct Evaluation {
  Instant time = {};  ///< counted by its hour
  SharedConfiguration configuration = {};
  aggregate::Row row = {};
};

/// Where the evaluations of a batch come from: lines of one journal file from `from` to `to`
/// octets. The identity is that of the file's content, not of its path (a file may be renamed from
/// .part, or copied to another host).
struct Source {
  std::string identity;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

struct Batch {
  Source source;
  std::vector<Evaluation> evaluations = {};
  std::vector<std::pair<std::string, Instant>> correspondents = {};  ///< domains we know, and when
};

/// What a call of add() took in.
struct Added {
  std::uint64_t evaluations = 0;
  std::uint64_t batches = 0;
  std::uint64_t known_batches = 0;  ///< taken in before, and therefore left alone
};

/// What is reported together: evaluations of hours before `until` that were taken in before the cut
/// was made. What is taken in later, even of these hours, belongs to a later cut, so that rows do
/// not change while a report is made of them. Good as long as the file; a restart may use a new
/// one.
struct Cut {
  Instant until = {};
  std::uint64_t number = 0;
  friend bool operator==(const Cut&, const Cut&) = default;
};

/// A policy domain that has evaluations not yet reported.
struct Due {
  std::string policy_domain;
  std::uint64_t messages = 0;
  Instant first = {};      ///< hour of the earliest
  std::uint64_t late = 0;  ///< of the messages: of hours that a report covered already
  friend bool operator==(const Due&, const Due&) = default;
};

/// Evaluations of a configuration, counted.
struct Counted {
  Configuration configuration = {};
  std::vector<aggregate::Record> records = {};
  Instant first = {};  ///< hour of the earliest of them, and of the latest
  Instant last = {};
  std::int64_t id = 0;         ///< of the configuration
  std::uint64_t messages = 0;  ///< the sum over the records
  std::uint64_t late = 0;      ///< of the messages: of hours before the end of a report of it
};

enum class OutboxState : std::uint8_t { waiting, sent, given_up };
enum class ReportKind : std::uint8_t { aggregate, failure, tls };

/// A report on its way to one destination, made once: every try sends the same (RFC 9990 §3.5.2).
/// The octets are the attachment of an aggregate report, and the mail of a failure report, not yet
/// signed.
struct Delivery {
  std::int64_t id = 0;
  ReportKind kind = ReportKind::aggregate;
  std::string report_id = {};
  std::string policy_domain = {};
  std::string destination = {};  ///< the URI
  std::string file_name = {};
  std::string octets = {};
  Instant begin = {};
  Instant end = {};
  std::uint64_t messages = 0;  ///< evaluations in it, or messages that failed alike
  OutboxState state = OutboxState::waiting;
  unsigned attempts = 0;
  Instant created = {};
  Instant next = {};           ///< of the next try
  std::string reason = {};     ///< of the last failure, or why it was given up
  Instant claimed_until = {};  ///< somebody is sending it until then at the latest
  Instant finished = {};       ///< when it was sent or given up
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

/// What became of evaluations that wait no longer.
enum class Outcome : std::uint8_t {
  reported,        ///< in a report; its deliveries tell the rest
  optional,        ///< need not be reported: the receiver's choice
  no_destination,  ///< the record names none, or none that agreed
  suppressed,      ///< every destination is left alone for a while
  given_up,        ///< no report could be made of them
  expired,         ///< waited longer than they may be kept
  erased,          ///< erased at the wish of the domain
};
constexpr std::size_t outcomes = 7;

/// "reported", "no_destination" …, "waiting", "sent", "given_up".
std::string_view to_text(Outcome outcome);
std::string_view to_text(OutboxState state);
std::optional<OutboxState> parse_outbox_state(std::string_view text);
/// "aggregate", "failure", "tls".
std::string_view to_text(ReportKind kind);
std::optional<ReportKind> parse_report_kind(std::string_view text);

/// What is to become of the evaluations of one configuration in a cut.
struct Settlement {
  Cut cut = {};
  std::int64_t configuration = 0;  ///< Counted::id
  std::uint64_t messages = 0;      ///< Counted::messages, which must still be right
  Outcome outcome = Outcome::reported;
  std::string reason = {};  ///< why, unless reported
  Instant at = {};          ///< now
  Instant begin = {};       ///< the period as a report has it
  Instant end = {};
  /// Of a report alone. The deliveries get their ids, policy_domain, begin, end, state and created
  /// from the settlement; report_id and messages too, unless they bring their own as the parts of a
  /// large report do.
  std::string report_id = {};  ///< of no other settlement
  std::vector<Delivery> deliveries = {};
};

/// A failure report for the outbox.
struct FailureLetter {
  Instant at = {};  ///< now
  /// Gets id, kind, state and created by this; begin and end are when its messages came.
  Delivery delivery = {};
  /// Of what it was made; each makes one report at most to a destination.
  std::vector<std::string> sources = {};
};

/// A settlement as it is kept.
struct Settled {
  std::int64_t id = 0;
  std::string policy_domain = {};
  std::string report_id = {};
  Outcome outcome = Outcome::reported;
  std::string reason = {};
  std::uint64_t messages = 0;
  Instant at = {};
  Instant begin = {};
  Instant end = {};
  friend bool operator==(const Settled&, const Settled&) = default;
};

/// Which deliveries are listed; by id, so that `after` leads to the next page.
struct DeliveryFilter {
  std::optional<OutboxState> state = {};
  std::optional<ReportKind> kind = {};
  std::optional<Instant> since = {};  ///< made then or later
  std::string policy_domain = {};     ///< empty: any
  std::string destination = {};       ///< empty: any
  std::string report_id = {};         ///< empty: any
  std::int64_t after = 0;
  std::size_t limit = 100;
};

/// Takes deliveries that are due, for one who sends them.
struct Claim {
  Instant now = {};
  Instant until = {};  ///< nobody else gets them before
  std::size_t limit = 1;
};

/// A destination that is left alone for a while.
struct Suppression {
  std::string address;  ///< mailbox, in lower case
  std::string reason = {};
  Instant since = {};
  Instant until = {};
  unsigned times = 0;  ///< how often in a row
  friend bool operator==(const Suppression&, const Suppression&) = default;
};

/// What became of a delivery that was claimed.
struct Tried {
  enum class What : std::uint8_t {
    sent,       ///< it arrived
    failed,     ///< it did not, and is to be tried again
    held_back,  ///< it was not tried: later
    given_up,   ///< it is not tried again
  };

  std::int64_t id = 0;
  What what = What::sent;
  Instant at = {};                           ///< when; of failed and held_back, the next try
  std::string reason = {};                   ///< of failed and given_up
  std::optional<Suppression> suppress = {};  ///< its destination is left alone from now on
};

/// What may be forgotten: what is older than these. Nothing is kept.
struct Retention {
  /// Counted evaluations of earlier hours. Those still waiting are booked as expired.
  std::optional<Instant> facts = {};
  /// Settlements made earlier, with their evaluations and deliveries; not while one of these waits.
  std::optional<Instant> reports = {};
  /// Offsets of journal files from which nothing came since. A file that is still there would be
  /// taken in again: they must be kept longer than journals are.
  std::optional<Instant> sources = {};
  std::optional<Instant> correspondents = {};  ///< domains not met since
  std::optional<Instant> suppressions = {};    ///< those that ended before
  std::optional<Instant> days = {};            ///< daily counts of messages sent
  /// Failure reports sent or given up, and of what they were made; the spool must be shorter-lived.
  /// What was sent loses its octets at once.
  std::optional<Instant> failures = {};
};

/// How much was forgotten or erased.
struct Removed {
  std::uint64_t evaluations = 0;  ///< messages, waiting or settled
  std::uint64_t reports = 0;      ///< settlements of any outcome
  std::uint64_t deliveries = 0;
  std::uint64_t sources = 0;
  std::uint64_t correspondents = 0;
  std::uint64_t suppressions = 0;
  friend bool operator==(const Removed&, const Removed&) = default;
};

/// The books since the beginning, in evaluations (messages) unless said otherwise.
struct Books {
  std::uint64_t taken = 0;                           ///< taken in
  std::uint64_t waiting = 0;                         ///< not settled
  std::array<std::uint64_t, outcomes> settled = {};  ///< by Outcome
  /// What became of those reported: a report counts as sent when one of its deliveries was, else
  /// as in the outbox while one of them waits.
  std::uint64_t sent = 0;
  std::uint64_t in_outbox = 0;
  std::uint64_t undelivered = 0;
  /// In deliveries, as they are kept.
  std::uint64_t deliveries_waiting = 0;
  std::uint64_t deliveries_sent = 0;
  std::uint64_t deliveries_given_up = 0;
  friend bool operator==(const Books&, const Books&) = default;

  std::uint64_t of(Outcome outcome) const { return settled[static_cast<std::size_t>(outcome)]; }
};

/// What is wrong with the books: `store_books`. Nothing when every evaluation is in one place.
Findings unbalanced(const Books& books);

}  // namespace assay::store
