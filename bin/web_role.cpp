#include "bin/web_role.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/net/endpoint.h"
#include "system/store_sqlite/accounts.h"

#include "bin/arguments.h"
#include "bin/filter_role.h"
#include "bin/reporting.h"

namespace assay::cli {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto look_every = 30s;
constexpr auto patience = 10s;

/// The pages of the installation, or of the tree that the program was built in.
std::string pages_folder(const config::Web& settings) {
  if (!settings.files.empty()) return settings.files;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (const char* where : {"../share/assay/web", "../../../web/dist"}) {
    const fs::path path = program.parent_path() / where;
    if (fs::exists(path / "index.html", error)) return path.lexically_normal().string();
  }
  return (program.parent_path() / "../share/assay/web").lexically_normal().string();
}

bool is_loopback(const net::Endpoint& at) {
  return at.address == *IpAddress::parse("::1") ||
         at.address.in_network(*IpAddress::parse("127.0.0.0"), 8);
}

webapi::ApiOptions api_options(const config::Web& settings, const net::Endpoint& at) {
  return {.version = ASSAY_VERSION,
          .read_only = settings.read_only,
          .hosts = settings.hosts,
          .loopback = is_loopback(at),
          .session_idle = settings.session_idle,
          .session_time = settings.session_time,
          .max_upload = settings.max_upload};
}

}  // namespace

Expected<std::unique_ptr<accounts::Accounts>> open_accounts(const config::Settings& settings) {
  std::error_code error;
  fs::create_directories(data_folder(settings), error);
  auto accounts = store_sqlite::open_accounts(
      {.path = data_folder(settings) + "/web.sqlite", .cache_octets = std::uint64_t{4} << 20});
  if (accounts) return std::move(*accounts);
  return std::unexpected(store_failure(accounts.error()));
}

Expected<std::unique_ptr<WebRole>> WebRole::start(const config::Settings& settings,
                                                  const ReceiveRole* receive, ops::Log& log,
                                                  ops::Metrics& metrics) {
  std::unique_ptr<WebRole> role(new WebRole(settings, log, metrics));
  if (auto opened = role->open(receive); !opened) {
    return std::unexpected(std::move(opened.error()));
  }
  role->show();
  role->thread_ = std::thread([self = role.get()] { self->tidy(); });
  return role;
}

WebRole::~WebRole() {
  if (server_) stop();
}

Expected<> WebRole::open(const ReceiveRole* receive) {
  const auto at = net::parse_endpoint(settings_.web.listen);
  if (!at) return fail(Status::bad_data, "[web] listen: " + at.error().what);
  ASSAY_TRY(accounts, open_accounts(settings_));
  accounts_ = std::move(accounts);
  ASSAY_TRY(world, WebWorld::open(settings_, receive, log_, metrics_));
  world_ = std::move(world);
  api_ = std::make_unique<webapi::Api>(api_options(settings_.web, *at), *accounts_, *world_);
  files_ = std::make_unique<webapi::StaticFiles>(pages_folder(settings_.web));
  auto server = webapi::Server::start(server_settings(*at), *api_, *files_);
  if (!server) {
    const bool tls = server.error().code == "tls";
    return fail(tls ? Status::bad_data : Status::unavailable, "[web]: " + server.error().what);
  }
  server_ = std::move(*server);
  return {};
}

webapi::ServerSettings WebRole::server_settings(const net::Endpoint& at) {
  return {.at = at,
          .certificate = settings_.web.certificate,
          .key = settings_.web.key,
          .max_connections = settings_.web.max_connections,
          .trusts =
              [this](const IpAddress& address) {
                return std::ranges::any_of(
                    settings_.web.trusted_proxies,
                    [&](const config::Network& each) { return each.holds(address); });
              },
          .now = machine_time,
          .told =
              [this](std::string_view what, int status, std::chrono::microseconds took) {
                metrics_
                    .counter("assay_web_answers_total", "Answers to browsers and programs",
                             {{"endpoint", std::string(what)}, {"status", std::to_string(status)}})
                    .add();
                metrics_
                    .histogram("assay_web_seconds", "From the request to the end of the answer",
                               ops::latency_bounds(), {{"endpoint", std::string(what)}})
                    .observe(std::chrono::duration<double>(took).count());
              }};
}

void WebRole::show() {
  using Kind = ops::Metrics::Kind;
  const webapi::Server* const server = server_.get();
  metrics_.read(Kind::gauge, "assay_web_connections", "Connections of browsers", {},
                [=] { return static_cast<double>(server->stats().open); });
  metrics_.read(Kind::counter, "assay_web_connections_refused_total",
                "Connections beyond the limit", {},
                [=] { return static_cast<double>(server->stats().refused); });
}

std::string WebRole::url() const {
  const bool tls = !settings_.web.certificate.empty();
  std::string host = server_->address();
  if (!settings_.web.hosts.empty()) {
    host = settings_.web.hosts.front() + host.substr(host.rfind(':'));
  }
  std::string url = (tls ? "https://" : "http://") + host + "/";
  const auto has_users = accounts_->has_users();
  if (has_users && !*has_users) url += "#/setup?token=" + api_->setup_token();
  return url;
}

std::size_t WebRole::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  return server_->stop(patience);
}

void WebRole::set_trouble(const std::string& what) {
  {
    const std::scoped_lock lock(mutex_);
    if (trouble_ == what) return;
    trouble_ = what;
  }
  if (what.empty()) return;
  log_.write(ops::LogLevel::error, "web_failed",
             [&](ops::Fields& fields) { fields.text("what", what); });
}

std::vector<std::string> WebRole::troubles() const {
  const std::scoped_lock lock(mutex_);
  if (trouble_.empty()) return {};
  return {trouble_};
}

/// Certificates that were replaced, sessions that are over.
void WebRole::tidy() {
  for (;;) {
    auto done = server_->refresh();
    if (done) done = api_->tidy(machine_time());
    set_trouble(done ? "" : done.error().what);
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, look_every, [&] { return stopping_; })) return;
  }
}

}  // namespace assay::cli
