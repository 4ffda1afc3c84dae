#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "system/config/settings.h"
#include "system/net/server.h"
#include "system/net/tls.h"
#include "system/ops/log.h"
#include "system/ops/metrics.h"
#include "system/store/alert_values.h"
#include "system/store/received.h"

#include "bin/failure.h"
#include "bin/receive_desk.h"
#include "bin/receive_folder.h"
#include "bin/receive_mail.h"
#include "bin/receive_upload.h"
#include "bin/world.h"

namespace assay::cli {

/// The role that takes in what others report: by LMTP and SMTP, from a folder, by HTTP, from mail
/// stores.
class ReceiveRole {
 public:
  /// `log` and `metrics` outlive it. Errors: those of the Store, the DNS, the token and the
  /// sockets.
  static Expected<std::unique_ptr<ReceiveRole>> start(const config::Settings& settings,
                                                      ops::Log& log, ops::Metrics& metrics);
  /// Stops.
  ~ReceiveRole();
  ReceiveRole(const ReceiveRole&) = delete;
  ReceiveRole& operator=(const ReceiveRole&) = delete;

  /// Ends after the mails under way; how many of them did not end in time. Their threads still use
  /// what this role owns: then the process must end without taking it down.
  std::size_t stop();

  /// What is wrong now, a sentence each.
  std::vector<std::string> troubles() const;
  /// Of the folder, then of each mail store: what is wrong; empty: nothing.
  std::vector<std::string> channel_troubles() const;
  std::uint64_t refused_on(std::chrono::sys_days day) const;
  /// What came in and what did not, since this was asked last; a channel that fails now counts once
  /// each time.
  std::vector<store::IntakeCount> take_counts();
  /// Where it listens: "lmtp 127.0.0.1:8894".
  const std::vector<std::string>& addresses() const { return addresses_; }

 private:
  ReceiveRole(const config::Settings& settings, ops::Log& log, ops::Metrics& metrics);

  Expected<> open();
  Expected<> open_tls();
  Expected<> listen_for_mail();
  Expected<> listen_for_uploads();
  void watch_folder();
  void forget();
  void watch_imap(std::size_t which);
  void show();
  bool pause(std::chrono::milliseconds time);
  bool stopping() const;
  void set_trouble(std::size_t which, const std::string& what);

  const config::Settings settings_;
  ops::Log& log_;
  ops::Metrics& metrics_;
  std::unique_ptr<World> world_ = {};
  std::unique_ptr<store::ReceivedReports> received_ = {};
  std::unique_ptr<Desk> desk_ = {};
  std::unique_ptr<BounceDesk> bounces_ = {};  ///< null where no reports are made
  std::unique_ptr<net::TlsKeys> tls_ = {};    ///< null where none is offered
  std::unique_ptr<MailHost> lmtp_ = {};
  std::unique_ptr<MailHost> smtp_ = {};
  std::unique_ptr<WatchedFolder> folder_ = {};
  std::unique_ptr<UploadServer> upload_ = {};
  std::unique_ptr<net::Server> server_ = {};
  std::vector<std::string> addresses_ = {};
  store::Instant forget_ = {};

  mutable std::mutex mutex_ = {};
  std::condition_variable wake_ = {};
  bool stopping_ = false;
  std::vector<std::string> troubles_ = {};  ///< of the folder, then of each mail store
  std::vector<std::thread> threads_ = {};
};

}  // namespace assay::cli
