#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

#include "assay/dns/resolver.h"
#include "assay/failure/collapse.h"
#include "system/config/settings.h"
#include "system/reporting/build.h"
#include "system/spool/item.h"
#include "system/store/store.h"

namespace assay::reporting {

/// What a look at the spool came to; in messages unless said otherwise.
struct FailureTotals {
  std::uint64_t files = 0;               ///< read from the spool
  std::uint64_t held = 0;                ///< reports that wait, for their likes or a rate
  std::uint64_t collapsed = 0;           ///< counted into one that waits
  std::uint64_t letters = 0;             ///< put into the outbox
  std::uint64_t reported = 0;            ///< told of by these
  std::uint64_t no_destination = 0;      ///< nobody to tell, or nobody who agreed
  std::uint64_t expired = 0;             ///< held back by the limits of rate for too long
  std::uint64_t no_room = 0;             ///< beyond what the limits of rate let out within a day
  std::uint64_t unusable = 0;            ///< cannot be read, or is no report that may be sent
  std::vector<std::string> events = {};  ///< a sentence for each that is not told; the first few

  void note(std::string event);
};

/// Takes failure reports out of the spool, waits for their likes, and puts them into the outbox
/// within the limits of rate (RFC 9991 §2, §8.1). A file stays in the spool until what it tells of
/// is in the outbox, where the store books it by its name: a crash neither loses nor doubles one.
/// Not thread-safe.
class FailureDesk {
 public:
  struct Options {
    std::string folder;  ///< of the spool
    config::Reports settings;
    Reporter reporter;
    std::size_t max_files = 500;  ///< read in one look
  };
  /// `store` and `resolver` outlive it.
  FailureDesk(store::Store& store, dns::Resolver& resolver, Options options);

  /// Errors: those of the store and of the spool; the next look begins anew.
  std::expected<FailureTotals, Finding> look(store::Instant now);

  std::size_t waiting() const { return collapser_.waiting(); }

 private:
  using Done = std::expected<void, Finding>;
  struct Known {
    std::size_t open = 0;       ///< reports that it is a part of
    store::Instant again = {};  ///< when it is looked at again, where it is part of none yet
  };

  std::expected<FailureTotals, Finding> look_on(store::Instant now);
  Done begin(store::Instant now);
  Done take(const std::string& name, store::Instant now, FailureTotals& totals);
  Done hold(const std::string& name, const spool::Item& item,
            const std::vector<std::string>& addresses, store::Instant now, FailureTotals& totals);
  Done post(const failure::Outgoing& outgoing, store::Instant now, FailureTotals& totals);
  Done close(const std::vector<std::string>& sources);
  void start_over();

  store::Store& store_;
  dns::Resolver& resolver_;
  Options options_;
  failure::CollapseLimits limits_;
  failure::Collapser collapser_;
  std::map<std::string, Known> known_ = {};
  bool begun_ = false;
};

}  // namespace assay::reporting
