#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/store/values.h"

/// What is kept about watching: records of owned domains as the DNS told them, alerts, and the
/// letters that tell of them.
namespace assay::store {

// ---- Records -----------------------------------------------------------------------------------

/// What is watched of a domain.
enum class WatchedKind : std::uint8_t {
  dmarc,        ///< the record that applies, by tree walk
  spf,          ///< the domain's own SPF record
  spf_senders,  ///< who may send by it, includes followed
  dkim,         ///< the key of a selector
  mx,
  mta_sts,
  tls_rpt,
};
constexpr std::size_t watched_kinds = 7;
/// "dmarc", "spf_senders", …
std::string_view to_text(WatchedKind kind);
std::optional<WatchedKind> parse_watched_kind(std::string_view text);

/// What a look found.
enum class Sight : std::uint8_t {
  there,    ///< `value` holds it
  absent,   ///< the DNS says that there is none
  unknown,  ///< the DNS did not answer: says nothing about the record
};

/// One record as one look found it.
struct RecordSight {
  std::string domain;
  WatchedKind kind = WatchedKind::dmarc;
  std::string name = {};  ///< the selector of a key; else empty
  Sight sight = Sight::unknown;
  std::string value = {};  ///< lines in an order that says nothing of the DNS; of `there` alone
  std::string why = {};    ///< of unknown
  friend bool operator==(const RecordSight&, const RecordSight&) = default;
};

/// A record as it is kept: what the DNS last said.
struct RecordState {
  std::string domain;
  WatchedKind kind = WatchedKind::dmarc;
  std::string name = {};
  std::string value = {};                     ///< empty: there is none
  bool known = false;                         ///< the DNS ever answered
  Instant since = {};                         ///< value is so since that look
  Instant checked = {};                       ///< the last answer
  std::optional<Instant> failing_since = {};  ///< no answer from then on
  std::string why = {};                       ///< of that
  friend bool operator==(const RecordState&, const RecordState&) = default;
};

struct RecordChange {
  std::int64_t id = 0;
  std::string domain;
  WatchedKind kind = WatchedKind::dmarc;
  std::string name = {};
  Instant earliest = {};    ///< the last look that found it as before
  Instant at = {};          ///< the look that found it changed
  std::string before = {};  ///< empty: there was none
  std::string after = {};   ///< empty: there is none
  friend bool operator==(const RecordChange&, const RecordChange&) = default;
};

struct ChangeFilter {
  std::string domain = {};  ///< empty: any
  std::optional<Instant> from = {};
  std::optional<Instant> until = {};  ///< before it
  std::size_t limit = 1'000;          ///< the latest are listed
};

// ---- Intake ------------------------------------------------------------------------------------

/// What a channel of the intake came to in an hour.
struct IntakeCount {
  Instant hour = {};
  std::string channel;      ///< "lmtp", "imap", …
  std::string outcome;      ///< "added", "refused", "failed", …
  std::uint64_t count = 0;  ///< added to what is there
  std::string sample = {};  ///< why, of one of them
  friend bool operator==(const IntakeCount&, const IntakeCount&) = default;
};

// ---- Alerts ------------------------------------------------------------------------------------

enum class Severity : std::uint8_t { low, medium, high };
std::string_view to_text(Severity severity);
std::optional<Severity> parse_severity(std::string_view text);

/// Something an owner should know of, from when it began until it was over.
struct Alert {
  std::int64_t id = 0;
  std::string rule;         ///< "spike", …
  std::string domain = {};  ///< empty: of no single one
  std::string cause;        ///< what makes it one with another: "source Example Mailer"
  std::string what;         ///< a sentence: what happened
  std::string evidence = {};
  std::string advice = {};  ///< what to do
  Severity severity = Severity::medium;
  Instant since = {};                 ///< it is so, as far as is known
  Instant opened = {};                ///< it was found
  Instant last_seen = {};             ///< the latest evaluation that found it so
  std::optional<Instant> until = {};  ///< it was over, or closed by hand; nothing: it is open
  std::string closed_by = {};         ///< who closed it by hand
  std::optional<Instant> seen = {};   ///< somebody has looked at it
  bool open() const { return !until; }
  friend bool operator==(const Alert&, const Alert&) = default;
};

enum class AlertEvent : std::uint8_t { opened, again, worse, over, closed };
std::string_view to_text(AlertEvent event);

/// What an evaluation does to an alert: a new one has id 0.
struct AlertChange {
  Alert alert;
  std::optional<AlertEvent> event = {};  ///< nothing: its words or numbers alone
  bool tell = false;
};

/// A line of an alert's history.
struct AlertHistory {
  Instant at = {};
  AlertEvent event = AlertEvent::opened;
  std::string what = {};
  friend bool operator==(const AlertHistory&, const AlertHistory&) = default;
};

struct AlertFilter {
  std::optional<bool> open = {};
  std::string domain = {};  ///< empty: any
  std::string rule = {};    ///< empty: any
  /// Those open at some time then or later.
  std::optional<Instant> since = {};
  std::size_t limit = 1'000;  ///< the latest
};

// ---- Letters -----------------------------------------------------------------------------------

enum class LetterKind : std::uint8_t { mail, webhook };
std::string_view to_text(LetterKind kind);

/// Words on their way to somebody, made once: every try sends the same.
struct Letter {
  std::int64_t id = 0;
  LetterKind kind = LetterKind::mail;
  std::string to;      ///< an address, or a URI of the scheme https
  std::string about;   ///< for people: "1 alert", "digest of 2026-05-04"
  std::string octets;  ///< a mail, not yet signed, or JSON
  OutboxState state = OutboxState::waiting;
  unsigned attempts = 0;
  Instant created = {};
  Instant next = {};
  Instant claimed_until = {};
  Instant finished = {};
  std::string reason = {};  ///< of the last failure
  friend bool operator==(const Letter&, const Letter&) = default;
};

struct LetterFilter {
  std::optional<OutboxState> state = {};
  std::size_t limit = 1'000;
};

/// What is older may be forgotten; nothing is kept. What is open or waits stays.
struct AlertRetention {
  std::optional<Instant> alerts = {};   ///< those over before, with their history
  std::optional<Instant> changes = {};  ///< and records that nobody asked for since
  std::optional<Instant> letters = {};  ///< sent or given up before
  std::optional<Instant> intake = {};   ///< counts of hours before
};

}  // namespace assay::store
