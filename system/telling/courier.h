#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "assay/dkim/sign.h"
#include "system/reporting/deliver.h"
#include "system/store/alert_book.h"

namespace assay::telling {

using store::Instant;

struct CourierOptions {
  std::string from;         ///< envelope sender of mails
  std::string secret = {};  ///< signs what is posted; empty: it is not signed
  const dkim::Signer* signer = nullptr;
  std::chrono::seconds give_up_after = std::chrono::days{3};
  /// A letter that was handed out is nobody else's for so long; a try must end before.
  std::chrono::seconds claim_time{300};
  std::function<double()> chance = {};  ///< between 0 and 1; empty: the middle
};

/// What a round came to.
struct Rounds {
  std::uint64_t sent = 0;
  std::uint64_t deferred = 0;
  std::uint64_t given_up = 0;
  std::vector<std::string> events = {};  ///< a sentence for each that was not sent
};

/// Brings the letters of an AlertBook: each is sent at least once, also where the program is killed
/// in between; one that was sent and not yet booked is sent again, with the same Message-ID. What
/// fails is tried again with growing pauses, whatever the failure: who is told is the operator's
/// choice, and he can repair what is wrong.
class Courier {
 public:
  /// `web` may be null: then what is to be posted fails. The book outlives it.
  Courier(store::AlertBook& book, std::unique_ptr<reporting::Sender> mail,
          std::unique_ptr<reporting::Sender> web, CourierOptions options);

  /// Tries up to `limit` letters that are due. Errors: those of the Store.
  std::expected<Rounds, Finding> round(Instant now, std::size_t limit);

 private:
  reporting::Attempt send(const store::Letter& letter, Instant now);

  store::AlertBook& book_;
  std::unique_ptr<reporting::Sender> mail_;
  std::unique_ptr<reporting::Sender> web_;
  CourierOptions options_;
};

}  // namespace assay::telling
