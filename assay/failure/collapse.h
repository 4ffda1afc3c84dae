#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/time.h"
#include "assay/failure/report.h"

namespace assay::failure {

/// What a report's likes have in common: the failure, its source and its identifiers, but not the
/// recipient or the content. "The aim is not to count each and every failure, but rather to report
/// different failure conditions" (RFC 9991 §8.1).
std::string likeness(const Report& report);

/// Adds to a number of incidents without going round.
void add_incidents(std::uint32_t& incidents, std::uint32_t more);

/// A report and where it goes.
struct Outgoing {
  std::string destination = {};    ///< the address
  std::string policy_domain = {};  ///< whose record or request asks for it
  Report report = {};
  std::vector<std::string> sources = {};  ///< of which it is made, for the caller; likes add theirs
};

/// What `due` takes out.
struct Due {
  std::vector<Outgoing> ready = {};    ///< to be sent, oldest first, with their incidents
  std::vector<Outgoing> expired = {};  ///< too old: nobody is told of them
};

/// How many may go out, in any stretch of time as long as `period`.
struct CollapseLimits {
  std::chrono::seconds period = std::chrono::hours{1};
  std::size_t per_destination = 20;
  std::size_t per_policy_domain = 20;
  std::size_t overall = 500;
  std::chrono::seconds hold = std::chrono::minutes{10};  ///< how long likes are waited for
  std::chrono::seconds keep = std::chrono::hours{24};    ///< how long a held back report lives
  std::size_t held = 10'000;                             ///< reports waiting at any time
  /// Of these, of one policy domain: more could not leave within `keep` anyway, and would only be
  /// in the way of others.
  std::size_t held_per_policy_domain = 480;
};

/// What became of a report that was added.
enum class Added : std::uint8_t {
  held,       ///< the first of its kind: it waits for others
  collapsed,  ///< counted into one that waits; what its own message held is dropped
  discarded   ///< no room: of the policy domain, or of all, as many wait as may
};

/// Reports that wait for their likes, and the rate at which they may go (RFC 9991 §2, §8.1). A
/// value: time is passed in and never runs backwards. Not for several threads at once.
class Collapser {
 public:
  explicit Collapser(const CollapseLimits& limits = {}) : limits_(limits) {}

  Added add(Outgoing outgoing, Instant now);
  /// Takes out the reports that have waited long enough and that all rates permit. Others stay,
  /// still counting their likes, until they are too old.
  Due due(Instant now);
  /// Counts a report that went before this began, so that a new start gives no new rates.
  void remember(const std::string& destination, const std::string& policy_domain, Instant at);

  std::size_t waiting() const { return held_.size(); }
  /// Incidents that were never told: for want of room, or too old.
  std::uint64_t lost() const { return lost_; }

 private:
  struct Held {
    Outgoing outgoing = {};
    Instant since = {};
  };
  using Times = std::deque<Instant>;

  std::vector<Outgoing> forget(Instant now);
  Outgoing take(std::map<std::string, Held>::iterator entry);
  bool permitted(const Outgoing& outgoing) const;
  void count(const Outgoing& outgoing, Instant now);

  CollapseLimits limits_;
  std::map<std::string, Held> held_ = {};  // by destination, policy domain and likeness
  std::map<std::string, std::size_t, std::less<>> held_of_ = {};  // by policy domain
  std::map<std::string, Times, std::less<>> destinations_ = {};
  std::map<std::string, Times, std::less<>> policy_domains_ = {};
  Times all_ = {};
  std::uint64_t lost_ = 0;
};

}  // namespace assay::failure
