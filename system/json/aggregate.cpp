#include "system/json/aggregate.h"

#include "assay/base/time.h"
#include "system/json/detail/report_line.h"
#include "system/json/writer.h"

namespace assay::json {
namespace {

using detail::write_findings;
using detail::write_place;

// RFC 9990 §3.1.1
void write_metadata(Writer& out, const aggregate::Metadata& metadata) {
  out.member("org_name", metadata.org_name);
  out.member("email", metadata.email);
  out.member("extra_contact_info", metadata.extra_contact_info);
  out.member("report_id", metadata.report_id);
  if (metadata.end != Instant{}) {
    out.member("begin", to_rfc3339(metadata.begin));
    out.member("end", to_rfc3339(metadata.end));
  }
  out.member("errors", metadata.errors);
  out.member("generator", metadata.generator);
}

void write_policy(Writer& out, const aggregate::PolicyPublished& policy) {
  out.key("policy_published");
  out.begin_object();
  out.member("domain", policy.domain);
  out.member("p", policy.p);
  out.member("sp", policy.sp);
  out.member("np", policy.np);
  out.member("adkim", policy.adkim);
  out.member("aspf", policy.aspf);
  out.member("fo", policy.fo);
  if (policy.testing == "y" || policy.testing == "n") {
    out.member_boolean("testing", policy.testing == "y");
  }
  out.member("discovery_method", policy.discovery_method);
  out.member("pct", policy.pct);
  out.end_object();
}

void write_results(Writer& out, const aggregate::Row& row) {
  out.key("dkim_results");
  out.begin_array();
  for (const aggregate::DkimResult& dkim : row.dkim_results) {
    out.begin_object();
    out.member("domain", dkim.domain);
    out.member("selector", dkim.selector);
    out.member("result", dkim.result);
    out.member("human_result", dkim.human_result);
    out.end_object();
  }
  out.end_array();
  out.key("spf_results");
  out.begin_array();
  for (const aggregate::SpfResult& spf : row.spf_results) {
    out.begin_object();
    out.member("domain", spf.domain);
    out.member("scope", spf.scope);
    out.member("result", spf.result);
    out.member("human_result", spf.human_result);
    out.end_object();
  }
  out.end_array();
}

void write_record(Writer& out, const aggregate::Record& record) {
  const aggregate::Row& row = record.row;
  out.begin_object();
  out.member("source_ip", row.source_ip);
  out.member_number("count", record.count);
  out.member("disposition", row.disposition);
  out.member("dkim", row.dkim);
  out.member("spf", row.spf);
  out.key("reasons");
  out.begin_array();
  for (const aggregate::Reason& reason : row.reasons) {
    out.begin_object();
    out.member("type", reason.type);
    out.member("comment", reason.comment);
    out.end_object();
  }
  out.end_array();
  out.member("header_from", row.header_from);
  out.member("envelope_from", row.envelope_from);
  out.member("envelope_to", row.envelope_to);
  write_results(out, row);
  out.end_object();
}

}  // namespace

std::string aggregate_line(const ReportPlace& place, const aggregate::Reading& reading,
                           const Findings& more, Records records) {
  const aggregate::Report& report = reading.report;
  Writer out;
  out.begin_object();
  out.member("kind", "aggregate");
  write_place(out, place);
  out.member("schema", report.schema == aggregate::Schema::rfc9990 ? "rfc9990" : "rfc7489");
  out.member("version", report.version);
  write_metadata(out, report.metadata);
  write_policy(out, report.policy);
  if (records == Records::counted) {
    out.member_number("record_count", reading.records);
    out.member_number("message_count", reading.messages);
  } else {
    out.key("records");
    out.begin_array();
    for (const aggregate::Record& record : report.records) write_record(out, record);
    out.end_array();
  }
  write_findings(out, reading.findings, more);
  out.end_object();
  return out.take();
}

std::string report_error_line(const ReportPlace& place, std::string_view what,
                              const Findings& findings) {
  Writer out;
  out.begin_object();
  write_place(out, place);
  out.member_always("error", what);
  write_findings(out, findings, {});
  out.end_object();
  return out.take();
}

}  // namespace assay::json
