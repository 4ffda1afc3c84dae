#include "system/json/tls.h"

#include "assay/base/time.h"
#include "system/json/detail/parts.h"
#include "system/json/detail/report_line.h"
#include "system/json/writer.h"

namespace assay::json {
namespace {

void write_detail(Writer& out, const tlsrpt::FailureDetail& detail) {
  out.begin_object();
  out.member("result_type", detail.result_type);
  out.member("sending_mta_ip", detail.sending_mta_ip);
  out.member("receiving_mx_hostname", detail.receiving_mx_hostname);
  out.member("receiving_mx_helo", detail.receiving_mx_helo);
  out.member("receiving_ip", detail.receiving_ip);
  out.member_number("failed_session_count", detail.failed_session_count);
  out.member("additional_information", detail.additional_information);
  out.member("failure_reason_code", detail.failure_reason_code);
  out.end_object();
}

void write_policy(Writer& out, const tlsrpt::Policy& policy) {
  out.begin_object();
  out.member("policy_type", policy.policy_type);
  out.member("policy_domain", policy.policy_domain);
  out.member_always("policy_string", policy.policy_string);
  out.member_always("mx_host", policy.mx_host);
  out.member_number("successful_session_count", policy.successful_session_count);
  out.member_number("failed_session_count", policy.failed_session_count);
  out.key("failure_details");
  out.begin_array();
  for (const tlsrpt::FailureDetail& one : policy.failure_details) write_detail(out, one);
  out.end_array();
  out.end_object();
}

}  // namespace

// RFC 8460 §4.4
std::string tls_line(const ReportPlace& place, const tlsrpt::Reading& reading,
                     const Findings& more) {
  const tlsrpt::Report& report = reading.report;
  Writer out;
  out.begin_object();
  out.member("kind", "tls");
  detail::write_place(out, place);
  out.member("organization_name", report.organization_name);
  out.member("contact_info", report.contact_info);
  out.member("report_id", report.report_id);
  if (report.end != Instant{}) {
    out.member("begin", to_rfc3339(report.begin));
    out.member("end", to_rfc3339(report.end));
  }
  out.key("policies");
  out.begin_array();
  for (const tlsrpt::Policy& policy : report.policies) write_policy(out, policy);
  out.end_array();
  detail::write_findings(out, reading.findings, more);
  out.end_object();
  return out.take();
}

}  // namespace assay::json
