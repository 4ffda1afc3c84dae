#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "assay/crypto/password.h"
#include "system/accounts/accounts.h"
#include "system/accounts/login_guard.h"
#include "system/webapi/http.h"
#include "system/webapi/world.h"

/// The interface of the web pages (api/README.md): requests as values in, answers as values out.
///
///     webapi::Api api(options, *accounts, world);
///     auto admitted = api.admit(request);   // before the body is read
///     if (const auto* refused = std::get_if<Response>(&admitted)) return *refused;
///     … read at most std::get<Admission>(admitted).max_body octets …
///     return api.answer(std::get<Admission>(admitted), request, body);
///
/// Who may what is decided in admit() alone, by the table of routes (routes.h); what of the reports
/// he sees, in VisibleReports.
namespace assay::webapi {

struct ApiOptions {
  std::string version = {};
  bool read_only = false;
  /// Only a Host of these is answered, or one of this machine's own where `loopback` is set; empty
  /// and not loopback: any.
  std::vector<std::string> hosts = {};
  bool loopback = true;
  std::chrono::seconds session_idle = std::chrono::hours{12};
  std::chrono::seconds session_time = std::chrono::days{7};
  std::size_t max_upload = std::size_t{50} << 20;
  crypto::PasswordCost password_cost = {};
  accounts::LoginGuard::Limits login = {};
};

struct Route;

/// Who asks.
struct Actor {
  std::string user = {};
  accounts::Role role = accounts::Role::viewer;
  std::vector<std::string> groups = {};
  accounts::Scope scope = {};
  std::string session = {};  ///< its digest; empty: by a token
  std::string csrf = {};     ///< empty: by a token
};

/// A request that may be answered.
struct Admission {
  const Route* route = nullptr;
  std::vector<std::string> parameters = {};  ///< what stands for the `:name`s of the route
  Target target = {};
  std::optional<Actor> actor = {};
  std::size_t max_body = 0;
};

class Api {
 public:
  /// What is given outlives it.
  Api(const ApiOptions& options, accounts::Accounts& accounts, World& world);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// Safe to call from several threads, as is answer().
  std::variant<Response, Admission> admit(const Request& request);
  Response answer(const Admission& admission, const Request& request, std::string body);

  /// For the first administrator; it stays the same while the process runs.
  const std::string& setup_token() const;
  /// Forgets sessions that are over and deeds older than a year.
  Expected<> tidy(Instant now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether a target is the interface's, and not a file's.
bool is_api(std::string_view target);

}  // namespace assay::webapi
