#include "system/webapi/routes.h"

#include <array>

#include "system/webapi/detail/call.h"

namespace assay::webapi {
namespace {

using enum Needs;
constexpr Effect none = Effect::none, session = Effect::session, change = Effect::change;
constexpr Takes nothing = Takes::nothing, json = Takes::json;

constexpr std::array all = {
    Route{"GET", "/session", nobody, none, nothing, "", get_session},
    Route{"POST", "/setup", nobody, change, json, "setup", post_setup},
    Route{"POST", "/session", nobody, session, json, "session.open", post_session},
    Route{"DELETE", "/session", viewer, session, nothing, "session.end", delete_session},
    Route{"PUT", "/session/password", viewer, change, json, "user.password", put_password},
    Route{"GET", "/show/:question", viewer, none, nothing, "", get_show},
    Route{"GET", "/overview", viewer, none, nothing, "", get_overview},
    Route{"GET", "/domains", viewer, none, nothing, "", get_domains},
    Route{"GET", "/reports", viewer, none, nothing, "", get_reports},
    Route{"GET", "/reports/:id", viewer, none, nothing, "", get_report},
    Route{"GET", "/reports/:id/raw", viewer, none, nothing, "", get_raw},
    Route{"POST", "/reports", analyst, change, Takes::octets, "reports.upload", post_reports},
    Route{"POST", "/verify", viewer, none, Takes::message, "", post_verify},
    Route{"GET", "/health", viewer, none, nothing, "", get_health},
    Route{"GET", "/alerts", viewer, none, nothing, "", get_alerts},
    Route{"GET", "/marks", viewer, none, nothing, "", get_marks},
    Route{"POST", "/marks", analyst, change, json, "mark", post_marks},
    Route{"GET", "/users", administrator, none, nothing, "", get_users},
    Route{"POST", "/users", administrator, change, json, "user.add", post_users},
    Route{"PATCH", "/users/:name", administrator, change, json, "user.change", patch_user},
    Route{"DELETE", "/users/:name", administrator, change, nothing, "user.remove", delete_user},
    Route{"GET", "/groups", administrator, none, nothing, "", get_groups},
    Route{"POST", "/groups", administrator, change, json, "group.add", post_groups},
    Route{"PATCH", "/groups/:name", administrator, change, json, "group.change", patch_group},
    Route{"DELETE", "/groups/:name", administrator, change, nothing, "group.remove", delete_group},
    Route{"GET", "/tokens", viewer, none, nothing, "", get_tokens},
    Route{"POST", "/tokens", viewer, change, json, "token.add", post_tokens},
    Route{"DELETE", "/tokens/:id", viewer, change, nothing, "token.remove", delete_token},
    Route{"GET", "/audit", administrator, none, nothing, "", get_audit},
    Route{"GET", "/channels", administrator, none, nothing, "", get_channels},
    Route{"POST", "/channels/:name/test", administrator, change, nothing, "channel.test",
          post_channel_test},
    Route{"GET", "/retention", administrator, none, nothing, "", get_retention},
    Route{"PUT", "/retention", administrator, change, json, "retention", put_retention},
    Route{"POST", "/demo", administrator, change, nothing, "demo.load", post_demo},
    Route{"DELETE", "/demo", administrator, change, nothing, "demo.erase", delete_demo}};

}  // namespace

std::span<const Route> routes() {
  return all;
}

std::string_view to_text(Needs needs) {
  constexpr std::array<std::string_view, 4> words = {"everyone", "viewer", "analyst",
                                                     "administrator"};
  return words[static_cast<std::size_t>(needs)];
}

}  // namespace assay::webapi
