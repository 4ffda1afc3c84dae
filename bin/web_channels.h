#pragma once

#include <chrono>
#include <mutex>
#include <string_view>
#include <vector>

#include "system/config/settings.h"
#include "system/webapi/world.h"

#include "bin/receive_role.h"

namespace assay::cli {

/// The ways in for reports, as the pages show them. Thread-safe.
class WebChannels {
 public:
  /// Both outlive it; `receive` may be null: then another process may have the role, and doors are
  /// looked at from outside.
  WebChannels(const config::Settings& settings, const ReceiveRole* receive)
      : settings_(settings), receive_(receive) {}

  /// As of some seconds ago.
  std::vector<webapi::Channel> all(store::ReceivedReports& reports);
  /// Connects and hears what is said, or signs in. Errors: `not_found`.
  webapi::Expected<webapi::Tested> test(std::string_view name) const;

 private:
  std::vector<webapi::Channel> look(store::ReceivedReports& reports) const;

  const config::Settings& settings_;
  const ReceiveRole* receive_;
  std::mutex mutex_ = {};
  std::vector<webapi::Channel> known_ = {};
  std::chrono::steady_clock::time_point looked_ = {};
};

}  // namespace assay::cli
