#include "system/webapi/report_text.h"

#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/json/aggregate.h"
#include "system/json/writer.h"

namespace assay::webapi {
namespace {

using store::Expected;

void write_remarks(json::Writer& out, const std::vector<store::Remark>& remarks) {
  out.key("findings");
  out.begin_array();
  for (const store::Remark& each : remarks) {
    out.begin_object();
    out.member("code", each.code);
    out.member("level", to_text(each.level));
    out.member("what", each.what);
    out.end_object();
  }
  out.end_array();
}

std::string failure_text(const store::FailureFacts& facts) {
  json::Writer out;
  out.begin_object();
  out.member("feedback_type", facts.feedback_type);
  out.member("auth_failure", facts.auth_failure);
  out.member("identity_alignment", facts.identity_alignment);
  out.member("delivery_result", facts.delivery_result);
  out.member("source_ip", facts.source_ip);
  out.member("reporting_mta", facts.reporting_mta);
  out.member("mail_from", facts.mail_from);
  out.member("recipient", facts.recipient);
  out.member("dkim_domain", facts.dkim_domain);
  out.member("dkim_selector", facts.dkim_selector);
  out.member("spf_record", facts.spf_record);
  out.member("authentication_results", facts.authentication_results);
  out.member("from", facts.from);
  out.member("subject", facts.subject);
  out.member("message_id", facts.message_id);
  out.member("urls", facts.urls);
  out.member("original_header", facts.original_header);
  out.member_number("incidents", facts.incidents);
  out.end_object();
  return out.take();
}

void write(json::Writer& out, const store::TlsFailure& failure) {
  out.begin_object();
  out.member("result_type", failure.result_type);
  out.member("sending_mta_ip", failure.sending_mta_ip);
  out.member("receiving_mx_hostname", failure.receiving_mx_hostname);
  out.member("receiving_mx_helo", failure.receiving_mx_helo);
  out.member("receiving_ip", failure.receiving_ip);
  out.member_number("sessions", failure.sessions);
  out.member("additional_information", failure.additional_information);
  out.member("reason_code", failure.reason_code);
  out.end_object();
}

std::string tls_text(const std::vector<store::TlsPolicy>& policies) {
  json::Writer out;
  out.begin_array();
  for (const store::TlsPolicy& each : policies) {
    out.begin_object();
    out.member("type", each.type);
    out.member("domain", each.domain);
    out.member("policy", each.policy);
    out.member("mx_hosts", each.mx_hosts);
    out.member_number("successful", each.successful);
    out.member_number("failed", each.failed);
    out.key("failures");
    out.begin_array();
    for (const store::TlsFailure& failure : each.failures) write(out, failure);
    out.end_array();
    out.end_object();
  }
  out.end_array();
  return out.take();
}

Expected<std::string> aggregate_text(store::ReceivedReports& reports,
                                     const store::ReceivedReport& one) {
  aggregate::Reading reading;
  reading.report = {.schema = one.head.schema,
                    .metadata = {.org_name = one.head.org_name,
                                 .email = one.head.email,
                                 .extra_contact_info = one.head.contact,
                                 .report_id = one.head.report_id,
                                 .begin = one.head.begin,
                                 .end = one.head.end,
                                 .errors = one.head.errors,
                                 .generator = one.head.generator},
                    .policy = one.head.policy};
  const auto shown = reports.each_record(one.id, [&](const aggregate::Record& record) {
    reading.report.records.push_back(record);
    return true;
  });
  if (!shown) return std::unexpected(shown.error());
  reading.records = one.records;
  reading.messages = one.messages;
  return json::aggregate_line({}, reading, {}, json::Records::told);
}

}  // namespace

std::string report_line(const store::ReceivedReport& one, std::string_view more) {
  json::Writer out;
  out.begin_object();
  out.member_number("id", static_cast<std::uint64_t>(one.id));
  out.member("kind", to_text(one.head.kind));
  out.member("standing", to_text(one.standing));
  out.member("reason", one.reason);
  if (one.of != 0) out.member_number("of", static_cast<std::uint64_t>(one.of));
  out.member("policy_domain", one.head.policy_domain);
  out.member("reporter", one.head.reporter);
  out.member("org_name", one.head.org_name);
  out.member("email", one.head.email);
  out.member("report_id", one.head.report_id);
  out.member("begin", to_rfc3339(one.head.begin));
  out.member("end", to_rfc3339(one.head.end));
  if (one.head.kind == store::ReportKind::aggregate) {
    out.member("schema", one.head.schema == aggregate::Schema::rfc9990 ? "rfc9990" : "rfc7489");
    out.member("published_policy", one.head.policy.p);
  }
  out.member_number("records", one.records);
  out.member_number("messages", one.messages);
  out.member("trust", to_text(one.authenticity.trust));
  out.member("author_domain", one.authenticity.author_domain);
  out.member("trust_reason", one.authenticity.reason);
  out.member("channel", to_text(one.channel));
  out.member("arrived", to_rfc3339(one.arrived));
  out.member_number("seen", one.seen);
  out.member_boolean("has_raw", one.has_raw);
  write_remarks(out, one.remarks);
  out.end_object();
  std::string text = out.take();
  if (more.empty()) return text;
  text.back() = ',';
  return text + std::string(more) + "}";
}

Expected<std::string> report_content(store::ReceivedReports& reports,
                                     const store::ReceivedReport& one) {
  switch (one.head.kind) {
    case store::ReportKind::aggregate: {
      ASSAY_TRY(text, aggregate_text(reports, one));
      return "\"report\":" + text;
    }
    case store::ReportKind::failure: {
      ASSAY_TRY(facts, reports.failure(one.id));
      return "\"failure\":" + failure_text(facts);
    }
    case store::ReportKind::tls: {
      ASSAY_TRY(policies, reports.tls(one.id));
      return "\"tls\":" + tls_text(policies);
    }
  }
  return std::string();
}

}  // namespace assay::webapi
