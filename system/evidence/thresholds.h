#pragma once

#include <chrono>
#include <cstdint>

#include "system/evidence/knowledge.h"

/// From when on what was learned counts (docs/evidence.md, "What is learned").
namespace assay::evidence {

/// Whatever was seen longer ago counts no more, nor does a snapshot that old.
constexpr std::chrono::days max_age{42};

// A known forwarder.
constexpr std::uint64_t forwarder_authors = 5;  ///< author domains, by organization
constexpr std::uint64_t forwarder_messages = 20;
constexpr std::uint64_t forwarder_days = 2;
/// Of what it passed on so many failures at most, in percent of what survived.
constexpr std::uint64_t forwarder_failures_percent = 50;

// A client that passed for the author domain.
constexpr std::uint64_t passed_lately_messages = 3;

// A domain whose mail practically always passes, by DKIM.
constexpr std::uint64_t always_passes_messages = 50;
constexpr std::uint64_t always_passes_percent = 98;

// A client that has only ever brought failing mail.
constexpr std::uint64_t failing_client_messages = 5;
constexpr std::uint64_t failing_client_authors = 3;

/// Whether a client passes on the mail of others, with signatures that survive.
constexpr bool is_known_forwarder(const ClientHistory& client) {
  return client.relayed >= forwarder_messages && client.relayed_authors >= forwarder_authors &&
         client.relayed_days >= forwarder_days &&
         client.failed * 100 <= client.relayed * forwarder_failures_percent;
}

/// Whether a client has brought nothing but failing mail, for several organizations.
constexpr bool brings_only_failures(const ClientHistory& client) {
  return client.passed == 0 && client.failed >= failing_client_messages &&
         client.failed_authors >= failing_client_authors;
}

/// Whether a domain's mail practically always passes by DKIM. Failures that only clients brought
/// who never passed for anybody are left out: they are impostors', and the more there are of them
/// the more the domain needs this.
constexpr bool always_passes(const AuthorHistory& author) {
  return author.passed >= always_passes_messages &&
         author.by_dkim * 100 >= (author.passed + author.failed_by_senders) * always_passes_percent;
}

constexpr bool has_passed_lately(const PairHistory& pair) {
  return pair.passed >= passed_lately_messages;
}

}  // namespace assay::evidence
