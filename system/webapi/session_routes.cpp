/// Signing in and out.
#include <array>

#include "assay/base/ip_address.h"
#include "assay/base/try.h"
#include "assay/crypto/random.h"
#include "system/webapi/detail/call.h"

namespace assay::webapi {
namespace {

using accounts::Role;

constexpr std::size_t secret_octets = 32;
constexpr std::string_view everybodys_group = "all";

/// An IPv6 client owns a /64: that is the address that tries are counted of.
std::string counted_address(const std::string& client) {
  const auto address = IpAddress::parse(client);
  if (!address || address->is_v4()) return client;
  std::array<std::uint8_t, 16> octets = {};
  for (std::size_t i = 0; i < 8; ++i) octets[i] = static_cast<std::uint8_t>(address->octets()[i]);
  return to_text(IpAddress::from_v6(octets)) + "/64";
}

Response session_response(Call& call, const std::optional<Actor>& actor) {
  auto has_users = call.parts.accounts.has_users();
  if (!has_users) return error_response(has_users.error());
  json::Writer out;
  out.begin_object();
  out.key("user");
  bool demo = false;
  if (actor) {
    out.begin_object();
    out.member_always("name", actor->user);
    out.member("role", accounts::to_text(actor->role));
    out.member_always("groups", actor->groups);
    out.member_boolean("all_domains", actor->scope.sees_all());
    out.end_object();
    if (auto all = call.parts.world.reports()) demo = call.parts.world.is_demo(**all);
  } else {
    out.raw("null");
  }
  out.member_boolean("setup_needed", !*has_users);
  out.member_always("csrf", actor ? actor->csrf : "");
  out.member_boolean("read_only", call.parts.options.read_only);
  out.member("version", call.parts.options.version);
  out.member_boolean("demo", demo);
  out.end_object();
  return json_response(200, out.take());
}

/// The cookie of a session. SameSite=Strict: no link of a stranger carries it along.
std::string cookie_of(const Call& call, std::string_view secret, std::chrono::seconds age) {
  return "assay_session=" + std::string(secret) +
         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(age.count()) +
         (call.request.secure ? "; Secure" : "");
}

/// Answers as GET /session of the one who just signed in would be.
Response begin_session(Call& call, const std::string& name) {
  const std::string secret = crypto::random_hex(secret_octets);
  const Instant now = call.request.now;
  const std::string kept = accounts::keep_secret(secret);
  auto opened =
      call.parts.accounts.open_session(kept, {.user = name, .created = now, .last_seen = now});
  if (opened) opened = call.parts.accounts.touch_session(kept, now);
  if (!opened) return error_response(opened.error());
  auto user = call.parts.accounts.user(name);
  auto patterns = call.parts.accounts.patterns_of(name);
  if (!user || !*user || !patterns) return error_response(503, "busy", "try again");
  const bool leads = (*user)->role == Role::administrator;
  const Actor actor{.user = name,
                    .role = (*user)->role,
                    .groups = (*user)->groups,
                    .scope = leads ? accounts::Scope::everything() : accounts::Scope::of(*patterns),
                    .session = kept,
                    .csrf = csrf_of(secret)};
  Response response = session_response(call, actor);
  response.fields.emplace_back("Set-Cookie",
                               cookie_of(call, secret, call.parts.options.session_time));
  return response;
}

/// Costs the same for names that do not exist.
Expected<bool> knows_password(Parts& parts, const std::string& name, const std::string& password) {
  ASSAY_TRY(kept, parts.accounts.password(name));
  parts.hashing.acquire();
  const bool right = crypto::is_password(kept.value_or(parts.nobodys_password), password);
  parts.hashing.release();
  return right && kept.has_value();
}

Response too_many_tries(std::chrono::seconds wait) {
  Response response = error_response(429, "too_many_tries", "too many tries; wait some minutes");
  response.fields.emplace_back("Retry-After", std::to_string(wait.count()));
  return response;
}

}  // namespace

Response get_session(Call& call) {
  return session_response(call, call.admission.actor);
}

Response post_setup(Call& call) {
  Members members(call.body, {"name", "password", "setup_token"});
  const std::string name = members.text("name"), password = members.text("password");
  const std::string token = members.text("setup_token");
  if (!members.trouble().empty()) return bad_request(members.trouble());
  const std::string address = counted_address(call.request.client);
  if (const auto wait = call.parts.guard.may_try(address, "setup " + address, call.request.now)) {
    return too_many_tries(*wait);
  }
  auto has_users = call.parts.accounts.has_users();
  if (!has_users) return error_response(has_users.error());
  if (*has_users) return error_response(403, "set_up_already", "there is an administrator already");
  if (!crypto::equal_secrets(token, call.parts.setup_token)) {
    return error_response(403, "setup_token",
                          "this is not the link that the program printed when it was started");
  }
  call.parts.guard.succeeded(address, "setup " + address);
  if (const auto trouble = accounts::trouble_of_name(name); !trouble.empty()) {
    return bad_request(trouble);
  }
  if (const auto trouble = accounts::trouble_of_password(password, name); !trouble.empty()) {
    return bad_request(trouble);
  }
  call.object = name;
  auto kept = keep_password(call.parts, password);
  if (!kept) return error_response(kept.error());
  // Whoever sees every domain without being an administrator is in this group.
  static_cast<void>(
      call.parts.accounts.add_group({.name = std::string(everybodys_group), .domains = {"*"}}));
  auto added = call.parts.accounts.add_user({.name = name,
                                             .role = Role::administrator,
                                             .groups = {std::string(everybodys_group)},
                                             .created = call.request.now},
                                            *kept, accounts::Only::first);
  if (!added) return error_response(added.error());
  return begin_session(call, name);
}

Response post_session(Call& call) {
  Members members(call.body, {"name", "password"});
  const std::string name = members.text("name"), password = members.text("password");
  if (!members.trouble().empty()) return bad_request(members.trouble());
  const bool sound = accounts::trouble_of_name(name).empty() && password.size() <= 1024;
  const std::string address = counted_address(call.request.client);
  if (const auto wait =
          call.parts.guard.may_try(address, sound ? name : std::string(), call.request.now)) {
    return too_many_tries(*wait);
  }
  auto right = knows_password(call.parts, sound ? name : std::string(), password);
  if (!right) return error_response(right.error());
  if (!*right) {
    // A name that is none may be a password in the wrong place: it is not noted.
    auto user = call.parts.accounts.user(sound ? name : std::string());
    if (user && *user) call.object = name;
    return error_response(401, "wrong_password", "the name or the password is wrong");
  }
  call.object = name;
  call.parts.guard.succeeded(address, name);
  return begin_session(call, name);
}

Response delete_session(Call& call) {
  if (call.actor().session.empty()) return bad_request("a token has no session; remove the token");
  auto ended = call.parts.accounts.end_session(call.actor().session);
  if (!ended) return error_response(ended.error());
  Response response = no_content();
  response.fields.emplace_back("Set-Cookie", cookie_of(call, "", std::chrono::seconds{0}));
  return response;
}

Response put_password(Call& call) {
  if (call.actor().session.empty()) return bad_request("sign in to change the password");
  Members members(call.body, {"old", "new"});
  const std::string before = members.text("old"), wanted = members.text("new");
  if (!members.trouble().empty()) return bad_request(members.trouble());
  const std::string& name = call.actor().user;
  call.object = name;
  const std::string address = counted_address(call.request.client);
  if (const auto wait = call.parts.guard.may_try(address, name, call.request.now)) {
    return too_many_tries(*wait);
  }
  auto right = knows_password(call.parts, name, before);
  if (!right) return error_response(right.error());
  if (!*right) return error_response(403, "wrong_password", "the old password is wrong");
  call.parts.guard.succeeded(address, name);
  if (const auto trouble = accounts::trouble_of_password(wanted, name); !trouble.empty()) {
    return bad_request(trouble);
  }
  auto kept = keep_password(call.parts, wanted);
  if (!kept) return error_response(kept.error());
  auto changed = call.parts.accounts.change_user(name, {.password = *kept}, call.actor().session);
  return changed ? no_content() : error_response(changed.error());
}

}  // namespace assay::webapi
