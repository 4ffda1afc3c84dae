#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/time.h"
#include "assay/dkim/verifier.h"
#include "assay/dns/resolver.h"
#include "assay/mail/header.h"

/// ARC (RFC 8617): validates the chain of seals that intermediaries left. Whether a sealer is
/// trusted, and what follows from it, is for the caller. Sealing has its place here and comes
/// later.
///
///     arc::Validator validator(header, hashes);
///     …as dkim::Verifier…
///     arc::Outcome outcome = validator.finish(hashes, resolver, now);
namespace assay::arc {

/// RFC 8617 §4.4.
enum class Result : std::uint8_t { none, pass, fail };
std::string_view to_text(Result result);

/// One ARC Set as far as its fields could be read.
struct Set {
  unsigned instance = 0;
  std::string sealer = {};                  ///< d= of the ARC-Seal, A-labels
  std::string selector = {};                ///< s= of the ARC-Seal
  std::string cv = {};                      ///< cv= as written
  std::string authentication_results = {};  ///< the ARC-Authentication-Results value behind "i=n;"
};

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

constexpr unsigned max_sets = 50;

/// Validates the chain of one message (RFC 8617 §5.2). `header` and its octets must outlive it.
class Validator {
 public:
  Validator(const mail::Header& header, dkim::BodyHashes& hashes,
            const dkim::Options& options = {});
  ~Validator();
  Validator(Validator&&) noexcept;

  /// The key questions, for prefetch.
  std::vector<dns::Question> questions() const;
  Outcome finish(const dkim::BodyHashes& hashes, dns::Resolver& resolver, Instant now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::arc
