#include "assay/tlsrpt/write.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "assay/tlsrpt/detail/words.h"

namespace assay::tlsrpt {
namespace {

using Json = nlohmann::ordered_json;

void put(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

void put(Json& object, const char* name, const std::vector<std::string>& texts) {
  if (!texts.empty()) object[name] = texts;
}

// RFC 8460 §4.4
Json detail_of(const FailureDetail& detail) {
  Json json = Json::object();
  put(json, "result-type", detail.result_type);
  put(json, "sending-mta-ip", detail.sending_mta_ip);
  put(json, "receiving-mx-hostname", detail.receiving_mx_hostname);
  put(json, "receiving-mx-helo", detail.receiving_mx_helo);
  put(json, "receiving-ip", detail.receiving_ip);
  json["failed-session-count"] = detail.failed_session_count;
  put(json, "additional-information", detail.additional_information);
  put(json, "failure-reason-code", detail.failure_reason_code);
  return json;
}

Json policy_of(const Policy& policy) {
  Json what = Json::object();
  put(what, "policy-type", policy.policy_type);
  put(what, "policy-string", policy.policy_string);
  put(what, "policy-domain", policy.policy_domain);
  put(what, "mx-host", policy.mx_host);
  Json json = Json::object();
  json["policy"] = std::move(what);
  json["summary"] = {{"total-successful-session-count", policy.successful_session_count},
                     {"total-failure-session-count", policy.failed_session_count}};
  if (policy.failure_details.empty()) return json;
  Json details = Json::array();
  for (const FailureDetail& one : policy.failure_details) details.push_back(detail_of(one));
  json["failure-details"] = std::move(details);
  return json;
}

}  // namespace

std::string write_json(const Report& report) {
  Json json = Json::object();
  put(json, "organization-name", report.organization_name);
  json["date-range"] = {{"start-datetime", to_rfc3339(report.begin)},
                        {"end-datetime", to_rfc3339(report.end)}};
  put(json, "contact-info", report.contact_info);
  put(json, "report-id", report.report_id);
  Json policies = Json::array();
  for (const Policy& one : report.policies) policies.push_back(policy_of(one));
  json["policies"] = std::move(policies);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Findings validate(const Report& report) {
  Findings findings;
  const auto complain = [&](std::string_view code, std::string what) {
    add_bounded(findings, {.code = code, .what = std::move(what)});
  };
  const auto require = [&](std::string_view name, const std::string& text) {
    if (text.empty()) complain("missing", std::string(name) + " is missing");
  };
  require("organization-name", report.organization_name);
  require("contact-info", report.contact_info);
  require("report-id", report.report_id);
  if (report.end < report.begin || report.begin.time_since_epoch().count() < 0) {
    complain("bad_period", "date-range ends before it begins, or begins before 1970");
  }
  if (report.policies.empty()) complain("no_policies", "a report without a policy is none");
  for (const Policy& policy : report.policies) {
    require("policy-domain", policy.policy_domain);
    if (!detail::is_policy_type(policy.policy_type)) {
      complain("bad_word", "policy-type is none of sts, tlsa and no-policy-found");
    }
    for (const FailureDetail& one : policy.failure_details) require("result-type", one.result_type);
  }
  return findings;
}

}  // namespace assay::tlsrpt
