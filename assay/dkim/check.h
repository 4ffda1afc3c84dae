#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/crypto/digest.h"
#include "assay/dkim/body_hash.h"
#include "assay/dkim/key.h"
#include "assay/dkim/signature.h"
#include "assay/dns/resolver.h"

namespace assay::dkim {

/// RFC 8601 §2.7.1, without none: a message without a signature has no outcome.
enum class Result : std::uint8_t { pass, fail, policy, neutral, temperror, permerror };
std::string_view to_text(Result result);

enum class Sha1 : std::uint8_t { refuse, allow };
enum class PartialBody : std::uint8_t { refuse, allow };
enum class FutureTimestamp : std::uint8_t { refuse, allow };

struct Options {
  unsigned min_rsa_bits = 1024;  ///< RFC 8301 §3.2; fewer: policy
  unsigned max_rsa_bits = 8192;  ///< more: policy
  Sha1 sha1 = Sha1::refuse;
  PartialBody partial_body =
      PartialBody::refuse;          ///< l= that leaves octets uncovered: policy (RFC 6376 §8.2)
  std::size_t max_signatures = 10;  ///< tried; those that could align first, then in message order
  std::size_t max_keys = 3;         ///< tried of one selector (RFC 6376 §6.1.2)
  /// Octets of canonical header fields hashed for all signatures of a message together.
  std::size_t max_signed_octets = 32U << 20;
  std::chrono::seconds clock_skew{300};  ///< how much later than x=, or earlier than t=
  /// t= after now: policy where refused. Allowed, since it says more of the signer's clock than of
  /// the message, and real mail has it (RFC 6376 §3.5).
  FutureTimestamp future_timestamp = FutureTimestamp::allow;
  std::vector<DomainName> unlikely_signers = {};  ///< d= that is refused (RFC 6376 §6.1.1)
};

/// The facts of a DKIM-Signature, ARC-Message-Signature or ARC-Seal that decide with its keys.
struct KeyUse {
  Algorithm algorithm = {};
  std::string_view signature = {};  ///< b= decoded
  bool identity_is_domain = true;   ///< i= stands at d= itself; true for ARC, which has no such i=
};

/// What the keys of a selector say to a signature.
struct KeyCheck {
  Result result = Result::permerror;
  std::string reason = {};       ///< one sentence
  std::string policy_rule = {};  ///< with policy: sha1, weak-key, strong-key
  unsigned key_bits = 0;         ///< 0: no key could be used
  bool test_key = false;         ///< t=y in the key that decided
  bool revoked = false;          ///< the key that decided has an empty p=
};

/// The policy that refuses an algorithm whatever its key; nothing for one that is accepted
/// (RFC 8301 §3.1).
std::optional<KeyCheck> refuse_algorithm(const Algorithm& algorithm, const Options& options);

/// The first half of a check: which keys of the answer suit the signature (RFC 6376 §6.1.2), and
/// what the result is when none does. Views into the answer.
struct KeyChoice {
  std::vector<const KeyRecord*> keys = {};  ///< at most Options::max_keys, in the order answered
  KeyCheck otherwise = {};                  ///< the result when `keys` is empty
};
KeyChoice choose_keys(const KeyUse& use, const dns::Answer& answer, const Options& options);

/// The second half: whether one of the keys verifies the signature over octets with this `digest`,
/// which has the hash of the algorithm. pass or fail, or `otherwise` without keys. Does not look at
/// t=y beyond noting it.
KeyCheck verify_with(const KeyChoice& choice, const KeyUse& use, std::string_view digest);

/// Both halves: hashes nothing, asks nothing, and is pure but for the memo of the answer.
/// - no answer: temperror; no record, no usable record, a revoked key, a key for another use,
///   algorithm or hash, or t=s against it: permerror;
/// - sha1 or a key of a refused size: policy;
/// - one of the keys verifies: pass; else fail.
KeyCheck check_signature(const KeyUse& use, const dns::Answer& answer, std::string_view digest,
                         const Options& options);

/// The hash of an algorithm as crypto knows it.
crypto::DigestKind digest_kind(Hash hash);

}  // namespace assay::dkim
