#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
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

/// One evaluation, as far as a report tells it.
struct Evaluation {
  Instant time = {};
  Configuration configuration = {};
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

/// A policy domain that has evaluations not yet reported.
struct Due {
  std::string policy_domain;
  std::uint64_t messages = 0;
  Instant first = {};  ///< hour of the earliest
};

/// Evaluations of a configuration, counted.
struct Counted {
  Configuration configuration = {};
  std::vector<aggregate::Record> records = {};
  Instant first = {};  ///< hour of the earliest of them, and of the latest
  Instant last = {};
};

enum class OutboxState : std::uint8_t { waiting, sent, given_up };

/// A report on its way to one destination. The octets are the attachment, made once: every try
/// sends the same (RFC 9990 §3.5.2).
struct Delivery {
  std::int64_t id = 0;
  std::string report_id = {};
  std::string policy_domain = {};
  std::string destination = {};  ///< the URI
  std::string file_name = {};
  std::string octets = {};
  Instant begin = {};
  Instant end = {};
  std::uint64_t messages = 0;  ///< evaluations in it
  OutboxState state = OutboxState::waiting;
  unsigned attempts = 0;
  Instant created = {};
  Instant next = {};        ///< of the next try
  std::string reason = {};  ///< of the last failure, or why it was given up
};

/// A destination that is left alone for a while.
struct Suppression {
  std::string address;  ///< mailbox, in lower case
  std::string reason = {};
  Instant since = {};
  Instant until = {};
  unsigned times = 0;  ///< how often in a row
};

}  // namespace assay::store
