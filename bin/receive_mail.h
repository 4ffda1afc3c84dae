#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "system/config/settings.h"
#include "system/smtp/session.h"
#include "system/store/received_values.h"

#include "bin/bounces.h"
#include "bin/receive_desk.h"

namespace assay::cli {

/// Who receives mail: for whom it is taken, how much of it, and what is answered.
class MailHost final : public smtp::Host {
 public:
  /// What is given outlives it; `bounces` may be null: then nothing bounces here.
  MailHost(const config::Receive& settings, Desk& desk, BounceDesk* bounces,
           store::Channel channel);

  std::optional<smtp::Reply> sender(const smtp::Envelope& envelope) override;
  std::optional<smtp::Reply> recipient(const smtp::Envelope& envelope,
                                       std::string_view address) override;
  bool claim(std::size_t octets) override;
  void give_back(std::size_t octets) override;
  smtp::Reply deliver(const smtp::Envelope& envelope, std::string_view message) override;

 private:
  bool is_taken(std::string_view address) const;
  /// What is answered where a recipient is a return path of ours; nothing where none is.
  std::optional<smtp::Reply> take_bounce(const smtp::Envelope& envelope, std::string_view message);

  const config::Receive settings_;
  Desk& desk_;
  BounceDesk* bounces_;
  const store::Channel channel_;
  std::atomic<std::size_t> held_ = 0;
  std::mutex mutex_ = {};
  std::chrono::steady_clock::time_point minute_ = {};  ///< when the one that is counted began
  std::map<std::string, unsigned> mails_ = {};         ///< of each client in it
};

}  // namespace assay::cli
