#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <vector>

#include "system/json/value.h"
#include "system/json/writer.h"
#include "system/webapi/api.h"
#include "system/webapi/routes.h"
#include "system/webapi/visible_reports.h"

namespace assay::webapi {

/// Passwords are hashed by few at a time: each takes 64 MiB.
inline constexpr std::ptrdiff_t hashing_at_once = 2;

/// What all requests share.
struct Parts {
  ApiOptions options;
  accounts::Accounts& accounts;
  World& world;
  accounts::LoginGuard guard;
  std::string setup_token;
  std::string nobodys_password;  ///< as it is kept; for names that do not exist
  std::counting_semaphore<> hashing{hashing_at_once};
};

/// One request on its way through its handler.
struct Call {
  Parts& parts;
  const Request& request;
  const Admission& admission;
  std::string body = {};
  std::string object = {};  ///< for the audit log: whom or what it was done to
  std::shared_ptr<store::ReceivedReports> all = {};
  std::optional<VisibleReports> visible = {};

  /// Only where the route needs somebody.
  const Actor& actor() const { return *admission.actor; }
  const std::string& parameter(std::size_t at) const { return admission.parameters[at]; }
  const std::string& query(std::string_view name) const { return admission.target.value(name); }
  /// The reports that the actor sees.
  Expected<VisibleReports*> reports();
};

/// The members of a JSON object that was sent. What is wrong is told once, at the end.
class Members {
 public:
  /// Others than `known` are wrong.
  Members(std::string_view text, std::initializer_list<std::string_view> known);

  std::optional<std::string> maybe_text(std::string_view name);
  /// Empty where there is none.
  std::string text(std::string_view name) { return maybe_text(name).value_or(""); }
  std::optional<std::vector<std::string>> texts(std::string_view name);
  /// 0 where there is none.
  std::uint64_t number(std::string_view name);
  std::vector<std::string> names() const;

  /// The first that was wrong; empty: nothing.
  const std::string& trouble() const { return trouble_; }
  void complain(std::string what);

 private:
  const json::Value* find(std::string_view name) const;
  json::Value value_ = {};
  std::string trouble_ = {};
};

Response bad_request(std::string_view what);
/// A page of a list: 1 to `most`, `usual` where nothing is said; nothing for other text.
std::optional<std::size_t> limit_of(const Call& call, std::size_t usual, std::size_t most);
/// The number in a text; nothing for what is no positive one.
std::optional<std::int64_t> id_of(std::string_view text);

/// null where there is none.
void member_instant(json::Writer& out, std::string_view name, const std::optional<Instant>& at);

// session_routes.cpp
Response get_session(Call& call);
Response post_setup(Call& call);
Response post_session(Call& call);
Response delete_session(Call& call);
Response put_password(Call& call);
// account_routes.cpp
Response get_users(Call& call);
Response post_users(Call& call);
Response patch_user(Call& call);
Response delete_user(Call& call);
Response get_groups(Call& call);
Response post_groups(Call& call);
Response patch_group(Call& call);
Response delete_group(Call& call);
Response get_tokens(Call& call);
Response post_tokens(Call& call);
Response delete_token(Call& call);
Response get_audit(Call& call);
// report_routes.cpp
Response get_show(Call& call);
Response get_overview(Call& call);
Response get_domains(Call& call);
Response get_reports(Call& call);
Response get_report(Call& call);
Response get_raw(Call& call);
Response post_reports(Call& call);
Response get_marks(Call& call);
Response post_marks(Call& call);
// operate_routes.cpp
Response get_health(Call& call);
Response get_alerts(Call& call);
Response post_verify(Call& call);
Response get_channels(Call& call);
Response post_channel_test(Call& call);
Response get_retention(Call& call);
Response put_retention(Call& call);
Response post_demo(Call& call);
Response delete_demo(Call& call);

/// What X-Assay-CSRF must say beside the cookie of a session.
std::string csrf_of(std::string_view secret);

/// A password as it is kept. Errors: `busy`.
Expected<std::string> keep_password(Parts& parts, std::string_view password);

}  // namespace assay::webapi
