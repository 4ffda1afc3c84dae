#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "assay/base/finding.h"
#include "assay/base/ip_address.h"
#include "assay/dns/resolver.h"

namespace assay::dns {

/// A server that answers recursive questions.
struct NameServer {
  IpAddress address = {};
  std::uint16_t port = 53;
};

struct UnboundOptions {
  /// Asked instead of the system's; the first that answers well is preferred. What they say is what
  /// is seen: names that libunbound would answer by itself (localhost, test, private reverse zones,
  /// …) are asked like others.
  std::vector<NameServer> servers = {};
  /// Where the system names its servers; read when `servers` is empty. Empty: none, and the root
  /// and what is below it are asked (recursion).
  std::string resolv_conf = "/etc/resolv.conf";
  /// DS or DNSKEY records in master-file text; empty: nothing is validated.
  std::string trust_anchor_file = {};
  /// How long `ask` waits. A server is asked four times within it, at growing distances.
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
  /// Questions that may be on their way together; those announced take half of it at most.
  std::size_t max_in_flight = 4096;
  /// Answers to announced questions that wait to be taken.
  std::size_t max_kept = 1024;
  /// Sockets that may be open together, each with a random port of its own.
  unsigned udp_sockets = 512;
  unsigned tcp_sockets = 32;
};

/// What an UnboundResolver has done and holds.
struct UnboundStats {
  std::uint64_t sent = 0;      ///< questions given to libunbound
  std::uint64_t joined = 0;    ///< asks that waited for a question already on its way
  std::uint64_t taken = 0;     ///< asks answered by what was announced before, without waiting
  std::uint64_t timeouts = 0;  ///< asks that stopped waiting
  std::uint64_t refused = 0;   ///< asks refused because too many questions were on their way
  std::size_t in_flight = 0;
  std::size_t kept = 0;
};

/// The Resolver that really asks, by libunbound: random ports and identifiers, TCP behind a
/// truncated answer, DNSSEC validation where a trust anchor is given. `Answer::authenticated` says
/// that an answer was validated; what fails validation is temporary_failure "bogus".
///
/// Questions run together in one background thread. `ask` waits for its own; a question already on
/// its way is joined. `prefetch` starts questions, whose answers are kept (half a minute at most)
/// until they are taken; an answer that came too late for its ask is kept likewise. Beyond a small
/// one of libunbound nothing is cached: put a Cache in front.
///
/// temporary_failure says why: "timeout", "servfail", "refused", "bogus", "malformed" (a record
/// that is none of its type), "too many questions", …
///
/// Thread-safe. No thread may be inside `ask` when the resolver is destroyed; announced questions
/// may be on their way. Does not survive fork(): a child opens its own.
class UnboundResolver final : public Resolver {
 public:
  /// Errors: `resolver_options` for a file that cannot be read, a trust anchor that is none, or an
  /// option that libunbound refuses.
  static std::expected<std::unique_ptr<UnboundResolver>, Finding> open(
      const UnboundOptions& options);
  ~UnboundResolver() override;
  UnboundResolver(const UnboundResolver&) = delete;
  UnboundResolver& operator=(const UnboundResolver&) = delete;

  AnswerPtr ask(const Question& question) override;
  void prefetch(std::span<const Question> questions) override;

  UnboundStats stats() const;

 private:
  class Network;
  explicit UnboundResolver(std::unique_ptr<Network> network);
  std::unique_ptr<Network> network_;
};

}  // namespace assay::dns
