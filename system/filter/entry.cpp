#include "system/filter/entry.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/dkim/signature.h"

namespace assay::filter {
namespace {

constexpr std::size_t max_text = 500;  // octets kept of a value that a sender chose
constexpr std::size_t max_domains = 100;

std::string cut(std::string_view text) {
  return std::string(ascii::trim_fws(text).substr(0, max_text));
}

std::string field_value(const mail::Header& header, std::string_view name) {
  const auto fields = mail::fields_named(header, name);
  return fields.empty() ? std::string() : cut(fields.front()->value);
}

/// RFC 2919 §3: what stands between the last < and >.
std::string list_id_of(const mail::Header& header) {
  std::string value = field_value(header, "List-Id");
  const std::size_t open = value.rfind('<');
  if (open == std::string::npos) return value;
  return value.substr(open + 1, value.find('>', open) - open - 1);
}

/// Whether a message seems to carry a report on mail authentication (RFC 9990 §3.5.2, RFC 5965 §2,
/// RFC 8460 §5.3): what two hosts must not report to each other for ever.
bool carries_report(const mail::Header& header) {
  const std::string subject = ascii::to_lower(field_value(header, "Subject"));
  const std::string type = ascii::to_lower(field_value(header, "Content-Type"));
  const bool by_type = type.starts_with("multipart/report") &&
                       (type.contains("feedback-report") || type.contains("tlsrpt"));
  return by_type || subject.starts_with("report domain:");
}

std::vector<std::string> domains_of(const std::vector<std::string>& recipients) {
  std::vector<std::string> domains;
  for (const std::string& one : recipients) {
    const std::size_t at = one.rfind('@');
    if (at == std::string::npos) continue;
    std::string domain = ascii::to_lower(cut(std::string_view(one).substr(at + 1)));
    if (std::ranges::find(domains, domain) == domains.end()) domains.push_back(std::move(domain));
    if (domains.size() == max_domains) break;
  }
  return domains;
}

std::string text_of(const std::optional<DomainName>& name) {
  return name ? name->text() : std::string();
}
std::string text_of(const std::optional<dmarc::Policy>& policy) {
  return policy ? std::string(to_text(*policy)) : std::string();
}

journal::Verdict fact_of(const dmarc::Evaluation& evaluation) {
  return {.result = std::string(to_text(evaluation.result)),
          .author_domain = evaluation.author.text(),
          .policy_domain = text_of(evaluation.policy_domain),
          .organizational_domain = text_of(evaluation.organizational),
          .record = evaluation.record,
          .published_policy = text_of(evaluation.published_policy),
          .policy = text_of(evaluation.policy),
          .test_mode = evaluation.test_mode,
          .nonexistent = evaluation.author_nonexistent,
          .discovery = std::string(to_text(evaluation.discovery)),
          .spf_aligned = evaluation.spf_aligned,
          .dkim_aligned = evaluation.dkim_aligned,
          .reason = evaluation.reason};
}

void add_results(journal::Entry& entry, const verify::Verdict& verdict) {
  for (const spf::Outcome& one : verdict.spf) {
    entry.spf.push_back({.identity = std::string(to_text(one.identity)),
                         .domain = cut(one.domain),
                         .result = std::string(to_text(one.result))});
  }
  for (const dkim::Outcome& one : verdict.dkim) {
    const bool passed = one.result == dkim::Result::pass;
    entry.dkim.push_back({.domain = cut(one.domain),
                          .selector = cut(one.selector),
                          .algorithm = cut(one.algorithm),
                          .result = std::string(to_text(one.result)),
                          .reason = passed ? std::string() : one.reason});
  }
  entry.arc.result = to_text(verdict.arc.result);
  entry.arc.instances = verdict.arc.instances;
  entry.arc.sealers = verdict.arc.sealers;
}

}  // namespace

journal::Entry describe(const Transaction& transaction, const Client& client,
                        const mail::Header& header) {
  return {.queue_id = cut(transaction.queue_id),
          .client = client.address,
          .client_name = cut(client.name),
          .helo = cut(client.helo),
          .mail_from = cut(transaction.mail_from),
          .recipient_domains = domains_of(transaction.recipients),
          .recipients = transaction.recipients.size(),
          .message_id = field_value(header, "Message-ID"),
          .list_id = list_id_of(header),
          .automatic = carries_report(header) ? "report" : ""};
}

void add_claims(journal::Entry& entry, const mail::Header& header) {
  constexpr std::size_t max_signatures = 5;
  for (const DomainName& one : verify::find_authors(header).domains)
    entry.author_domains.push_back(one.text());
  for (const auto* field : mail::fields_named(header, "DKIM-Signature")) {
    if (entry.dkim.size() == max_signatures) break;
    const auto signature = dkim::parse_signature(field->value);
    if (!signature) continue;
    entry.dkim.push_back({.domain = cut(signature->domain.text()),
                          .selector = cut(signature->selector),
                          .result = "untested"});
  }
}

// RFC 9989 §5.3.3, RFC 9989 §5.3.7
void add_facts(journal::Entry& entry, const verify::Verdict& verdict,
               std::span<const evidence::Finding> findings, const verify::Decision& decision) {
  for (const DomainName& one : verdict.authors.domains) entry.author_domains.push_back(one.text());
  entry.verdict = fact_of(verdict.dmarc);
  add_results(entry, verdict);
  for (const evidence::Finding& one : findings) {
    entry.evidence.push_back({.kind = std::string(to_text(one.kind)),
                              .leans = std::string(to_text(one.leans)),
                              .what = one.what});
  }
  for (const verify::Override& one : decision.overrides) {
    entry.overrides.push_back({.type = one.type, .comment = one.comment});
  }
  entry.action.action = to_text(decision.action);
  entry.action.disposition = to_text(decision.disposition);
  entry.action.reply = decision.reply;
  if (verdict.rfc7489) entry.rfc7489 = fact_of(*verdict.rfc7489);
  entry.differs = verdict.differs;
}

}  // namespace assay::filter
