#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/store/received.h"

/// What a report that was read is worth: whether it is about a domain of ours, plausible, trusted,
/// and new. Pure; nothing is dropped here without a word.
namespace assay::intake {

/// How mail of some trust is treated: on one channel or on all.
struct TrustRule {
  std::optional<store::Channel> channel = {};  ///< nothing: any
  store::Trust trust = store::Trust::forged;
  friend bool operator==(const TrustRule&, const TrustRule&) = default;
};

/// "forged", or "lmtp:unverified". Nothing for other text.
std::optional<TrustRule> parse_trust_rule(std::string_view text);
std::string to_text(const TrustRule& rule);

/// Which of two reports with one report_id and different content counts.
enum class SameId : std::uint8_t {
  first,   ///< the one that came first, unless the later one is better authenticated
  latest,  ///< the later one, unless it is worse authenticated
};

struct AssessOptions {
  std::vector<std::string> domains = {};  ///< ours, with those below; empty: every one
  std::vector<TrustRule> refuse = {};
  std::vector<TrustRule> set_aside = {{.trust = store::Trust::forged}};
  SameId same_id = SameId::first;
  std::uint64_t max_count = 10'000'000'000;        ///< messages of one record
  std::uint64_t max_messages = 1'000'000'000'000;  ///< of one report
  std::chrono::seconds max_period = std::chrono::days{35};
  std::chrono::seconds max_future = std::chrono::days{2};  ///< of the end, from the arrival
  store::Instant oldest{std::chrono::seconds{1'293'840'000}};  ///< 2011-01-01: before DMARC
};

/// What was seen while the records went by.
struct Seen {
  std::uint64_t largest_count = 0;
  std::uint64_t largest_at = 0;  ///< the number of that record, from 1
};

/// Why a report is not taken at all.
struct Refusal {
  std::string code;
  std::string what;
};

/// Sets the standing, reason and remarks of an arrival by its own merits: `foreign_domain`,
/// `forged` and the like, `absurd_count`, `absurd_period`. A refusal when its trust is refused on
/// its channel.
std::optional<Refusal> assess(store::Arrival& arrival, const Seen& seen,
                              const AssessOptions& options);

/// What makes two reports the same: who, which, about whom, when, and what it says
/// (docs/decisions/0010). The digest stands for the last.
struct Key {
  std::string reporter = {};
  std::string report_id = {};
  std::string policy_domain = {};
  store::Instant begin = {};
  store::Instant end = {};
  std::string digest = {};
  friend bool operator==(const Key&, const Key&) = default;
};
Key key(const store::Arrival& arrival);

/// One name for all reports of a reporter: the domain of its address in lower case, or else the
/// name of the organization.
std::string reporter_name(std::string_view email, std::string_view org_name);

/// Each case of docs/decisions/0010: resent, same content under another id, same id with other
/// content, an id used again, split, overlapping.
store::Decision decide(const store::Arrival& arrival, std::span<const store::Neighbour> known,
                       SameId same_id);

/// The same as the Store wants it.
store::Decide decider(const AssessOptions& options);

}  // namespace assay::intake
