#include "system/webapi/api.h"

#include <algorithm>
#include <array>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"
#include "assay/base/try.h"
#include "assay/crypto/random.h"
#include "system/webapi/detail/call.h"

namespace assay::webapi {
namespace {

using accounts::Role;

constexpr std::size_t max_json = 64U << 10;
constexpr std::size_t max_message = 25U << 20;
constexpr std::chrono::seconds touch_every{60};  ///< a session that is used is written so often
constexpr auto keep_deeds = std::chrono::days{365};

/// The segments below /api/v1; nothing: it is not there.
std::optional<std::span<const std::string>> below_api(const Target& target) {
  const std::span<const std::string> path = target.path;
  if (path.size() < 2 || path[0] != "api" || path[1] != "v1") return std::nullopt;
  return path.subspan(2);
}

/// What stands for the `:name`s; nothing where the pattern is another.
std::optional<std::vector<std::string>> match(std::string_view pattern,
                                              std::span<const std::string> path) {
  const auto wanted = ascii::split(pattern.substr(1), '/');
  if (wanted.size() != path.size()) return std::nullopt;
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with(':')) {
      parameters.push_back(path[i]);
    } else if (wanted[i] != path[i]) {
      return std::nullopt;
    }
  }
  return parameters;
}

/// A refusal, or nothing.
using Refusal = std::optional<Response>;

Refusal find_route(std::string_view method, Admission& admission) {
  const auto path = below_api(admission.target);
  std::string allowed;
  if (path) {
    for (const Route& each : routes()) {
      auto parameters = match(each.pattern, *path);
      if (!parameters) continue;
      if (each.method == method || (each.method == "GET" && method == "HEAD")) {
        admission.route = &each;
        admission.parameters = std::move(*parameters);
        return std::nullopt;
      }
      allowed += (allowed.empty() ? "" : ", ") + std::string(each.method);
    }
  }
  if (allowed.empty()) return error_response(404, "not_found", "there is nothing of that name");
  Response response = error_response(405, "method", "that cannot be done with it");
  response.fields.emplace_back("Allow", allowed);
  return response;
}

bool is_own_host(std::string_view host) {
  if (host == "localhost") return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return IpAddress::parse(host).has_value();
}

/// DNS rebinding: a page of a stranger, whose name leads to this host, must not speak to it.
Refusal check_host(const Request& request, const ApiOptions& options) {
  const auto host = host_of(request.field("host"));
  const bool listed = host && std::ranges::find(options.hosts, *host) != options.hosts.end();
  const bool any = options.hosts.empty() && !options.loopback;
  if (host && (listed || any || (options.loopback && is_own_host(*host)))) return std::nullopt;
  return error_response(400, "bad_host",
                        "this name is not known here; name it in [web] hosts if it is yours");
}

/// A page of another origin must change nothing, whatever cookies come along.
Refusal check_origin(const Request& request) {
  const std::string_view site = request.field("sec-fetch-site");
  const std::string_view origin = request.field("origin");
  const std::size_t slashes = origin.find("://");
  const bool same = origin.empty() || (slashes != std::string_view::npos &&
                                       ascii::to_lower(origin.substr(slashes + 3)) ==
                                           ascii::to_lower(request.field("host")));
  if (same && (site.empty() || site == "same-origin" || site == "none")) return std::nullopt;
  return error_response(403, "foreign_origin", "a page of another site asks for it");
}

/// The media type without its parameters, in lower case.
std::string media_type(std::string_view field) {
  return ascii::to_lower(ascii::trim_wsp(field.substr(0, field.find(';'))));
}

Refusal check_body(const Request& request, const Route& route) {
  if (!request.field("content-encoding").empty()) {
    return error_response(415, "media_type", "send it as it is, without Content-Encoding");
  }
  const std::string type = media_type(request.field("content-type"));
  const bool wants_json = route.takes == Takes::json || route.takes == Takes::message;
  if (wants_json && type != "application/json") {
    return error_response(415, "media_type", "send it with Content-Type: application/json");
  }
  if (route.takes == Takes::octets && type != "application/octet-stream") {
    return error_response(415, "media_type", "send it with Content-Type: application/octet-stream");
  }
  return std::nullopt;
}

std::size_t body_limit(const Route& route, const ApiOptions& options) {
  switch (route.takes) {
    case Takes::nothing:
      return 0;
    case Takes::json:
      return max_json;
    case Takes::message:
      return max_message;
    case Takes::octets:
      return options.max_upload;
  }
  return 0;
}

Response not_signed_in(std::string_view what) {
  Response response = error_response(401, "not_signed_in", what);
  response.fields.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

std::string csrf_of(std::string_view secret) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char octet : accounts::keep_secret("csrf " + std::string(secret))) {
    const auto value = static_cast<unsigned char>(octet);
    text += digits[value >> 4U];
    text += digits[value & 15U];
  }
  return text;
}

struct Api::State {
  Parts parts;

  Expected<std::optional<Actor>> find_actor(const Request& request);
  Expected<std::optional<Actor>> by_token(std::string_view token, Instant now);
  Expected<std::optional<Actor>> by_session(std::string_view secret, Instant now);
  Expected<std::optional<Actor>> actor_of(const std::string& name, Role most);
  Refusal permit(const Request& request, Admission& admission);
  void note(const Call& call, const Response& response) const;
};

Expected<std::optional<Actor>> Api::State::actor_of(const std::string& name, Role most) {
  ASSAY_TRY(user, parts.accounts.user(name));
  if (!user) return std::optional<Actor>();
  Actor actor{.user = user->name, .role = std::min(user->role, most), .groups = user->groups};
  if (user->role == Role::administrator) {
    actor.scope = accounts::Scope::everything();
  } else {
    ASSAY_TRY(patterns, parts.accounts.patterns_of(name));
    actor.scope = accounts::Scope::of(patterns);
  }
  return std::optional<Actor>(std::move(actor));
}

Expected<std::optional<Actor>> Api::State::by_token(std::string_view token, Instant now) {
  ASSAY_TRY(found, parts.accounts.token(accounts::keep_secret(token)));
  if (!found || (found->expires && *found->expires <= now)) return std::optional<Actor>();
  if (!parts.options.read_only && (!found->last_used || *found->last_used + touch_every <= now)) {
    auto touched = parts.accounts.touch_token(found->id, now);
    if (!touched) return std::unexpected(std::move(touched.error()));
  }
  return actor_of(found->user, found->role);
}

Expected<std::optional<Actor>> Api::State::by_session(std::string_view secret, Instant now) {
  const std::string kept = accounts::keep_secret(secret);
  ASSAY_TRY(found, parts.accounts.session(kept));
  if (!found || found->created + parts.options.session_time <= now ||
      found->last_seen + parts.options.session_idle <= now) {
    return std::optional<Actor>();
  }
  if (found->last_seen + touch_every <= now) {
    auto touched = parts.accounts.touch_session(kept, now);
    if (!touched) return std::unexpected(std::move(touched.error()));
  }
  ASSAY_TRY(actor, actor_of(found->user, Role::administrator));
  if (actor) {
    actor->session = kept;
    actor->csrf = csrf_of(secret);
  }
  return actor;
}

Expected<std::optional<Actor>> Api::State::find_actor(const Request& request) {
  constexpr std::string_view bearer = "Bearer ";
  const std::string_view authorization = request.field("authorization");
  if (authorization.starts_with(bearer)) {
    return by_token(authorization.substr(bearer.size()), request.now);
  }
  const auto secret = cookie(request.field("cookie"), "assay_session");
  if (!secret) return std::optional<Actor>();
  return by_session(*secret, request.now);
}

/// Who may what: the one place.
Refusal Api::State::permit(const Request& request, Admission& admission) {
  const Route& route = *admission.route;
  auto actor = find_actor(request);
  if (!actor) return error_response(actor.error());
  admission.actor = std::move(*actor);
  const bool anonymous = !admission.actor.has_value();
  if (route.needs != Needs::nobody) {
    if (anonymous) return not_signed_in("sign in first");
    const auto least = static_cast<Role>(static_cast<int>(route.needs) - 1);
    if (admission.actor->role < least) {
      return error_response(403, "not_permitted",
                            "that needs the role " + std::string(to_text(route.needs)));
    }
  }
  if (route.method == "GET") return std::nullopt;
  if (auto foreign = check_origin(request)) return foreign;
  const bool by_cookie = !anonymous && !admission.actor->session.empty();
  if (route.needs != Needs::nobody && by_cookie &&
      !crypto::equal_secrets(request.field("x-assay-csrf"), admission.actor->csrf)) {
    return error_response(403, "csrf", "X-Assay-CSRF is missing or old; ask GET /session for it");
  }
  if (parts.options.read_only && route.effect == Effect::change) {
    return error_response(403, "read_only", "these pages are set to be read only");
  }
  return check_body(request, route);
}

/// What was done, by whom. An audit log that cannot be written must not undo what is done.
void Api::State::note(const Call& call, const Response& response) const {
  if (call.admission.route->effect == Effect::none) return;
  std::string outcome = "done";
  if (response.status >= 400) {
    const json::Reading reading = json::read(response.body);
    for (const json::Member& error : reading.value.members) {
      for (const json::Member& each : error.value.members) {
        if (each.name == "code") outcome = each.value.text;
      }
    }
  }
  static_cast<void>(parts.accounts.note(
      {.at = call.request.now,
       .user = call.admission.actor ? call.admission.actor->user : std::string(),
       .address = call.request.client,
       .action = std::string(call.admission.route->action),
       .object = call.object,
       .outcome = std::move(outcome)}));
}

Api::Api(const ApiOptions& options, accounts::Accounts& accounts, World& world)
    : state_(new State{.parts = {.options = options,
                                 .accounts = accounts,
                                 .world = world,
                                 .guard = accounts::LoginGuard(options.login),
                                 .setup_token = crypto::random_hex(32),
                                 .nobodys_password = {}}}) {
  Parts& parts = state_->parts;
  parts.nobodys_password =
      crypto::hash_password(crypto::random_hex(16), parts.options.password_cost).value_or("");
}

Api::~Api() = default;

const std::string& Api::setup_token() const {
  return state_->parts.setup_token;
}

std::variant<Response, Admission> Api::admit(const Request& request) {
  if (auto refusal = check_host(request, state_->parts.options)) return std::move(*refusal);
  auto target = parse_target(request.target);
  if (!target) return bad_request("this is no path, or no query");
  Admission admission{.target = std::move(*target)};
  if (auto refusal = find_route(request.method, admission)) return std::move(*refusal);
  if (auto refusal = state_->permit(request, admission)) return std::move(*refusal);
  admission.max_body = body_limit(*admission.route, state_->parts.options);
  return admission;
}

Response Api::answer(const Admission& admission, const Request& request, std::string body) {
  Call call{
      .parts = state_->parts, .request = request, .admission = admission, .body = std::move(body)};
  Response response = call.body.size() > admission.max_body
                          ? error_response(413, "too_large", "the body is too large")
                          : admission.route->handle(call);
  state_->note(call, response);
  return response;
}

Expected<> Api::tidy(Instant now) {
  const Parts& parts = state_->parts;
  auto ended = parts.accounts.end_sessions(now - parts.options.session_time,
                                           now - parts.options.session_idle);
  if (!ended) return ended;
  return parts.accounts.forget_deeds(now - keep_deeds);
}

bool is_api(std::string_view target) {
  return target == "/api" || target.starts_with("/api/") || target.starts_with("/api?");
}

}  // namespace assay::webapi
