#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/config/settings.h"
#include "system/store/store.h"

namespace assay::reporting {

/// A mail that says what became of another one, as system/intake reads it.
struct BounceNotice {
  /// Whom it was sent to: one of them is the return path of a delivery.
  std::vector<std::string> addressed_to = {};
  enum class Fate : std::uint8_t { permanent, temporary, other } fate = Fate::other;
  /// The recipients it is about, by any of their names; empty: it does not say.
  std::vector<std::string> recipients = {};
  std::vector<std::string> report_ids = {};  ///< of the mail that it brings back
  std::string reason = {};                   ///< "5.1.1 no such user"
};

/// What was made of it.
struct BookedBounce {
  enum class What : std::uint8_t {
    suppressed,  ///< the delivery is given up, its destination left alone until `until`
    noted,       ///< about a delivery of ours, but nothing follows from it
    ignored,     ///< not about a delivery that we sent
  };
  What what = What::ignored;
  std::int64_t delivery = 0;     ///< unless ignored
  std::string destination = {};  ///< unless ignored
  store::Instant until = {};
  std::string why = {};  ///< a sentence
};

/// "suppressed", "noted", "ignored".
std::string_view to_text(BookedBounce::What what);

/// How long a destination is left alone from `now` on that refuses reports: longer each time, as
/// long as it was left alone less than a month ago.
store::Suppression next_suppression(const std::optional<store::Suppression>& before,
                                    std::string address, std::string reason, store::Instant now);

/// Books a bounce: a permanent one puts the destination of the delivery on the list of
/// suppressions. A forged one changes nothing: its return path has no tag of ours, the delivery was
/// never sent, or it is about somebody else. Errors: those of the store.
std::expected<BookedBounce, Finding> book_bounce(store::Store& store,
                                                 const config::Reports& settings,
                                                 const BounceNotice& notice, store::Instant now);

}  // namespace assay::reporting
