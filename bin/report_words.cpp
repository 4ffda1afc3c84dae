#include "bin/report_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/failure/read.h"

namespace assay::cli {
namespace {

std::string where(const json::ReportPlace& place) {
  std::string text = ascii::printable(place.file, 500);
  if (!place.member.empty()) text += " (" + ascii::printable(place.member, 500) + ")";
  return text;
}

std::string findings_in_words(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("  {:<10}{}\n",
                        finding.level == Level::warning ? "repaired" : to_text(finding.level),
                        finding.what);
  }
  return text;
}

/// "  Name:     value", or nothing where the value is empty.
void line(std::string& text, std::string_view name, std::string_view value) {
  if (!value.empty()) text += fmt::format("  {:<12}{}\n", name, ascii::printable(value, 300));
}

void lines(std::string& text, std::string_view name, const std::vector<std::string>& values) {
  for (const std::string& value : values) line(text, name, value);
}

void period(std::string& text, Instant begin, Instant end) {
  if (end != Instant{}) line(text, "Period:", to_rfc3339(begin) + " to " + to_rfc3339(end));
}

void count_dispositions(const aggregate::Report& report, std::string& text) {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (const aggregate::Record& record : report.records) {
    const std::string& word = record.row.disposition;
    auto known = std::ranges::find(counts, word, &std::pair<std::string, std::uint64_t>::first);
    if (known == counts.end()) known = counts.insert(counts.end(), {word, 0});
    known->second += record.count;
  }
  for (const auto& [word, count] : counts) {
    text += fmt::format("  {:<24}{:>12}\n",
                        word.empty() ? "(none said)" : ascii::printable(word, 24), count);
  }
}

}  // namespace

std::string aggregate_in_words(const json::ReportPlace& place, const aggregate::Reading& reading,
                               const Findings& more) {
  const aggregate::Report& report = reading.report;
  const aggregate::Metadata& metadata = report.metadata;
  std::string text = where(place) + "\n";
  line(text, "Reporter:", metadata.org_name);
  line(text, "Report-ID:", metadata.report_id);
  period(text, metadata.begin, metadata.end);
  const aggregate::PolicyPublished& policy = report.policy;
  line(text, "Policy of:", policy.domain);
  line(text, "Policy:", "p=" + policy.p + (policy.sp.empty() ? "" : " sp=" + policy.sp) +
                            (policy.np.empty() ? "" : " np=" + policy.np));
  line(text, "Form:", report.schema == aggregate::Schema::rfc9990 ? "RFC 9990" : "RFC 7489");
  lines(text, "Error:", metadata.errors);
  line(text, "Messages:", fmt::format("{} in {} records", reading.messages, reading.records));
  count_dispositions(report, text);
  return text + findings_in_words(reading.findings) + findings_in_words(more);
}

std::string tls_in_words(const json::ReportPlace& place, const tlsrpt::Reading& reading,
                         const Findings& more) {
  const tlsrpt::Report& report = reading.report;
  std::string text = where(place) + "\n";
  line(text, "Reporter:", report.organization_name);
  line(text, "Report-ID:", report.report_id);
  line(text, "Contact:", report.contact_info);
  period(text, report.begin, report.end);
  line(text, "Form:", "RFC 8460, TLS");
  for (const tlsrpt::Policy& policy : report.policies) {
    line(text, "Policy:",
         fmt::format("{} of {}: {} sessions succeeded, {} failed", policy.policy_type,
                     policy.policy_domain, policy.successful_session_count,
                     policy.failed_session_count));
    for (const tlsrpt::FailureDetail& one : policy.failure_details) {
      line(text, "", fmt::format("{} {} {} {}", one.failed_session_count, one.result_type,
                                 one.receiving_mx_hostname, one.failure_reason_code));
    }
  }
  return text + findings_in_words(reading.findings) + findings_in_words(more);
}

// RFC 9991 §7.3: nothing is rendered, links least of all.
std::string failure_in_words(const json::ReportPlace& place, const failure::Report& report,
                             const Findings& findings, const Findings& more) {
  std::string text = where(place) + "\n";
  line(text, "Failure:", report.feedback_type + " " + report.auth_failure);
  line(text, "Result:", report.delivery_result);
  lines(text, "Domain:", report.reported_domain);
  line(text, "Source:", report.source_ip);
  line(text, "Arrived:", report.arrival_date);
  line(text, "Mail from:", report.original_mail_from);
  lines(text, "Rcpt to:", report.original_rcpt_to);
  lines(text, "Alignment:", report.identity_alignment);
  lines(text, "Results:", report.authentication_results);
  if (report.incidents != 1) line(text, "Incidents:", std::to_string(report.incidents));
  const failure::OriginalFacts facts = failure::original_facts(report.original);
  line(text, "From:", facts.from);
  line(text, "Subject:", facts.subject);
  line(text, "Message-ID:", facts.message_id);
  lines(text, "Link:", facts.urls);
  return text + findings_in_words(findings) + findings_in_words(more);
}

std::string unread_in_words(const json::ReportPlace& place, std::string_view why,
                            const Findings& findings) {
  return where(place) + "\n  not read:  " + std::string(why) + "\n" + findings_in_words(findings);
}

}  // namespace assay::cli
