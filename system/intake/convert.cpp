#include "system/intake/detail/convert.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/crypto/digest.h"
#include "assay/mail/header.h"
#include "assay/mail/mail_date.h"
#include "assay/xml/reader.h"
#include "system/intake/alignment.h"

namespace assay::intake::detail {
namespace {

using store::Arrival;

/// A digest of texts, each told apart from the next.
class ContentDigest {
 public:
  void add(std::string_view text) {
    number(text.size());
    octets_ += text;
    if (octets_.size() >= enough) flush();
  }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) octets_ += static_cast<char>((value & 0x7fU) | 0x80U);
    octets_ += static_cast<char>(value);
  }
  void add(store::Instant instant) {
    number(static_cast<std::uint64_t>(instant.time_since_epoch().count()));
  }
  std::string finish() {
    flush();
    return digest_.finish();
  }

 private:
  static constexpr std::size_t enough = 65'536;
  void flush() {
    digest_.update(octets_);
    octets_.clear();
  }
  crypto::Digest digest_{crypto::DigestKind::sha256};
  std::string octets_ = {};
};

void add_record(ContentDigest& digest, const aggregate::Record& record) {
  const aggregate::Row& row = record.row;
  digest.number(record.count);
  for (const std::string* text : {&row.source_ip, &row.disposition, &row.dkim, &row.spf,
                                  &row.header_from, &row.envelope_from, &row.envelope_to}) {
    digest.add(*text);
  }
  digest.number(row.reasons.size());
  for (const aggregate::Reason& each : row.reasons) {
    digest.add(each.type);
    digest.add(each.comment);
  }
  digest.number(row.dkim_results.size());
  for (const aggregate::DkimResult& each : row.dkim_results) {
    for (const std::string* text : {&each.domain, &each.selector, &each.result}) digest.add(*text);
  }
  digest.number(row.spf_results.size());
  for (const aggregate::SpfResult& each : row.spf_results) {
    for (const std::string* text : {&each.domain, &each.scope, &each.result}) digest.add(*text);
  }
}

/// What the digest of every kind holds beside the content: all of the key but the Report-ID.
void add_head(ContentDigest& digest, const store::ReportHead& head) {
  digest.number(static_cast<std::uint64_t>(head.kind));
  digest.add(head.reporter);
  digest.add(head.policy_domain);
  digest.add(head.begin);
  digest.add(head.end);
}

/// A domain as all are compared: A-labels in lower case where it is one, else as written.
std::string plain_domain(std::string_view text) {
  text = ascii::trim_fws(text);
  if (text.ends_with('.')) text.remove_suffix(1);
  const auto name = DomainName::parse(text);
  if (name) return name->text();
  constexpr std::size_t longest = 255;
  return ascii::to_lower(text.substr(0, longest));
}

std::vector<store::Remark> remarks_of(const Findings& findings) {
  std::vector<store::Remark> remarks;
  for (const Finding& each : findings) {
    remarks.push_back({.code = std::string(each.code), .what = each.what, .level = each.level});
  }
  return remarks;
}

// ---- Aggregate reports -------------------------------------------------------------------------

Converted convert_aggregate(const archive::Read& read, const ArrivalOptions& options) {
  xml::Reader xml(read, options.aggregate.xml);
  Candidate candidate;
  Arrival& arrival = candidate.arrival;
  arrival.records = store::PackedRecords(options.spill_folder);
  ContentDigest records;
  std::uint64_t number = 0;
  aggregate::Reading reading = aggregate::read_xml(
      xml,
      [&](aggregate::Record& record) {
        ++number;
        if (record.count > candidate.seen.largest_count) {
          candidate.seen = {.largest_count = record.count, .largest_at = number};
        }
        add_record(records, record);
        arrival.records.add(record);
      },
      options.aggregate);
  if (reading.error) return {.error = std::move(reading.error)};
  arrival.records.finish();
  aggregate::Report& report = reading.report;
  arrival.remarks = remarks_of(reading.findings);
  std::ranges::move(alignment_remarks(arrival.records, report.policy),
                    std::back_inserter(arrival.remarks));
  arrival.head = {.kind = store::ReportKind::aggregate,
                  .schema = report.schema,
                  .reporter = reporter_name(report.metadata.email, report.metadata.org_name),
                  .org_name = std::move(report.metadata.org_name),
                  .email = std::move(report.metadata.email),
                  .contact = std::move(report.metadata.extra_contact_info),
                  .generator = std::move(report.metadata.generator),
                  .report_id = std::move(report.metadata.report_id),
                  .policy_domain = plain_domain(report.policy.domain),
                  .begin = report.metadata.begin,
                  .end = report.metadata.end,
                  .policy = std::move(report.policy),
                  .errors = std::move(report.metadata.errors)};
  ContentDigest digest;
  add_head(digest, arrival.head);
  const aggregate::PolicyPublished& policy = arrival.head.policy;
  for (const std::string* text : {&policy.p, &policy.sp, &policy.np, &policy.adkim, &policy.aspf,
                                  &policy.testing, &policy.fo}) {
    digest.add(*text);
  }
  digest.add(records.finish());
  arrival.digest = digest.finish();
  Converted converted;
  converted.reports.push_back(std::move(candidate));
  return converted;
}

// ---- Failure reports ---------------------------------------------------------------------------

/// All of a document, up to a limit and one octet more.
std::string collect(const archive::Read& read, std::size_t most) {
  std::string octets;
  std::array<char, 65'536> block;
  while (octets.size() <= most) {
    const std::size_t size = read(block);
    if (size == 0) break;
    octets.append(block.data(), size);
  }
  return octets;
}

std::string field_of(std::string_view mail, std::string_view name) {
  const mail::Header header = mail::parse_header(mail.substr(0, std::size_t{256} << 10));
  const auto found = mail::fields_named(header, name);
  if (found.empty()) return {};
  std::string value(ascii::trim_fws(found.front()->value));
  std::erase_if(value, [](char c) { return c == '\r' || c == '\n'; });
  return value;
}

/// The addr-spec of a field with one mailbox, leniently.
std::string address_in(std::string_view value) {
  const std::size_t begin = value.rfind('<');
  if (begin != std::string_view::npos) value.remove_prefix(begin + 1);
  value = value.substr(0, value.find_first_of("> ,;"));
  return value.find('@') == std::string_view::npos ? std::string() : std::string(value);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& each : texts) all += (all.empty() ? "" : ", ") + each;
  return all;
}

std::string first_of(const std::vector<std::string>& texts) {
  return texts.empty() ? std::string() : texts.front();
}

/// Of a text that a report may make as long as it likes.
std::string shortened(std::string_view text) {
  constexpr std::size_t longest = 16'384;
  return std::string(text.substr(0, longest));
}

// RFC 5965 §3: what it says is kept as said, not as true.
store::FailureFacts facts_of(const failure::Report& report) {
  const failure::OriginalFacts original = failure::original_facts(report.original);
  std::string_view header = report.original.octets;
  if (report.original.form == failure::OriginalForm::message) {
    header = header.substr(0, std::min(mail::find_body(header), header.size()));
  }
  constexpr std::size_t longest_header = std::size_t{256} << 10;
  store::FailureFacts facts{
      .feedback_type = shortened(report.feedback_type),
      .auth_failure = shortened(report.auth_failure),
      .identity_alignment = shortened(joined(report.identity_alignment)),
      .delivery_result = shortened(report.delivery_result),
      .source_ip = shortened(report.source_ip),
      .reporting_mta = shortened(report.reporting_mta),
      .mail_from = shortened(report.original_mail_from),
      .recipient = shortened(first_of(report.original_rcpt_to)),
      .dkim_domain = shortened(report.dkim_domain),
      .dkim_selector = shortened(report.dkim_selector),
      .spf_record =
          report.spf_dns.empty() ? std::string() : shortened(report.spf_dns.front().record),
      .authentication_results = shortened(joined(report.authentication_results)),
      .from = shortened(original.from),
      .subject = shortened(original.subject),
      .message_id = shortened(original.message_id),
      .original_header = std::string(header.substr(0, longest_header)),
      .incidents = report.incidents};
  for (const std::string& each : original.urls) facts.urls.push_back(shortened(each));
  return facts;
}

/// Without the period: where the report names none, it is that of this arrival.
std::string content_of(const store::ReportHead& head, const store::FailureFacts& facts,
                       std::string_view arrival_date) {
  ContentDigest digest;
  digest.number(static_cast<std::uint64_t>(head.kind));
  digest.add(head.reporter);
  digest.add(head.policy_domain);
  digest.add(arrival_date);
  for (const std::string* text :
       {&facts.feedback_type, &facts.auth_failure, &facts.delivery_result, &facts.source_ip,
        &facts.mail_from, &facts.recipient, &facts.message_id, &facts.original_header}) {
    digest.add(*text);
  }
  digest.number(facts.incidents);
  return digest.finish();
}

/// The domain it is about: as the report says, or else that of the author of the original.
std::string reported_domain(const failure::Report& report, const store::FailureFacts& facts) {
  if (!report.reported_domain.empty()) return plain_domain(report.reported_domain.front());
  const std::string address = address_in(facts.from);
  return plain_domain(std::string_view(address).substr(address.rfind('@') + 1));
}

Converted convert_failure(const archive::Read& read, const ArrivalOptions& options,
                          store::Instant arrived) {
  const std::string mail = collect(read, options.failure.octets);
  failure::Read found = failure::read(mail, options.failure);
  // RFC 5965 §4: a malformed report is set aside with its reason.
  const auto bad = std::ranges::find(found.findings, Level::error, &Finding::level);
  if (!found.report) {
    return {.error =
                bad != found.findings.end()
                    ? *bad
                    : Finding{.code = "no_report", .what = "there is no failure report in it"}};
  }
  Candidate candidate;
  Arrival& arrival = candidate.arrival;
  arrival.remarks = remarks_of(found.findings);
  if (bad != found.findings.end()) {
    arrival.standing = store::Standing::set_aside;
    arrival.reason = "malformed";
  }
  arrival.failure = facts_of(*found.report);
  const std::string from = address_in(field_of(mail, "From"));
  auto date = mail::parse_mail_date(found.report->arrival_date);
  if (!date) date = mail::parse_mail_date(field_of(mail, "Date"));
  arrival.head = {.kind = store::ReportKind::failure,
                  .reporter = reporter_name(from, found.report->reporting_mta),
                  .org_name = found.report->reporting_mta,
                  .email = from,
                  .generator = found.report->user_agent,
                  .report_id = field_of(mail, "Message-ID").substr(0, 998),
                  .policy_domain = reported_domain(*found.report, *arrival.failure),
                  .begin = date.value_or(arrived),
                  .end = date.value_or(arrived)};
  arrival.digest = content_of(arrival.head, *arrival.failure, found.report->arrival_date);
  candidate.seen.largest_count = found.report->incidents;
  candidate.seen.largest_at = 1;
  Converted converted;
  converted.reports.push_back(std::move(candidate));
  return converted;
}

// ---- TLS reports -------------------------------------------------------------------------------

store::TlsPolicy policy_of(tlsrpt::Policy policy) {
  store::TlsPolicy kept{.type = std::move(policy.policy_type),
                        .domain = plain_domain(policy.policy_domain),
                        .policy = std::move(policy.policy_string),
                        .mx_hosts = std::move(policy.mx_host),
                        .successful = policy.successful_session_count,
                        .failed = policy.failed_session_count};
  for (tlsrpt::FailureDetail& each : policy.failure_details) {
    kept.failures.push_back({.result_type = std::move(each.result_type),
                             .sending_mta_ip = std::move(each.sending_mta_ip),
                             .receiving_mx_hostname = std::move(each.receiving_mx_hostname),
                             .receiving_mx_helo = std::move(each.receiving_mx_helo),
                             .receiving_ip = std::move(each.receiving_ip),
                             .sessions = each.failed_session_count,
                             .additional_information = std::move(each.additional_information),
                             .reason_code = std::move(each.failure_reason_code)});
  }
  return kept;
}

void add_policy(ContentDigest& digest, const store::TlsPolicy& policy) {
  digest.add(policy.type);
  digest.number(policy.successful);
  digest.number(policy.failed);
  digest.number(policy.failures.size());
  for (const store::TlsFailure& each : policy.failures) {
    for (const std::string* text : {&each.result_type, &each.sending_mta_ip,
                                    &each.receiving_mx_hostname, &each.receiving_ip}) {
      digest.add(*text);
    }
    digest.number(each.sessions);
  }
}

/// One arrival for each policy domain: each is kept, counted and erased by itself.
Candidate candidate_of(const tlsrpt::Report& report, std::vector<store::TlsPolicy> policies) {
  Candidate candidate;
  Arrival& arrival = candidate.arrival;
  arrival.head = {.kind = store::ReportKind::tls,
                  .reporter = reporter_name(report.contact_info, report.organization_name),
                  .org_name = report.organization_name,
                  .email = report.contact_info,
                  .report_id = report.report_id,
                  .policy_domain = policies.front().domain,
                  .begin = report.begin,
                  .end = report.end};
  ContentDigest digest;
  add_head(digest, arrival.head);
  for (const store::TlsPolicy& each : policies) {
    add_policy(digest, each);
    const std::uint64_t largest = std::max(each.successful, each.failed);
    if (largest > candidate.seen.largest_count) candidate.seen = {largest, 1};
  }
  arrival.digest = digest.finish();
  arrival.tls = std::move(policies);
  return candidate;
}

Converted convert_tls(const archive::Read& read, const ArrivalOptions& options) {
  tlsrpt::Reading reading = tlsrpt::read_json(collect(read, options.tls.octets), options.tls);
  if (reading.error) return {.error = std::move(reading.error)};
  std::map<std::string, std::vector<store::TlsPolicy>> by_domain;
  for (tlsrpt::Policy& each : reading.report.policies) {
    store::TlsPolicy policy = policy_of(std::move(each));
    std::vector<store::TlsPolicy>& same = by_domain[policy.domain];
    same.push_back(std::move(policy));
  }
  Converted converted;
  for (auto& [domain, policies] : by_domain) {
    Candidate candidate = candidate_of(reading.report, std::move(policies));
    candidate.arrival.remarks = remarks_of(reading.findings);
    converted.reports.push_back(std::move(candidate));
  }
  return converted;
}

}  // namespace

Converted convert(Kind kind, const archive::Read& read, const ArrivalOptions& options,
                  store::Instant arrived) {
  switch (kind) {
    case Kind::aggregate:
      return convert_aggregate(read, options);
    case Kind::failure:
      return convert_failure(read, options, arrived);
    case Kind::tls:
      return convert_tls(read, options);
    case Kind::none:
      break;
  }
  constexpr std::size_t enough_to_know = 1'024;
  return {.error = Finding{.code = "not_a_report",
                           .what = what_else(collect(read, enough_to_know - 1))}};
}

}  // namespace assay::intake::detail
