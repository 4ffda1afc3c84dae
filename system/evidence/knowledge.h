#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "assay/base/time.h"
#include "system/journal/entry.h"

/// What was learned from journals: an immutable snapshot that one role writes as a file and filters
/// read. It expires, needs several author domains and a minimum of messages, and never lets a first
/// message through (docs/evidence.md, "Limits").
namespace assay::evidence {

/// What came from one client address (an IPv6 client counts as its /64).
struct ClientHistory {
  std::uint64_t passed = 0;  ///< messages
  std::uint64_t failed = 0;
  /// Of `passed`: by DKIM alone, where SPF did not know the client or the sender was rewritten.
  std::uint64_t relayed = 0;
  std::uint64_t passed_authors = 0;  ///< distinct organizations of author domains
  std::uint64_t failed_authors = 0;
  std::uint64_t relayed_authors = 0;
  Instant last = {};
  std::uint64_t relayed_days = 0;  ///< distinct days (UTC) with a relayed message
};

/// What came for one author domain.
struct AuthorHistory {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::uint64_t by_dkim = 0;  ///< of `passed`
  Instant last = {};
  /// Of `failed`: from clients that passed for some domain. What nobody but impostors brings must
  /// not make a domain look as if its own mail failed.
  std::uint64_t failed_by_senders = 0;
};

/// What came for one author domain from one client.
struct PairHistory {
  std::uint64_t passed = 0;
  Instant last_passed = {};
};

struct Knowledge {
  Instant made = {};
  std::map<std::string, ClientHistory, std::less<>> clients = {};  ///< by client_key
  std::map<std::string, AuthorHistory, std::less<>> authors = {};  ///< by author domain
  std::map<std::string, PairHistory, std::less<>> pairs = {};      ///< by pair_key
};

std::string client_key(const IpAddress& client);
std::string pair_key(std::string_view client_key, std::string_view author_domain);

/// Learns from journals, entry by entry, in any order.
class Learner {
 public:
  explicit Learner(std::chrono::days window = std::chrono::days(42));
  ~Learner();
  void take(const journal::Entry& entry);
  /// What is known at `now`: what is older than the window is left out.
  Knowledge finish(Instant now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The file: one JSON object a line, the first with the version. Twins.
std::string write_knowledge(const Knowledge& knowledge);
std::expected<Knowledge, assay::Finding> read_knowledge(std::string_view text);

}  // namespace assay::evidence
