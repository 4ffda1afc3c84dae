#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "system/config/settings.h"
#include "system/smtp/session.h"
#include "system/store/received_values.h"

#include "bin/receive_desk.h"

namespace assay::cli {

/// Takes a mail that answers one of ours: true when the address is one of those that we gave.
using OnAnswer = std::function<bool(std::string_view recipient, std::string_view mail)>;

/// Who receives mail: for whom it is taken, how much of it, and what is answered.
class MailHost final : public smtp::Host {
 public:
  /// `desk` outlives it.
  MailHost(const config::Receive& settings, Desk& desk, store::Channel channel);

  std::optional<smtp::Reply> sender(const smtp::Envelope& envelope) override;
  std::optional<smtp::Reply> recipient(const smtp::Envelope& envelope,
                                       std::string_view address) override;
  bool claim(std::size_t octets) override;
  void give_back(std::size_t octets) override;
  smtp::Reply deliver(const smtp::Envelope& envelope, std::string_view message) override;

 private:
  bool is_taken(std::string_view address) const;

  const config::Receive settings_;
  Desk& desk_;
  const store::Channel channel_;
  std::atomic<std::size_t> held_ = 0;
  std::mutex mutex_ = {};
  std::chrono::steady_clock::time_point minute_ = {};  ///< when the one that is counted began
  std::map<std::string, unsigned> mails_ = {};         ///< of each client in it
};

}  // namespace assay::cli
