#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "assay/dkim/sign.h"
#include "system/config/settings.h"
#include "system/reporting/build.h"
#include "system/store/store.h"

namespace assay::reporting {

/// A mail on its way out, or a report that is posted.
struct Outgoing {
  std::string return_path = {};  ///< of a mail
  std::string recipient;         ///< an address, or a URI of the scheme https
  std::string octets;            ///< of a mail with CRLF; else of the attachment alone
  std::string file_name = {};    ///< of what is posted
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

/// What a round of deliveries came to.
struct Delivered {
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
  /// A delivery that was handed out is nobody else's for so long: longer than a try can take.
  std::chrono::seconds claim_time{300};
  std::function<double()> chance = {};  ///< between 0 and 1; empty: by chance
};

/// Sends what the outbox holds, within the limits of rate. Not thread-safe.
class Deliverer {
 public:
  /// All outlive it.
  Deliverer(store::Store& store, Sender& sender, DeliverOptions options);

  /// Tries up to `limit` deliveries that are due. Errors: those of the store.
  std::expected<Delivered, Finding> round(store::Instant now, std::size_t limit);

  /// The mail of a delivery as it is sent. Errors: those of signing; `forgotten` for a failure
  /// report that was sent.
  std::expected<Outgoing, Finding> compose(const store::Delivery& delivery,
                                           store::Instant now) const;

 private:
  struct Rate {
    store::Instant minute = {};
    unsigned mails = 0;
  };
  using Done = std::expected<void, Finding>;
  Done deliver(const store::Delivery& delivery, store::Instant now, Delivered& all);
  Done settle(const store::Delivery& delivery, const Attempt& attempt, store::Instant now,
              Delivered& all);
  Done refuse(const store::Delivery& delivery, const std::string& reason, store::Instant now,
              Delivered& all);
  std::optional<store::Instant> held_back_until(const std::string& recipient, store::Instant now,
                                                std::uint64_t sent_today);
  std::string aggregate_mail(const store::Delivery& delivery, store::Instant now) const;
  static bool take(Rate& rate, store::Instant now, unsigned most);

  store::Store& store_;
  Sender& sender_;
  DeliverOptions options_;
  Rate all_ = {};
  std::map<std::string, Rate> hosts_ = {};
};

}  // namespace assay::reporting
