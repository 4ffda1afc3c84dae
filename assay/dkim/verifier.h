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
#include "assay/dns/resolver.h"
#include "assay/mail/header.h"

namespace assay::dkim {

/// RFC 8601 §2.7.1, without none: a message without a signature has no outcome.
enum class Result : std::uint8_t { pass, fail, policy, neutral, temperror, permerror };
std::string_view to_text(Result result);

enum class Sha1 : std::uint8_t { refuse, allow };
enum class PartialBody : std::uint8_t { refuse, allow };

struct Options {
  unsigned min_rsa_bits = 1024;  ///< RFC 8301 §3.2; fewer: policy
  unsigned max_rsa_bits = 8192;  ///< more: policy
  Sha1 sha1 = Sha1::refuse;
  PartialBody partial_body =
      PartialBody::refuse;          ///< l= that leaves octets uncovered: policy (RFC 6376 §8.2)
  std::size_t max_signatures = 10;  ///< tried; those that could align first, then in message order
  std::size_t max_keys = 3;         ///< tried of one selector (RFC 6376 §6.1.2)
  std::chrono::seconds clock_skew{300};
  std::vector<DomainName> unlikely_signers = {};  ///< d= that is refused (RFC 6376 §6.1.1)
};

/// What became of one signature.
struct Outcome {
  Result result = Result::neutral;
  std::string domain = {};           ///< d= as A-labels, or as written where it is no name
  std::string selector = {};         ///< s=
  std::string identity = {};         ///< i=, "@d" where absent
  std::string algorithm = {};        ///< a=
  unsigned key_bits = 0;             ///< 0: no key was read
  std::string signature_start = {};  ///< enough of b= to tell signatures apart (RFC 6008)
  std::optional<std::uint64_t> body_length_signed = {};  ///< l=
  bool test_key = false;                                 ///< t=y in the key
  std::string policy_rule =
      {};  ///< with policy: weak-key, sha1, partial-body, expired, … (policy.dkim-rules)
  std::string reason = {};  ///< one sentence
};

/// Verifies the DKIM signatures of one message. `header` and the octets it views must outlive it.
class Verifier {
 public:
  /// Parses the signatures and asks `hashes` for what they need. `authors`: signatures whose d=
  /// could align with one of them are tried first.
  Verifier(const mail::Header& header, BodyHashes& hashes, const Options& options = {},
           std::span<const DomainName> authors = {});
  ~Verifier();
  Verifier(Verifier&&) noexcept;

  /// The key questions, for prefetch.
  std::vector<dns::Question> questions() const;

  /// After hashes.finish(): an outcome for each signature in message order, at most
  /// `max_signatures` of them verified, the others `neutral`… said to be beyond the limit.
  std::vector<Outcome> finish(const BodyHashes& hashes, dns::Resolver& resolver, Instant now) const;

 private:
  struct Candidate;
  const mail::Header* header_;
  Options options_;
  std::vector<Candidate> candidates_;
};

}  // namespace assay::dkim
