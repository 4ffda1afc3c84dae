#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/sip_hash.h"
#include "system/journal/entry.h"
#include "system/store/store.h"

namespace assay::reporting {

/// Why an evaluation is in no report; reportable: it is.
enum class Reportable : std::uint8_t {
  yes,
  not_judged,     ///< own users' mail
  no_record,      ///< no policy record applies, or the DNS did not show one
  not_finished,   ///< deferred: the MTA will bring it again
  no_client,      ///< it came by no network
  report,         ///< it brought a report, or went to our own intake alone: none about these
  public_suffix,  ///< of a domain that exists, under the policy of a public suffix operator
};
constexpr std::size_t reportable_kinds = 7;

/// Which evaluations are left out of reports.
struct Leaving {
  std::vector<DomainName> ignore_recipients = {};  ///< where mail goes to these alone
  bool psd = true;  ///< false: what would tell a PSD of domains that exist (RFC 9990 §7.3)
};

/// What one line of a journal contributes.
struct Contribution {
  Reportable reportable = Reportable::yes;
  store::Evaluation evaluation = {};  ///< where reportable is yes
  /// Domains that we know from now on: those that own users wrote to, and policy domains of mail
  /// that passed.
  std::vector<std::string> correspondents = {};
};

/// Configurations of the policy records that came lately: most evaluations share theirs with
/// others. Not thread-safe.
class Configurations {
 public:
  /// Holds up to twice `limit`.
  explicit Configurations(std::size_t limit = 30'000);
  /// That of configuration_of().
  store::SharedConfiguration of(std::string_view policy_domain, std::string_view record,
                                std::string_view discovery);

 private:
  struct Known {
    std::string key;
    store::SharedConfiguration configuration;
  };
  using Half = std::unordered_map<std::uint64_t, Known>;

  std::size_t limit_;
  HashKey secret_;
  std::string key_ = {};  ///< of the last one; kept for its memory
  Half newer_ = {};
  Half older_ = {};
};

/// The facts of a journal line as a report tells them (RFC 9990 §3.1).
Contribution contribution_of(const journal::Entry& entry, const Leaving& leaving,
                             Configurations& configurations);
Contribution contribution_of(const journal::EntryView& entry, const Leaving& leaving,
                             Configurations& configurations);

/// The same for one line alone. Pure.
Contribution contribution_of(const journal::Entry& entry, const Leaving& leaving = {});

/// The last hour of the period of that length (it divides a day) in which an instant is.
/// Evaluations are counted there: what a report tells once stands in the Store once, and not for
/// each hour in which it came. The last hour, not the first, so that none is over before its period
/// is, also where the length is changed meanwhile.
store::Instant counted_at(store::Instant time, std::chrono::hours period);

/// The configuration of a policy record, found or default values filled in (RFC 9990 §3.1.1.5).
store::Configuration configuration_of(const std::string& policy_domain, const std::string& record,
                                      const std::string& discovery);

}  // namespace assay::reporting
