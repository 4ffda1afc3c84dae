/// The state of the installation, and what an administrator does with it; messages explained.
#include <algorithm>
#include <limits>

#include "assay/base/base64.h"
#include "assay/base/domain_name.h"
#include "assay/base/try.h"
#include "system/webapi/detail/call.h"

namespace assay::webapi {
namespace {

constexpr std::size_t most_of_today = 20'000;
constexpr std::size_t page = 500;
constexpr auto fresh = std::chrono::hours{72};
/// Reporters tell of a day on the day after it, most of them.
constexpr auto first_report_takes = std::chrono::hours{48};

void write(json::Writer& out, const Channel& channel) {
  out.begin_object();
  out.member("name", channel.name);
  out.member("kind", channel.kind);
  out.member("state", channel.state);
  out.member_always("what", channel.what);
  member_instant(out, "last", channel.last);
  out.end_object();
}

void write(json::Writer& out, const Alert& alert) {
  out.begin_object();
  out.member_number("id", static_cast<std::uint64_t>(alert.id));
  out.member("rule", alert.rule);
  out.member_always("domain", alert.domain);
  out.member("what", alert.what);
  out.member("since", to_rfc3339(alert.since));
  member_instant(out, "until", alert.until);
  out.member("severity", alert.severity);
  out.member_boolean("seen", alert.seen);
  out.end_object();
}

void write_channels(json::Writer& out, const std::vector<Channel>& channels) {
  out.key("channels");
  out.begin_array();
  for (const Channel& each : channels) write(out, each);
  out.end_array();
}

/// What the page about health tells.
struct Health {
  std::optional<std::chrono::sys_days> data_through = {};
  std::uint64_t reports = 0;
  std::uint64_t domains = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t today = 0;  ///< reports that arrived
  std::uint64_t refused = 0;
  std::optional<Instant> latest = {};  ///< arrival
  std::string store_trouble = {};
  std::vector<Channel> channels = {};
  bool any_channel = false;
  bool any_mark = false;
  analysis::RecordSetup records = {};
  bool tells_of_records = false;
};

struct Step {
  std::string_view code;
  bool done;
  std::string what;
  std::string fix;
};

std::string many(std::uint64_t count, std::string_view what) {
  return analysis::count_of(count, what);
}

Step first_step(const Health& health) {
  if (health.reports > 0) {
    return {"first_report", true, many(health.reports, "report") + " came in", ""};
  }
  if (health.records.since) {
    return {"first_report", false,
            "No report has come in yet; reports are asked for since " +
                to_rfc3339(*health.records.since) + " or longer",
            "The first is due by " + to_rfc3339(*health.records.since + first_report_takes) +
                " if there is mail to report on. If none comes by then, ask: assay show ladder "
                "DOMAIN"};
  }
  return {"first_report", false, "No report has come in yet",
          "Publish a DMARC record whose rua leads here; receivers report once a day, so the first "
          "comes a day or two later. Meanwhile upload a report that you have, or load the "
          "demonstration"};
}

std::vector<Step> steps_of(const Health& health, Instant now) {
  std::vector<Step> steps;
  const bool keeps = health.store_trouble.empty();
  steps.push_back({"store", keeps, keeps ? "Reports can be kept" : health.store_trouble,
                   keeps ? "" : "Look at the disk and the permissions of the data folder"});
  steps.push_back(
      {"channel", health.any_channel,
       health.any_channel ? "A way in for reports is open" : "No way in for reports is open",
       health.any_channel ? ""
                          : "Start assay receive, or assay run, and look at [receive] "
                            "and [[imap]] in the configuration"});
  steps.push_back(first_step(health));
  if (health.latest) {
    const bool is_fresh = *health.latest + fresh > now;
    steps.push_back({"data_fresh", is_fresh,
                     "The latest report came at " + to_rfc3339(*health.latest),
                     is_fresh ? ""
                              : "Look whether the rua addresses of your DMARC records still lead "
                                "here, and ask: assay show ladder DOMAIN"});
  }
  if (health.tells_of_records) {
    steps.push_back({"records", health.records.is_done(), analysis::in_words(health.records),
                     analysis::advice(health.records)});
  }
  if (health.reports > 0) {
    steps.push_back({"marks", health.any_mark,
                     health.any_mark ? "Services that send as you are marked"
                                     : "Nothing is marked as yours yet",
                     health.any_mark ? ""
                                     : "Mark your services in the table of sources: then abuse and "
                                       "approved mail can be told apart"});
  }
  return steps;
}

/// Arrivals of today and the latest of all, from the latest ids backward.
Expected<> count_arrivals(VisibleReports& reports, Instant now, Health& health) {
  const Instant midnight = std::chrono::floor<std::chrono::days>(now);
  store::ReportFilter filter{.before = std::numeric_limits<std::int64_t>::max(), .limit = page};
  while (health.today < most_of_today) {
    ASSAY_TRY(found, reports.reports(filter));
    for (const store::ReceivedReport& each : found) {
      health.latest = std::max(health.latest.value_or(each.arrived), each.arrived);
      if (each.arrived >= midnight) ++health.today;
    }
    if (found.size() < page || found.back().arrived < midnight) return {};
    filter.before = found.back().id;
  }
  return {};
}

Expected<Health> health_of(Call& call) {
  const accounts::Scope& scope = call.actor().scope;
  ASSAY_TRY(reports, call.reports());
  ASSAY_TRY(books, reports->books());
  ASSAY_TRY(counts, reports->reporters(""));
  ASSAY_TRY(domains, reports->policy_domains());
  ASSAY_TRY(marks, call.parts.world.marks());
  Health health{.reports = books.reports,
                .domains = domains.size(),
                .set_aside = books.set_aside,
                .store_trouble = call.parts.world.store_trouble()};
  for (const store::ReporterCount& each : counts) {
    if (each.kind != store::ReportKind::aggregate || each.reports == 0) continue;
    const auto last = std::chrono::floor<std::chrono::days>(each.last - std::chrono::seconds{1});
    health.data_through = std::max(health.data_through.value_or(last), last);
  }
  if (auto counted = count_arrivals(*reports, call.request.now, health); !counted) {
    return std::unexpected(std::move(counted.error()));
  }
  health.any_mark = std::ranges::any_of(
      marks.all, [&](const analysis::Mark& each) { return scope.sees(each.domain); });
  ASSAY_TRY(records, call.parts.world.record_setup(scope, domains));
  health.records = std::move(records);
  // Who sees a part is told of that part alone, where something is known of it.
  health.tells_of_records = scope.sees_all() || health.records.watched() > 0;
  const std::vector<Channel> channels = call.parts.world.channels(*call.all);
  health.any_channel = std::ranges::count(channels, "ok", &Channel::state) > 0;
  // How mail comes in is the installation's affair, not a tenant's.
  if (scope.sees_all()) {
    health.channels = channels;
    health.refused = call.parts.world.refused_today();
  }
  return health;
}

/// The octets of a message that was sent as text or as Base64.
std::string message_in(Members& members) {
  const auto text = members.maybe_text("message");
  const auto packed = members.maybe_text("message_base64");
  if (text.has_value() == packed.has_value()) {
    members.complain("say either message or message_base64");
    return "";
  }
  if (text) return *text;
  auto octets = base64::decode(*packed);
  if (!octets) members.complain("message_base64 is no Base64");
  return octets.value_or("");
}

}  // namespace

Response get_health(Call& call) {
  auto health = health_of(call);
  if (!health) return error_response(health.error());
  json::Writer out;
  out.begin_object();
  out.key("data_through");
  if (health->data_through) {
    out.string(analysis::to_text(*health->data_through));
  } else {
    out.raw("null");
  }
  out.member_number("reports", health->reports);
  out.member_number("domains", health->domains);
  write_channels(out, health->channels);
  out.key("steps");
  out.begin_array();
  for (const Step& each : steps_of(*health, call.request.now)) {
    out.begin_object();
    out.member("code", each.code);
    out.member_boolean("done", each.done);
    out.member("what", each.what);
    out.member_always("fix", each.fix);
    out.end_object();
  }
  out.end_array();
  out.key("intake");
  out.begin_object();
  out.member_number("today", health->today);
  out.member_number("refused", health->refused);
  out.member_number("set_aside", health->set_aside);
  out.end_object();
  out.end_object();
  return json_response(200, out.take());
}

Response get_alerts(Call& call) {
  auto alerts = call.parts.world.alerts();
  if (!alerts) return error_response(alerts.error());
  const auto wanted = to_a_labels(call.query("domain"));
  if (!call.query("domain").empty() && !wanted) return bad_request("domain is a domain");
  const bool open = call.query("open") == "1" || call.query("open") == "true";
  json::Writer out;
  out.begin_object();
  out.key("alerts");
  out.begin_array();
  for (const Alert& each : *alerts) {
    const bool asked = call.query("domain").empty() || each.domain == wanted->text();
    if (!asked || (open && each.until) || !call.actor().scope.sees(each.domain)) continue;
    write(out, each);
  }
  out.end_array();
  out.end_object();
  return json_response(200, out.take());
}

Response post_verify(Call& call) {
  Members members(call.body, {"message", "message_base64", "client", "helo", "mail_from"});
  const VerifyQuestion question{.message = message_in(members),
                                .client = members.text("client"),
                                .helo = members.text("helo"),
                                .mail_from = members.text("mail_from")};
  if (!members.trouble().empty()) return bad_request(members.trouble());
  auto verdict = call.parts.world.verify(question);
  return verdict ? json_response(200, std::move(*verdict)) : error_response(verdict.error());
}

Response get_channels(Call& call) {
  if (auto reports = call.reports(); !reports) return error_response(reports.error());
  json::Writer out;
  out.begin_object();
  write_channels(out, call.parts.world.channels(*call.all));
  out.end_object();
  return json_response(200, out.take());
}

Response post_channel_test(Call& call) {
  call.object = call.parameter(0);
  auto tested = call.parts.world.test_channel(call.parameter(0));
  if (!tested) return error_response(tested.error());
  json::Writer out;
  out.begin_object();
  out.member_boolean("ok", tested->ok);
  out.member_always("what", tested->what);
  out.end_object();
  return json_response(200, out.take());
}

Response get_retention(Call& call) {
  auto retention = call.parts.world.retention();
  if (!retention) return error_response(retention.error());
  json::Writer out;
  out.begin_object();
  out.key("retention");
  out.begin_object();
  for (const auto& [name, duration] : *retention) out.member(name, duration);
  out.end_object();
  out.end_object();
  return json_response(200, out.take());
}

Response put_retention(Call& call) {
  Members members(call.body,
                  {"keep_raw", "keep_aggregate", "keep_failures", "keep_originals", "keep_tls"});
  Retention changes;
  for (const std::string& name : members.names()) {
    if (const auto duration = members.maybe_text(name)) changes.emplace_back(name, *duration);
  }
  if (!members.trouble().empty()) return bad_request(members.trouble());
  for (const auto& [name, duration] : changes) {
    call.object += (call.object.empty() ? "" : ", ") + name + " " + duration.substr(0, 20);
  }
  if (auto set = call.parts.world.set_retention(changes); !set) return error_response(set.error());
  return get_retention(call);
}

Response post_demo(Call& call) {
  auto loaded = call.parts.world.load_demo();
  if (!loaded) return error_response(loaded.error());
  json::Writer out;
  out.begin_object();
  out.member_number("reports", loaded->reports);
  out.member_number("domains", loaded->domains);
  out.end_object();
  return json_response(201, out.take());
}

Response delete_demo(Call& call) {
  auto erased = call.parts.world.erase_demo();
  return erased ? no_content() : error_response(erased.error());
}

}  // namespace assay::webapi
