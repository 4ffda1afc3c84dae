/// Users, groups, tokens, the audit log.
#include <algorithm>

#include "assay/base/try.h"
#include "assay/crypto/random.h"
#include "system/webapi/detail/call.h"

namespace assay::webapi {
namespace {

using accounts::Group;
using accounts::Role;
using accounts::Token;
using accounts::User;

constexpr std::size_t deeds_of_page = 100;
constexpr std::size_t most_deeds = 1000;
constexpr std::uint64_t most_days = 36'500;
constexpr std::size_t most_domains = 10'000;

void write(json::Writer& out, const User& user) {
  out.begin_object();
  out.member_always("name", user.name);
  out.member("role", accounts::to_text(user.role));
  out.member_always("groups", user.groups);
  out.member("created", to_rfc3339(user.created));
  member_instant(out, "last_seen", user.last_seen);
  out.end_object();
}

void write(json::Writer& out, const Group& group) {
  out.begin_object();
  out.member_always("name", group.name);
  out.member_always("domains", group.domains);
  out.end_object();
}

/// `secret`: shown this once; empty: not.
void write(json::Writer& out, const Token& token, std::string_view secret) {
  out.begin_object();
  out.member_number("id", static_cast<std::uint64_t>(token.id));
  out.member("user", token.user);
  out.member_always("name", token.name);
  out.member("role", accounts::to_text(token.role));
  out.member("created", to_rfc3339(token.created));
  member_instant(out, "last_used", token.last_used);
  member_instant(out, "expires", token.expires);
  out.member("token", secret);
  out.end_object();
}

void write(json::Writer& out, const accounts::Deed& deed) {
  out.begin_object();
  out.member_number("id", static_cast<std::uint64_t>(deed.id));
  out.member("at", to_rfc3339(deed.at));
  out.member_always("user", deed.user);
  out.member_always("address", deed.address);
  out.member("action", deed.action);
  out.member_always("object", deed.object);
  out.member("outcome", deed.outcome);
  out.end_object();
}

template <class Things, class Write>
Response list_response(std::string_view name, const Things& things, const Write& write_one) {
  json::Writer out;
  out.begin_object();
  out.key(name);
  out.begin_array();
  for (const auto& each : things) write_one(out, each);
  out.end_array();
  out.end_object();
  return json_response(200, out.take());
}

template <class Thing>
Response one_response(int status, const Thing& thing) {
  json::Writer out;
  write(out, thing);
  return json_response(status, out.take());
}

/// The user as he is now.
Response user_response(Call& call, int status, const std::string& name) {
  auto user = call.parts.accounts.user(name);
  if (!user) return error_response(user.error());
  if (!*user) return error_response(404, "not_found", "there is no such user");
  return one_response(status, **user);
}

std::optional<Role> role_in(Members& members) {
  const auto word = members.maybe_text("role");
  if (!word) return std::nullopt;
  const auto role = accounts::parse_role(*word);
  if (!role) members.complain("role is viewer, analyst or administrator");
  return role;
}

void check_name(Members& members, std::string_view name) {
  if (const auto trouble = accounts::trouble_of_name(name); !trouble.empty()) {
    members.complain(std::string(trouble));
  }
}

void check_password(Members& members, std::string_view password, std::string_view name) {
  if (const auto trouble = accounts::trouble_of_password(password, name); !trouble.empty()) {
    members.complain(std::string(trouble));
  }
}

/// Patterns as they are kept.
std::vector<std::string> domains_in(Members& members) {
  std::vector<std::string> patterns;
  const auto given = members.texts("domains");
  if (!given) {
    members.complain("say the domains of the group");
    return patterns;
  }
  if (given->size() > most_domains) members.complain("a group has 10,000 domains at most");
  for (const std::string& each : *given) {
    std::string pattern = accounts::normal_pattern(each);
    if (pattern.empty()) {
      members.complain("domains are like example.com, *.example.com (those below it) or * (all)");
    }
    patterns.push_back(std::move(pattern));
  }
  std::ranges::sort(patterns);
  const auto rest = std::ranges::unique(patterns);
  patterns.erase(rest.begin(), rest.end());
  return patterns;
}

}  // namespace

Response get_users(Call& call) {
  auto users = call.parts.accounts.users();
  if (!users) return error_response(users.error());
  return list_response("users", *users,
                       [](json::Writer& out, const User& each) { write(out, each); });
}

Response post_users(Call& call) {
  Members members(call.body, {"name", "password", "role", "groups"});
  User user{.name = members.text("name"), .created = call.request.now};
  const std::string password = members.text("password");
  user.role = role_in(members).value_or(Role::viewer);
  user.groups = members.texts("groups").value_or(std::vector<std::string>());
  check_name(members, user.name);
  check_password(members, password, user.name);
  if (!members.trouble().empty()) return bad_request(members.trouble());
  call.object = user.name;
  auto kept = keep_password(call.parts, password);
  if (!kept) return error_response(kept.error());
  auto added = call.parts.accounts.add_user(user, *kept, accounts::Only::any);
  return added ? user_response(call, 201, user.name) : error_response(added.error());
}

Response patch_user(Call& call) {
  const std::string& name = call.parameter(0);
  call.object = name;
  Members members(call.body, {"role", "groups", "password"});
  accounts::UserChange change{.role = role_in(members), .groups = members.texts("groups")};
  const auto password = members.maybe_text("password");
  if (password) check_password(members, *password, name);
  if (!members.trouble().empty()) return bad_request(members.trouble());
  if (password) {
    auto kept = keep_password(call.parts, *password);
    if (!kept) return error_response(kept.error());
    change.password = std::move(*kept);
  }
  auto changed = call.parts.accounts.change_user(name, change, call.actor().session);
  return changed ? user_response(call, 200, name) : error_response(changed.error());
}

Response delete_user(Call& call) {
  call.object = call.parameter(0);
  auto removed = call.parts.accounts.remove_user(call.parameter(0));
  return removed ? no_content() : error_response(removed.error());
}

Response get_groups(Call& call) {
  auto groups = call.parts.accounts.groups();
  if (!groups) return error_response(groups.error());
  return list_response("groups", *groups,
                       [](json::Writer& out, const Group& each) { write(out, each); });
}

Response post_groups(Call& call) {
  Members members(call.body, {"name", "domains"});
  Group group{.name = members.text("name"), .domains = domains_in(members)};
  check_name(members, group.name);
  if (!members.trouble().empty()) return bad_request(members.trouble());
  call.object = group.name;
  auto added = call.parts.accounts.add_group(group);
  return added ? one_response(201, group) : error_response(added.error());
}

Response patch_group(Call& call) {
  call.object = call.parameter(0);
  Members members(call.body, {"domains"});
  const Group group{.name = call.parameter(0), .domains = domains_in(members)};
  if (!members.trouble().empty()) return bad_request(members.trouble());
  auto changed = call.parts.accounts.change_group(group);
  return changed ? one_response(200, group) : error_response(changed.error());
}

Response delete_group(Call& call) {
  call.object = call.parameter(0);
  auto removed = call.parts.accounts.remove_group(call.parameter(0));
  return removed ? no_content() : error_response(removed.error());
}

Response get_tokens(Call& call) {
  const bool leads = call.actor().role == Role::administrator;
  auto tokens = call.parts.accounts.tokens(leads ? "" : call.actor().user);
  if (!tokens) return error_response(tokens.error());
  return list_response("tokens", *tokens,
                       [](json::Writer& out, const Token& each) { write(out, each, ""); });
}

Response post_tokens(Call& call) {
  Members members(call.body, {"name", "role", "days"});
  Token token{.user = call.actor().user,
              .name = members.text("name"),
              .role = role_in(members).value_or(Role::viewer),
              .created = call.request.now};
  const std::uint64_t days = members.number("days");
  if (days > most_days) members.complain("days are 36,500 at most");
  check_name(members, token.name);
  if (!members.trouble().empty()) return bad_request(members.trouble());
  if (token.role > call.actor().role) {
    return error_response(403, "not_permitted", "a token may not do more than who makes it");
  }
  if (days > 0) token.expires = call.request.now + std::chrono::days{static_cast<int>(days)};
  call.object = token.name;
  const std::string secret = "assay_" + crypto::random_hex(32);
  auto id = call.parts.accounts.add_token(token, accounts::keep_secret(secret));
  if (!id) return error_response(id.error());
  token.id = *id;
  json::Writer out;
  write(out, token, secret);
  return json_response(201, out.take());
}

Response delete_token(Call& call) {
  const auto id = id_of(call.parameter(0));
  if (!id) return error_response(404, "not_found", "there is no such token");
  call.object = call.parameter(0);
  const bool leads = call.actor().role == Role::administrator;
  auto removed = call.parts.accounts.remove_token(*id, leads ? "" : call.actor().user);
  return removed ? no_content() : error_response(removed.error());
}

Response get_audit(Call& call) {
  const auto limit = limit_of(call, deeds_of_page, most_deeds);
  const auto before = call.query("before").empty() ? 0 : id_of(call.query("before"));
  if (!limit || !before) return bad_request("before is a number, limit one up to 1000");
  auto deeds = call.parts.accounts.deeds(*before, *limit);
  if (!deeds) return error_response(deeds.error());
  json::Writer out;
  out.begin_object();
  out.key("entries");
  out.begin_array();
  for (const accounts::Deed& each : *deeds) write(out, each);
  out.end_array();
  out.key("next");
  if (deeds->size() < *limit) {
    out.raw("null");
  } else {
    out.number(static_cast<std::uint64_t>(deeds->back().id));
  }
  out.end_object();
  return json_response(200, out.take());
}

}  // namespace assay::webapi
