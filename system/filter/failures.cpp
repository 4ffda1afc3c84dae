#include "system/filter/failures.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "assay/authres/authres.h"
#include "assay/base/ascii.h"
#include "assay/dmarc/record.h"
#include "assay/failure/decide.h"
#include "assay/failure/redact.h"
#include "assay/mail/mail_date.h"
#include "system/config/reports.h"

namespace assay::filter {
namespace {

constexpr std::size_t max_recipients = 10;  // named in a report
constexpr std::size_t max_signatures = 50;
constexpr std::size_t max_records = 20;  // of SPF

/// The result of SPF or DKIM as a value of the module failure.
failure::Result result_of(std::string_view word) {
  using failure::Result;
  constexpr std::pair<std::string_view, Result> words[] = {
      {"pass", Result::pass},          {"fail", Result::fail},     {"softfail", Result::softfail},
      {"neutral", Result::neutral},    {"policy", Result::policy}, {"temperror", Result::temperror},
      {"permerror", Result::permerror}};
  const auto found = std::ranges::find(words, word, &std::pair<std::string_view, Result>::first);
  return found == std::end(words) ? Result::none : found->second;
}

failure::SignatureFailure failure_of(dkim::Fault fault) {
  if (fault == dkim::Fault::body_hash) return failure::SignatureFailure::bodyhash;
  if (fault == dkim::Fault::revoked) return failure::SignatureFailure::revoked;
  return failure::SignatureFailure::signature;
}

/// Whether a domain would align with the author, had its check passed (RFC 9989 §4.4). No DNS is
/// asked while a message waits: a name below the author's Organizational Domain counts as of it.
bool would_align(const dmarc::Evaluation& evaluation, const std::string& text,
                 dmarc::Alignment mode) {
  const auto domain = DomainName::parse(text);
  if (!domain) return false;
  if (*domain == evaluation.author) return true;
  return mode == dmarc::Alignment::relaxed && evaluation.organizational &&
         domain->equal_or_below(*evaluation.organizational);
}

const spf::Outcome* mail_from_of(const verify::Verdict& verdict) {
  const auto found = std::ranges::find(verdict.spf, spf::Identity::mfrom, &spf::Outcome::identity);
  return found == verdict.spf.end() ? nullptr : &*found;
}

/// Whether a list or a forwarder has passed it on (RFC 9991 §7.1).
bool is_indirect(const std::vector<evidence::Finding>& findings) {
  using evidence::Kind;
  constexpr std::array kinds = {Kind::author_signature_recovered, Kind::mailing_list,
                                Kind::trusted_arc, Kind::known_forwarder, Kind::listed};
  return std::ranges::any_of(findings, [&](const evidence::Finding& one) {
    return std::ranges::find(kinds, one.kind) != kinds.end();
  });
}

failure::Incident incident_of(const FailedMessage& seen, const dmarc::PolicyRecord& record) {
  const dmarc::Evaluation& evaluation = seen.verdict.dmarc;
  failure::Incident incident{.policy_domain = evaluation.policy_domain->text(),
                             .fo = std::string(record.failure_options()),
                             .ruf = !record.ruf.empty(),
                             .psd = record.psd == dmarc::Psd::y};
  for (const dkim::Outcome& one : seen.verdict.dkim) {
    if (incident.signatures.size() == max_signatures) break;
    incident.signatures.push_back({.domain = one.domain,
                                   .selector = one.selector,
                                   .result = result_of(to_text(one.result)),
                                   .aligned = would_align(evaluation, one.domain, record.adkim),
                                   .failure = failure_of(one.fault)});
  }
  if (const spf::Outcome* spf = mail_from_of(seen.verdict)) {
    incident.spf = {.domain = spf->domain,
                    .result = result_of(to_text(spf->result)),
                    .aligned = would_align(evaluation, spf->domain, record.aspf),
                    .used_a_record = !spf->records.empty()};
  }
  incident.circumstances.report =
      failure::is_automatic(seen.header_octets, seen.transaction.mail_from);
  return incident;
}

/// RFC 6591 §3.1: the result of one method, as the value of a field.
std::string results_of(const FailedMessage& seen, const failure::Wanted& wanted) {
  const verify::Verdict& verdict = seen.verdict;
  authres::MethodResult result;
  if (wanted.kind == failure::Kind::dmarc) {
    result = {.method = "dmarc",
              .result = std::string(to_text(verdict.dmarc.result)),
              .properties = {{"header", "from", verdict.dmarc.author.text()}}};
  } else if (wanted.kind == failure::Kind::dkim) {
    const dkim::Outcome& one = verdict.dkim[*wanted.signature];
    result = {.method = "dkim",
              .result = std::string(to_text(one.result)),
              .reason = one.reason,
              .properties = {{"header", "d", one.domain}, {"header", "s", one.selector}}};
  } else {
    const spf::Outcome* spf = mail_from_of(verdict);
    result = {.method = "spf",
              .result = std::string(to_text(spf->result)),
              .properties = {{"smtp", "mailfrom", spf->domain}}};
  }
  const std::string field =
      authres::to_field({.authserv_id = std::string(seen.host), .results = {std::move(result)}});
  return field.substr(field.find(':') + 1);
}

/// RFC 6591 §3.2.2
std::string delivery_of(verify::Action action) {
  switch (action) {
    case verify::Action::quarantine:
      return "spam";
    case verify::Action::reject:
      return "reject";
    default:
      return "delivered";
  }
}

void add_method(failure::Report& report, const FailedMessage& seen, const failure::Wanted& wanted) {
  if (wanted.signature) {
    const dkim::Outcome& one = seen.verdict.dkim[*wanted.signature];
    report.dkim_domain = one.domain;
    report.dkim_identity = one.identity.empty() ? "@" + one.domain : one.identity;
    report.dkim_selector = one.selector;
  }
  const spf::Outcome* spf = wanted.spf_dns ? mail_from_of(seen.verdict) : nullptr;
  if (spf == nullptr) return;
  for (const spf::UsedRecord& one : spf->records) {  // RFC 6591 §3.2.6
    if (report.spf_dns.size() == max_records) break;
    report.spf_dns.push_back({.domain = one.domain.text(), .record = one.text});
  }
}

/// What is shown of the message before it is redacted; whole lines.
failure::Original original_of(const FailedMessage& seen, config::FailureContent content) {
  std::string_view header = seen.header_octets;
  if (header.size() > max_shown_header) {
    const std::size_t end = header.rfind("\r\n", max_shown_header - 2);
    header = header.substr(0, end == std::string_view::npos ? max_shown_header : end + 2);
  }
  if (content == config::FailureContent::headers || seen.body.empty()) {
    return {failure::OriginalForm::headers, std::string(header)};
  }
  return {failure::OriginalForm::message,
          std::string(header) + "\r\n" + std::string(seen.body.substr(0, max_shown_body))};
}

failure::Report report_of(const FailedMessage& seen, const failure::Wanted& wanted,
                          const config::Reports& settings, const Failures& failures) {
  const auto path = [](const std::string& address) { return "<" + address + ">"; };
  failure::Report report{.user_agent = failures.user_agent,
                         .auth_failure = std::string(wanted.auth_failure),
                         .authentication_results = {results_of(seen, wanted)},
                         .identity_alignment = wanted.identity_alignment,
                         .delivery_result = delivery_of(seen.decision.action),
                         .arrival_date = mail::to_mail_date(seen.time),
                         .source_ip = seen.client.address ? to_text(*seen.client.address) : "",
                         .reported_domain = {seen.verdict.dmarc.author.text()},
                         .original_envelope_id = seen.transaction.envelope_id,
                         .original_mail_from = path(seen.transaction.mail_from),
                         .reporting_mta = "dns; " + std::string(seen.host),
                         .original = original_of(seen, settings.failure_content)};
  if (seen.client.port != 0) report.source_port = seen.client.port;
  const auto& recipients = seen.transaction.recipients;
  for (std::size_t i = 0; i < std::min(recipients.size(), max_recipients); ++i) {
    report.original_rcpt_to.push_back(path(recipients[i]));
  }
  add_method(report, seen, wanted);
  return report;
}

/// RFC 9991 §7, RFC 6590 §3: before anything of it is on a disk.
failure::Report redacted(failure::Report report, const std::string& domain,
                         const config::Reports& settings, const Failures& failures) {
  failure::Shown shown;
  if (settings.failure_content == config::FailureContent::text) {
    shown.bodies = failure::Bodies::text;
  }
  return failure::redact(std::move(report), failure::Redactor(failures.key, domain), shown);
}

}  // namespace

std::vector<spool::Item> failures_of(const FailedMessage& seen, const config::Reports& settings,
                                     const Failures& failures) {
  const dmarc::Evaluation& evaluation = seen.verdict.dmarc;
  if (!evaluation.policy_domain || !config::gets_failures(settings, *evaluation.policy_domain))
    return {};
  if (seen.decision.action == verify::Action::defer) return {};  // it will come again
  // What the DNS left open is no failure of the domain's.
  if (evaluation.result == dmarc::Result::temperror) return {};
  const auto record = dmarc::parse_record(evaluation.record);
  if (!record || record->ruf.empty()) return {};
  const auto own = [&](const std::string& one) { return config::is_own_address(settings, one); };
  if (std::ranges::any_of(seen.transaction.recipients, own)) return {};
  failure::Incident incident = incident_of(seen, *record);
  if (failure::decide(incident).reports.empty()) return {};
  incident.circumstances.forwarded = is_indirect(seen.findings());  // RFC 9991 §7.1
  std::vector<spool::Item> items;
  for (const failure::Wanted& wanted : failure::decide(incident).reports) {
    items.push_back({.time = seen.time,
                     .policy_domain = incident.policy_domain,
                     .record = evaluation.record,
                     .report = redacted(report_of(seen, wanted, settings, failures),
                                        incident.policy_domain, settings, failures)});
  }
  return items;
}

}  // namespace assay::filter
