#include "system/json/failure.h"

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/time.h"
#include "assay/mail/mail_date.h"
#include "system/json/detail/parts.h"
#include "system/json/detail/report_line.h"
#include "system/json/writer.h"

namespace assay::json {
namespace {

std::string date_of(const std::string& written) {
  const auto instant = mail::parse_mail_date(written);
  return instant ? to_rfc3339(*instant) : written;
}

/// A-labels in lower case, as all domains of the interfaces; what is no domain stays as written.
std::string domain_of(const std::string& written) {
  const auto name = to_a_labels(ascii::trim_fws(written));
  return name ? name->text() : written;
}

std::vector<std::string> domains_of(std::vector<std::string> written) {
  for (std::string& one : written) one = domain_of(one);
  return written;
}

// RFC 6591 §3.2.3, §3.2.4
void write_dkim(Writer& out, const failure::Report& report) {
  out.member("dkim_domain", domain_of(report.dkim_domain));
  out.member("dkim_identity", report.dkim_identity);
  out.member("dkim_selector", report.dkim_selector);
  out.member("dkim_selector_dns", report.dkim_selector_dns);
  out.member("dkim_adsp_dns", report.dkim_adsp_dns);
  out.member("dkim_canonicalized_header", report.dkim_canonicalized_header);
  out.member("dkim_canonicalized_body", report.dkim_canonicalized_body);
}

void write_spf(Writer& out, const failure::Report& report) {
  if (report.spf_dns.empty()) return;
  out.key("spf_dns");
  out.begin_array();
  for (const failure::SpfDns& one : report.spf_dns) {
    out.begin_object();
    out.member("type", one.type);
    out.member("domain", domain_of(one.domain));
    out.member("record", one.record);
    out.end_object();
  }
  out.end_array();
}

void write_others(Writer& out, const failure::Report& report) {
  if (report.other_fields.empty()) return;
  out.key("other_fields");
  out.begin_array();
  for (const failure::OtherField& field : report.other_fields) {
    out.begin_object();
    out.member("name", field.name);
    out.member("value", field.value);
    out.end_object();
  }
  out.end_array();
}

// RFC 9991 §7.3: what the original holds is shown as text, never followed.
void write_original(Writer& out, const failure::Original& original) {
  if (original.form == failure::OriginalForm::none) return;
  const failure::OriginalFacts facts = failure::original_facts(original);
  out.key("original");
  out.begin_object();
  out.member("form", original.form == failure::OriginalForm::headers ? "headers" : "message");
  out.member("from", facts.from);
  out.member("subject", facts.subject);
  out.member("message_id", facts.message_id);
  out.member_always("urls", facts.urls);
  out.end_object();
}

}  // namespace

std::string failure_line(const ReportPlace& place, const failure::Report& report,
                         const Findings& findings, const Findings& more) {
  Writer out;
  out.begin_object();
  out.member("kind", "failure");
  detail::write_place(out, place);
  out.member("feedback_type", report.feedback_type);
  out.member("user_agent", report.user_agent);
  out.member("version", report.version);
  out.member("auth_failure", report.auth_failure);
  out.member("authentication_results", report.authentication_results);
  out.member("identity_alignment", report.identity_alignment);
  out.member("delivery_result", report.delivery_result);
  out.member("arrival_date", date_of(report.arrival_date));
  out.member("source_ip", report.source_ip);
  if (report.source_port) out.member_number("source_port", *report.source_port);
  out.member("reported_domain", domains_of(report.reported_domain));
  out.member("reported_uri", report.reported_uri);
  out.member("original_envelope_id", report.original_envelope_id);
  out.member("original_mail_from", report.original_mail_from);
  out.member("original_rcpt_to", report.original_rcpt_to);
  write_dkim(out, report);
  write_spf(out, report);
  out.member("reporting_mta", report.reporting_mta);
  out.member_number("incidents", report.incidents);
  write_others(out, report);
  write_original(out, report.original);
  detail::write_findings(out, findings, more);
  out.end_object();
  return out.take();
}

}  // namespace assay::json
