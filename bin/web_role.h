#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "system/accounts/accounts.h"
#include "system/config/settings.h"
#include "system/ops/log.h"
#include "system/ops/metrics.h"
#include "system/webapi/server.h"

#include "bin/failure.h"
#include "bin/receive_role.h"
#include "bin/web_world.h"

namespace assay::cli {

/// Opens <data>/web.sqlite. Errors: io, bad_data.
Expected<std::unique_ptr<accounts::Accounts>> open_accounts(const config::Settings& settings);

/// The role that answers browsers.
class WebRole {
 public:
  /// `receive`: the role in this process, or null; all that is given outlives it. Errors: those of
  /// the Store, the accounts, the DNS, the certificate and the socket.
  static Expected<std::unique_ptr<WebRole>> start(const config::Settings& settings,
                                                  const ReceiveRole* receive, ops::Log& log,
                                                  ops::Metrics& metrics);
  /// Stops.
  ~WebRole();
  WebRole(const WebRole&) = delete;
  WebRole& operator=(const WebRole&) = delete;

  /// Ends after the answers under way; how many did not end in time: their threads still use what
  /// this role owns, so that the process must end without taking it down.
  std::size_t stop();
  std::vector<std::string> troubles() const;
  /// Where it listens: "web 127.0.0.1:8899".
  std::vector<std::string> addresses() const { return {"web " + server_->address()}; }
  /// What a person opens; with the link for the first administrator while there is none.
  std::string url() const;

 private:
  WebRole(const config::Settings& settings, ops::Log& log, ops::Metrics& metrics)
      : settings_(settings), log_(log), metrics_(metrics) {}
  Expected<> open(const ReceiveRole* receive);
  webapi::ServerSettings server_settings(const net::Endpoint& at);
  void show();
  void tidy();
  void set_trouble(const std::string& what);

  const config::Settings settings_;
  ops::Log& log_;
  ops::Metrics& metrics_;
  std::unique_ptr<accounts::Accounts> accounts_ = {};
  std::unique_ptr<WebWorld> world_ = {};
  std::unique_ptr<webapi::Api> api_ = {};
  std::unique_ptr<webapi::StaticFiles> files_ = {};
  std::unique_ptr<webapi::Server> server_ = {};

  mutable std::mutex mutex_ = {};
  std::condition_variable wake_ = {};
  bool stopping_ = false;
  std::string trouble_ = {};
  std::thread thread_ = {};
};

}  // namespace assay::cli
