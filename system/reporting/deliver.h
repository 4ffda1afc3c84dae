#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "assay/dkim/sign.h"
#include "system/config/settings.h"
#include "system/reporting/booking.h"
#include "system/reporting/build.h"
#include "system/reporting/pace.h"
#include "system/store/store.h"

namespace assay::reporting {

/// A mail on its way out, or a report that is posted.
struct Outgoing {
  std::string return_path = {};          ///< of a mail
  std::string recipient;                 ///< an address, or a URI of the scheme https
  std::string octets;                    ///< of a mail with CRLF; else of the attachment alone
  std::string file_name = {};            ///< of what is posted; empty: it has none
  std::string content_type = {};         ///< likewise; empty: application/gzip
  std::vector<std::string> fields = {};  ///< likewise: more of its header, "Name: value"
  bool is_private = false;               ///< tells of single messages: not in the open
};

/// What a try came to.
struct Attempt {
  enum class How : std::uint8_t { delivered, temporary, permanent };
  How how = How::temporary;
  std::string reason = {};  ///< the server's words, or what failed
};

/// Who hands over. One thread at a time.
class Sender {
 public:
  virtual ~Sender() = default;
  virtual Attempt send(const Outgoing& mail) = 0;
};
using Senders = std::vector<std::unique_ptr<Sender>>;

/// What a round of deliveries came to.
struct Delivered {
  std::uint64_t taken = 0;  ///< out of the outbox, whatever became of them
  std::uint64_t sent = 0;
  std::uint64_t deferred = 0;  ///< to be tried again
  std::uint64_t given_up = 0;
  std::uint64_t suppressed = 0;          ///< destinations that are left alone from now on
  std::uint64_t held_back = 0;           ///< by the limits of rate
  std::vector<std::string> events = {};  ///< a sentence for each that was not sent
};

struct DeliverOptions {
  config::Reports settings;
  Reporter reporter;
  std::string return_path_key = {};      ///< store::Store::tag_key()
  const dkim::Signer* signer = nullptr;  ///< null: not signed here
  /// A delivery that was handed out is nobody else's for so long. A try must end within half of
  /// it: one that waited for its turn until then is not begun.
  std::chrono::seconds claim_time{300};
  std::function<double()> chance = {};  ///< between 0 and 1; empty: by chance
};

/// Sends what the outbox holds, within the limits of rate, by several senders at once, each in a
/// thread of its own.
///
/// A delivery is claimed by one thread, sent, and booked before that thread takes another one; what
/// becomes known at the same time is booked in one transaction. So no more than one mail of each
/// sender is on its way without the Store knowing what became of it, and no destination is spoken
/// to by two at once.
class Deliverer {
 public:
  /// `senders`: at least one. The store and what `options` points to outlive it.
  Deliverer(store::Store& store, Senders senders, DeliverOptions options);
  ~Deliverer();
  Deliverer(const Deliverer&) = delete;
  Deliverer& operator=(const Deliverer&) = delete;

  /// Tries up to `limit` deliveries that are due, and returns when that is done. One thread at a
  /// time. Errors: those of the store; what could not be booked is booked by the next round, which
  /// sends nothing before.
  std::expected<Delivered, Finding> round(store::Instant now, std::size_t limit);

  /// Ends rounds after the mails that are under way, from any thread and for good.
  void stop();

  /// The mail of a delivery as it is sent. Errors: those of signing; `forgotten` for a failure
  /// report that was sent.
  std::expected<Outgoing, Finding> compose(const store::Delivery& delivery,
                                           store::Instant now) const;

 private:
  class Round;
  std::string aggregate_mail(const store::Delivery& delivery, store::Instant now) const;

  store::Store& store_;
  Senders senders_;
  DeliverOptions options_;
  Pace pace_;
  Booking booking_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace assay::reporting
