#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/time.h"
#include "assay/dkim/body_hash.h"
#include "assay/dkim/check.h"
#include "assay/dns/resolver.h"
#include "assay/mail/header.h"

namespace assay::dkim {

/// What a signature failed by, as failure reports tell it apart (RFC 6591 §3.3).
enum class Fault : std::uint8_t { other, body_hash, revoked };

/// What became of one signature (RFC 6376 §3.9).
struct Outcome {
  Result result = Result::neutral;
  std::string domain = {};     ///< d= as A-labels, or as written (escaped) where it is no name
  std::string selector = {};   ///< s=
  std::string identity = {};   ///< i=, "@d" where absent
  std::string algorithm = {};  ///< a=
  unsigned key_bits = 0;       ///< 0: no key was read
  std::string signature_start = {};  ///< enough of b= to tell signatures apart (RFC 6008)
  std::optional<std::uint64_t> body_length_signed = {};  ///< l=
  bool test_key = false;                                 ///< t=y in the key
  std::string policy_rule = {};  ///< with policy: weak-key, strong-key, sha1, partial-body,
                                 ///< expired, future, unlikely-signer (policy.dkim-rules)
  std::string reason = {};       ///< one sentence
  Fault fault = Fault::other;    ///< where the result is no pass
};

/// Verifies the DKIM signatures of one message. `header` and the octets it views must outlive it.
/// Every signature is judged for itself (RFC 6376 §4.2), and none of the results asks for more than
/// to be reported: a failed signature is as no signature (RFC 6376 §6.3).
class Verifier {
 public:
  /// Parses the signatures and asks `hashes` for what they need. `authors`: signatures whose d=
  /// could align with one of them are tried first (the first max_ranked_authors of them count).
  Verifier(const mail::Header& header, BodyHashes& hashes, const Options& options = {},
           std::span<const DomainName> authors = {});
  ~Verifier();
  Verifier(Verifier&&) noexcept;

  /// The key questions, each once, for prefetch.
  std::vector<dns::Question> questions() const;

  /// After hashes.finish(): an outcome for each signature in message order, at most
  /// `max_signatures` of them verified, the others `neutral` and said to be beyond the limit. No
  /// question is asked twice. `now` is the time of reception (RFC 6376 §3.5).
  std::vector<Outcome> finish(const BodyHashes& hashes, dns::Resolver& resolver, Instant now) const;

  static constexpr std::size_t max_ranked_authors = 16;

 private:
  struct Candidate;
  class Judge;
  const mail::Header* header_;
  Options options_;
  std::vector<Candidate> candidates_;  // in message order
  std::vector<std::size_t> order_;     // of those that are tried, the likeliest to align first
};

}  // namespace assay::dkim
