#include "assay/aggregate/write.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "assay/xml/writer.h"

namespace assay::aggregate {
namespace {

/// Errors are terse (RFC 9990 §3.1.5).
constexpr std::size_t max_error_octets = 1'000;

std::string joined(const std::vector<std::string>& errors) {
  std::string text;
  for (const std::string& error : errors) {
    if (!text.empty() && text.size() + 2 + error.size() > max_error_octets) break;
    if (!text.empty()) text += "; ";
    text += error;
  }
  return text;
}

// RFC 9990 §3.1.1.3
void write_metadata(xml::Writer& out, Schema schema, const Metadata& metadata) {
  out.open("report_metadata");
  out.element("org_name", metadata.org_name);
  out.element("email", metadata.email);
  out.optional_element("extra_contact_info", metadata.extra_contact_info);
  out.element("report_id", metadata.report_id);
  out.open("date_range");  // RFC 9990 §3.1.1.4
  out.element("begin", std::int64_t{metadata.begin.time_since_epoch().count()});
  out.element("end", std::int64_t{metadata.end.time_since_epoch().count()});
  out.close();
  if (schema == Schema::rfc9990) {
    out.optional_element("error", joined(metadata.errors));
    out.optional_element("generator", metadata.generator);
  } else {
    for (const std::string& error : metadata.errors) out.element("error", error);
  }
  out.close();
}

// RFC 9990 §3.1.1.5
void write_policy(xml::Writer& out, const PolicyPublished& policy) {
  out.open("policy_published");
  out.element("domain", policy.domain);
  out.element("p", policy.p);
  out.optional_element("sp", policy.sp);
  out.optional_element("np", policy.np);
  out.optional_element("adkim", policy.adkim);
  out.optional_element("aspf", policy.aspf);
  out.optional_element("discovery_method", policy.discovery_method);
  out.optional_element("fo", policy.fo);
  out.optional_element("testing", policy.testing);
  out.close();
}

std::string_view text_or(std::string_view text, std::string_view otherwise) {
  return text.empty() ? otherwise : text;
}

// RFC 7489 Appendix C
void write_old_policy(xml::Writer& out, const PolicyPublished& policy) {
  out.open("policy_published");
  out.element("domain", policy.domain);
  out.optional_element("adkim", policy.adkim);
  out.optional_element("aspf", policy.aspf);
  out.element("p", policy.p);
  out.element("sp", text_or(policy.sp, policy.p));
  out.element("pct", text_or(policy.pct, "100"));
  out.element("fo", text_or(policy.fo, "0"));
  out.close();
}

void write_reason(xml::Writer& out, Schema schema, const Reason& reason) {
  constexpr std::string_view only_new = "policy_test_mode";  // RFC 9990 §3.1.6
  const bool renamed = schema == Schema::rfc7489 && reason.type == only_new;
  out.open("reason");
  out.element("type", renamed ? std::string_view("other") : reason.type);
  if (renamed) {
    std::string comment(only_new);
    if (!reason.comment.empty()) comment += ": " + reason.comment;
    out.element("comment", comment);
  } else {
    out.optional_element("comment", reason.comment);
  }
  out.close();
}

void write_row(xml::Writer& out, Schema schema, const Record& record) {
  const Row& row = record.row;
  const bool old_pass = schema == Schema::rfc7489 && row.disposition == "pass";
  out.open("row");
  out.element("source_ip", row.source_ip);
  out.element("count", record.count);
  out.open("policy_evaluated");  // RFC 9990 §3.1.1.9
  out.element("disposition", old_pass ? std::string_view("none") : row.disposition);
  out.element("dkim", row.dkim);
  out.element("spf", row.spf);
  for (const Reason& reason : row.reasons) write_reason(out, schema, reason);
  out.close();
  out.close();
}

// RFC 9990 §3.1.1.10
void write_identifiers(xml::Writer& out, Schema schema, const Row& row) {
  out.open("identifiers");
  if (schema == Schema::rfc9990) {
    out.element("header_from", row.header_from);
    out.optional_element("envelope_from", row.envelope_from);
    out.optional_element("envelope_to", row.envelope_to);
  } else {
    out.optional_element("envelope_to", row.envelope_to);
    out.element("envelope_from", row.envelope_from);
    out.element("header_from", row.header_from);
  }
  out.close();
}

// RFC 9990 §3.1.1.12
void write_signature(xml::Writer& out, Schema schema, const DkimResult& signature) {
  out.open("dkim");
  out.element("domain", signature.domain);
  if (schema == Schema::rfc9990) {
    out.element("selector", signature.selector);
  } else {
    out.optional_element("selector", signature.selector);
  }
  out.element("result", signature.result);
  out.optional_element("human_result", signature.human_result);
  out.close();
}

// RFC 9990 §3.1.1.13
void write_spf(xml::Writer& out, Schema schema, const SpfResult& spf) {
  out.open("spf");
  out.element("domain", spf.domain);
  if (schema == Schema::rfc9990) {
    out.optional_element("scope", spf.scope);
    out.element("result", spf.result);
    out.optional_element("human_result", spf.human_result);
  } else {
    out.element("scope", text_or(spf.scope, "mfrom"));
    out.element("result", spf.result);
  }
  out.close();
}

void write_spf_results(xml::Writer& out, Schema schema, const Row& row) {
  if (schema == Schema::rfc9990) {
    const auto mail_from = std::ranges::find_if(
        row.spf_results, [](const SpfResult& spf) { return spf.scope != "helo"; });
    if (mail_from != row.spf_results.end()) write_spf(out, schema, *mail_from);
    return;
  }
  for (const SpfResult& spf : row.spf_results) write_spf(out, schema, spf);
  if (row.spf_results.empty()) {
    write_spf(out, schema,
              {.domain = std::string(text_or(row.envelope_from, row.header_from)),
               .scope = "mfrom",
               .result = "none"});
  }
}

// RFC 9990 §3.1.1.11; RFC 9990 §5: no extension follows, here or elsewhere.
void write_auth_results(xml::Writer& out, Schema schema, const Row& row) {
  out.open("auth_results");
  const std::size_t signatures = std::min(row.dkim_results.size(), max_signatures);
  for (std::size_t i = 0; i < signatures; ++i) write_signature(out, schema, row.dkim_results[i]);
  write_spf_results(out, schema, row);
  out.close();
}

/// The place of a signature in the order of RFC 9990 §3.1.3.
int rank(const DkimResult& signature, std::string_view header_from,
         std::string_view organizational_domain) {
  if (signature.result != "pass") return 3;
  const std::string_view domain = signature.domain;
  if (domain == header_from) return 0;
  if (organizational_domain.empty() || !domain.ends_with(organizational_domain)) return 2;
  const std::size_t before = domain.size() - organizational_domain.size();
  return before == 0 || domain[before - 1] == '.' ? 1 : 2;
}

}  // namespace

void append_head(std::string& xml, const Report& report) {
  xml += xml::declaration;
  xml::Writer out(xml);
  if (report.schema == Schema::rfc9990) {
    out.open("feedback", rfc9990_namespace);  // RFC 9990 §3.1.1.1
    out.optional_element("version", report.version);
  } else {
    out.open("feedback");
    out.element("version", text_or(report.version, "1.0"));
  }
  write_metadata(out, report.schema, report.metadata);
  if (report.schema == Schema::rfc9990) {
    write_policy(out, report.policy);
  } else {
    write_old_policy(out, report.policy);
  }
}

void append_record(std::string& xml, Schema schema, const Record& record) {
  xml::Writer out(xml, 1);
  out.open("record");  // RFC 9990 §3.1.1.7
  write_row(out, schema, record);
  write_identifiers(out, schema, record.row);
  write_auth_results(out, schema, record.row);
  out.close();
}

void append_end(std::string& xml) {
  xml::Writer(xml, 1).close("feedback");
}

// RFC 9990 §3.1.1; xml::Writer sees to it that any text is one.
std::string write_xml(const Report& report) {
  std::string xml;
  append_head(xml, report);
  for (const Record& record : report.records) append_record(xml, report.schema, record);
  append_end(xml);
  return xml;
}

PolicyPublished with_defaults(PolicyPublished policy) {
  const auto fill = [](std::string& text, std::string_view otherwise) {
    if (text.empty()) text = otherwise;
  };
  fill(policy.sp, policy.p);
  fill(policy.np, policy.sp);
  fill(policy.adkim, "r");
  fill(policy.aspf, "r");
  fill(policy.fo, "0");
  fill(policy.testing, "n");
  fill(policy.discovery_method, "treewalk");
  return policy;
}

void order_signatures(Row& row, std::string_view organizational_domain) {
  if (row.dkim_results.size() < 2) return;
  std::vector<int> ranks;
  for (const DkimResult& signature : row.dkim_results) {
    ranks.push_back(rank(signature, row.header_from, organizational_domain));
  }
  std::vector<DkimResult> ordered;
  for (int wanted = 0; wanted <= 3; ++wanted) {
    for (std::size_t i = 0; i < ranks.size() && ordered.size() < max_signatures; ++i) {
      if (ranks[i] == wanted) ordered.push_back(std::move(row.dkim_results[i]));
    }
  }
  row.dkim_results = std::move(ordered);
}

}  // namespace assay::aggregate
