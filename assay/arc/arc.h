#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/time.h"
#include "assay/dkim/verifier.h"
#include "assay/dns/resolver.h"
#include "assay/mail/header.h"

/// ARC (RFC 8617): validates the chain of seals that intermediaries left. Whether a sealer is
/// trusted, and what follows from it, is for the caller: a valid chain alone says only who handled
/// the message, and who that is may be anybody (RFC 8617 §9). Sealing has its place here and comes
/// later.
///
///     arc::Validator validator(header, hashes);
///     …as dkim::Verifier…
///     arc::Outcome outcome = validator.finish(hashes, resolver, now);
namespace assay::arc {

/// RFC 8617 §4.4.
enum class Result : std::uint8_t { none, pass, fail };
/// Spelled as the enumerator.
std::string_view to_text(Result result);

/// One ARC Set as far as its fields could be read.
struct Set {
  unsigned instance = 0;
  std::string sealer = {};                  ///< d= of the ARC-Seal, A-labels
  std::string selector = {};                ///< s= of the ARC-Seal
  std::string cv = {};                      ///< cv= as written
  std::string authentication_results = {};  ///< the ARC-Authentication-Results value behind "i=n;"
};

/// What became of the chain. With fail, the message is to be treated as one without a chain
/// (RFC 8617 §5.2); sealers and sets then only tell what stands there.
struct Outcome {
  Result result = Result::none;
  unsigned instances = 0;                 ///< the highest instance
  std::vector<std::string> sealers = {};  ///< d= of each seal, instance 1 first
  std::vector<Set> sets = {};             ///< instance 1 first; empty when the structure is broken
  std::optional<unsigned> oldest_pass =
      {};  ///< with pass: the lowest instance whose message signature still verifies, 0 if all do
           ///< (§5.2 step 5)
  std::string reason = {};  ///< one sentence
};

constexpr unsigned max_sets = 50;  ///< RFC 8617 §4.2.1

/// Validates the chain of one message (RFC 8617 §5.2). `header` and its octets must outlive it.
/// Keys and algorithms are judged as dkim::Options says; whatever is not a pass there, a question
/// to the DNS without an answer too, fails the chain (RFC 8617 §5.2.1). Of the options,
/// max_signatures means nothing here: a chain has at most 100 signatures, and those behind the
/// first that fails are not verified. Header fields are hashed up to max_signed_octets.
class Validator {
 public:
  /// Reads the chain and asks `hashes` for the newest message signature's, and for those of older
  /// ones as long as there is room.
  Validator(const mail::Header& header, dkim::BodyHashes& hashes,
            const dkim::Options& options = {});
  ~Validator();
  Validator(Validator&&) noexcept;

  /// The key questions, each once, for prefetch. None where the chain fails without them.
  std::vector<dns::Question> questions() const;
  /// After hashes.finish(). No question is asked twice. `now` is the time of reception.
  Outcome finish(const dkim::BodyHashes& hashes, dns::Resolver& resolver, Instant now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether the chain passes and each of its sealers is one of `trusted`: what a local policy may
/// ask before it believes what the chain says (RFC 8617 §7.2, §9). Never with an empty list.
bool sealed_only_by(const Outcome& outcome, std::span<const DomainName> trusted);

/// The comment of a local_policy override in a DMARC report: "arc=pass as[2].d=… as[2].s=… …
/// remote-ip[1]=…" (RFC 8617 §7.2.2). The address is what the first set reports as smtp.remote-ip,
/// or else policy.iprev; left out where it reports none. Empty unless the chain passes.
std::string override_comment(const Outcome& outcome);

}  // namespace assay::arc
