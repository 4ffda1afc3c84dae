#include "bin/receive_role.h"

#include <array>
#include <utility>

#include "assay/base/try.h"
#include "system/net/endpoint.h"
#include "system/smtp/serve.h"

#include "bin/arguments.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/intake.h"
#include "bin/receive_imap.h"
#include "bin/reporting.h"

namespace assay::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto forget_every = 1h;
constexpr auto pause_after_failure = 1min;
constexpr auto patience = 30s;  ///< for mails under way at the end

std::string folder_of(const config::Settings& settings) {
  const std::string& folder = settings.receive.folder;
  return folder.empty() ? data_folder(settings) + "/incoming" : folder;
}

}  // namespace

ReceiveRole::ReceiveRole(const config::Settings& settings, ops::Log& log, ops::Metrics& metrics)
    : settings_(settings), log_(log), metrics_(metrics), troubles_(1 + settings.imap.size()) {}

ReceiveRole::~ReceiveRole() {
  stop();
}

Expected<std::unique_ptr<ReceiveRole>> ReceiveRole::start(const config::Settings& settings,
                                                          ops::Log& log, ops::Metrics& metrics) {
  std::unique_ptr<ReceiveRole> role(new ReceiveRole(settings, log, metrics));
  if (auto opened = role->open(); !opened) return std::unexpected(std::move(opened.error()));
  if (auto made = role->listen_for_mail(); !made) return std::unexpected(std::move(made.error()));
  if (auto made = role->listen_for_uploads(); !made) {
    return std::unexpected(std::move(made.error()));
  }
  role->show();
  role->threads_.emplace_back([self = role.get()] { self->watch_folder(); });
  for (std::size_t i = 0; i < role->settings_.imap.size(); ++i) {
    role->threads_.emplace_back([self = role.get(), i] { self->watch_imap(i); });
  }
  return role;
}

Expected<> ReceiveRole::open() {
  ASSAY_TRY(received, open_received(settings_, {}));
  received_ = std::move(received);
  if (settings_.intake.verify) {
    ASSAY_TRY(world, World::open(settings_.dns, settings_.filter.lookup_time));
    world_ = std::move(world);
  }
  desk_ = std::make_unique<Desk>(settings_, *received_, world_ ? &world_->resolver() : nullptr,
                                 log_, metrics_);
  ASSAY_TRY(bounces, BounceDesk::open(settings_));
  bounces_ = std::move(bounces);
  folder_ =
      std::make_unique<WatchedFolder>(folder_of(settings_), settings_.intake.max_file, *desk_);
  return folder_->prepare();
}

Expected<> ReceiveRole::open_tls() {
  const config::Receive& settings = settings_.receive;
  if (settings.certificate.empty()) return {};
  constexpr std::size_t longest_key = std::size_t{1} << 20;
  if (auto key = read_secret_file(settings.key, longest_key); !key) {
    return std::unexpected(std::move(key.error()));
  }
  auto tls = net::TlsKeys::open(settings.certificate, settings.key);
  if (!tls) return fail(Status::bad_data, "[receive] certificate and key: " + tls.error().what);
  tls_ = std::move(*tls);
  return {};
}

Expected<> ReceiveRole::listen_for_mail() {
  if (auto opened = open_tls(); !opened) return opened;
  struct Door {
    const std::string& address;
    smtp::Protocol protocol;
    store::Channel channel;
    std::unique_ptr<MailHost>& host;
  };
  const std::array doors = {
      Door{settings_.receive.lmtp, smtp::Protocol::lmtp, store::Channel::lmtp, lmtp_},
      Door{settings_.receive.smtp, smtp::Protocol::smtp, store::Channel::smtp, smtp_}};
  std::vector<net::Listening> sockets;
  std::vector<std::pair<smtp::Rules, smtp::Host*>> hosts;
  for (const Door& door : doors) {
    if (door.address.empty()) continue;
    const auto endpoint = net::parse_endpoint(door.address);
    if (!endpoint) return fail(Status::bad_data, "[receive]: " + endpoint.error().what);
    auto socket = net::Listening::open(*endpoint);
    if (!socket) return fail(Status::unavailable, socket.error().what);
    const bool lmtp = door.protocol == smtp::Protocol::lmtp;
    addresses_.push_back((lmtp ? "lmtp " : "smtp ") + net::to_text(socket->at()));
    door.host = std::make_unique<MailHost>(settings_.receive, *desk_, bounces_.get(), door.channel);
    hosts.emplace_back(smtp::Rules{.protocol = door.protocol,
                                   .name = host_name(),
                                   .max_message = settings_.receive.max_mail,
                                   .takes_xforward = lmtp},
                       door.host.get());
    sockets.push_back(std::move(*socket));
  }
  if (sockets.empty()) return {};
  server_ = std::make_unique<net::Server>(
      std::move(sockets),
      [hosts, tls = tls_.get()](net::Connection& connection, std::size_t listener) {
        smtp::serve(connection, hosts[listener].first, *hosts[listener].second, {}, tls);
      },
      net::ServerOptions{.max_connections = settings_.receive.max_connections});
  return {};
}

Expected<> ReceiveRole::listen_for_uploads() {
  if (settings_.receive.upload.empty()) return {};
  ASSAY_TRY(token, upload_token(settings_.receive.upload_token_file, data_folder(settings_)));
  ASSAY_TRY(upload, UploadServer::start(settings_.receive, token, *desk_));
  upload_ = std::move(upload);
  addresses_.push_back("upload " + upload_->address());
  return {};
}

void ReceiveRole::show() {
  using Kind = ops::Metrics::Kind;
  const auto read = [&](Kind kind, std::string_view name, std::string_view help, auto value) {
    metrics_.read(kind, name, help, {}, [=] { return static_cast<double>(value()); });
  };
  net::Server* const server = server_.get();
  if (server == nullptr) return;
  read(Kind::gauge, "assay_receive_connections", "Connections of those who send reports",
       [=] { return server->stats().open; });
  read(Kind::counter, "assay_receive_connections_total", "Connections accepted",
       [=] { return server->stats().accepted; });
  read(Kind::counter, "assay_receive_connections_refused_total", "Connections beyond the limit",
       [=] { return server->stats().refused; });
}

/// False when the role ends.
bool ReceiveRole::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [&] { return stopping_; });
}

bool ReceiveRole::stopping() const {
  const std::scoped_lock lock(mutex_);
  return stopping_;
}

std::size_t ReceiveRole::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  upload_.reset();
  const std::size_t open = server_ ? server_->stop(patience) : 0;
  for (std::thread& each : threads_) {
    if (each.joinable()) each.join();
  }
  return open;
}

void ReceiveRole::set_trouble(std::size_t which, const std::string& what) {
  {
    const std::scoped_lock lock(mutex_);
    if (troubles_[which] == what) return;
    troubles_[which] = what;
  }
  if (what.empty()) return;
  log_.write(ops::LogLevel::error, "receive_failed",
             [&](ops::Fields& fields) { fields.text("what", what); });
}

std::vector<std::string> ReceiveRole::channel_troubles() const {
  const std::scoped_lock lock(mutex_);
  return troubles_;
}

std::uint64_t ReceiveRole::refused_on(std::chrono::sys_days day) const {
  return desk_->refused_on(day);
}

std::vector<std::string> ReceiveRole::troubles() const {
  std::vector<std::string> all;
  if (std::string store = desk_->trouble(); !store.empty()) all.push_back(std::move(store));
  const std::scoped_lock lock(mutex_);
  for (const std::string& each : troubles_) {
    if (!each.empty()) all.push_back(each);
  }
  return all;
}

std::vector<store::IntakeCount> ReceiveRole::take_counts() {
  std::vector<store::IntakeCount> counts = desk_->take_counts();
  const auto hour = std::chrono::floor<std::chrono::hours>(machine_time());
  const auto add = [&](const char* channel, const std::string& what) {
    if (what.empty()) return;
    counts.push_back(
        {.hour = hour, .channel = channel, .outcome = "failed", .count = 1, .sample = what});
  };
  add("store", desk_->trouble());
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < troubles_.size(); ++i) add(i == 0 ? "folder" : "imap", troubles_[i]);
  return counts;
}

void ReceiveRole::watch_folder() {
  do {
    const auto done = folder_->look([this] { return stopping(); });
    set_trouble(0, done ? "" : done.error().what);
    forget();
  } while (pause(settings_.receive.look_every));
}

void ReceiveRole::forget() {
  const store::Instant at = machine_time();
  if (at < forget_) return;
  forget_ = at + forget_every;
  const auto intake = retained(settings_);
  if (!intake) return set_trouble(0, intake.error().what);
  const auto forgotten = received_->forget(retention_of(*intake, at));
  if (!forgotten) set_trouble(0, forgotten.error().what);
}

void ReceiveRole::watch_imap(std::size_t which) {
  const config::Imap& account = settings_.imap[which];
  do {
    const auto done =
        fetch_reports(account, settings_.receive.max_mail, *desk_, [this] { return stopping(); });
    set_trouble(1 + which, done ? "" : "[[imap]] " + account.server + ": " + done.error().what);
  } while (pause(pause_after_failure));
}

}  // namespace assay::cli
