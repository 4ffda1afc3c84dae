#include "system/store_sqlite/detail/pieces.h"
#include "system/store_sqlite/detail/received_store.h"

namespace assay::store_sqlite::detail {
namespace {

void write_remarks(PieceWriter& out, std::span<const store::Remark> remarks) {
  for (const store::Remark& each : remarks) {
    out.text(each.code);
    out.text(each.what);
    out.number(static_cast<std::uint64_t>(each.level));
  }
}

/// The texts of a policy, in the order in which they stand in files.
template <class Policy, class Visit>
void each_text(Policy& policy, const Visit& visit) {
  for (auto* text : {&policy.domain, &policy.p, &policy.sp, &policy.np, &policy.adkim,
                     &policy.aspf, &policy.discovery_method, &policy.fo, &policy.testing,
                     &policy.pct}) {
    visit(*text);
  }
}

template <class Head, class Visit>
void each_head_text(Head& head, const Visit& visit) {
  for (auto* text : {&head.org_name, &head.email, &head.contact, &head.generator}) visit(*text);
}

template <class Facts, class Visit>
void each_failure_text(Facts& facts, const Visit& visit) {
  for (auto* text :
       {&facts.feedback_type, &facts.auth_failure, &facts.identity_alignment,
        &facts.delivery_result, &facts.source_ip, &facts.reporting_mta, &facts.mail_from,
        &facts.recipient, &facts.dkim_domain, &facts.dkim_selector, &facts.spf_record,
        &facts.authentication_results, &facts.from, &facts.subject, &facts.message_id}) {
    visit(*text);
  }
}

template <class Failure, class Visit>
void each_tls_text(Failure& failure, const Visit& visit) {
  for (auto* text :
       {&failure.result_type, &failure.sending_mta_ip, &failure.receiving_mx_hostname,
        &failure.receiving_mx_helo, &failure.receiving_ip, &failure.additional_information,
        &failure.reason_code}) {
    visit(*text);
  }
}

}  // namespace

// The policy stands first, so that it is found without reading the rest.
std::string write_head(const store::ReportHead& head, const store::Authenticity& authenticity,
                       std::span<const store::Remark> remarks,
                       std::span<const store::Remark> more) {
  PieceWriter out;
  each_text(head.policy, [&](const std::string& text) { out.text(text); });
  each_head_text(head, [&](const std::string& text) { out.text(text); });
  out.texts(head.errors);
  out.text(authenticity.author_domain);
  out.text(authenticity.reason);
  out.number(remarks.size() + more.size());
  write_remarks(out, remarks);
  write_remarks(out, more);
  return out.octets();
}

void read_head(std::string_view octets, store::ReceivedReport& report) {
  PieceReader in(octets);
  each_text(report.head.policy, [&](std::string& text) { text = in.text(); });
  each_head_text(report.head, [&](std::string& text) { text = in.text(); });
  report.head.errors = in.texts();
  report.authenticity.author_domain = in.text();
  report.authenticity.reason = in.text();
  report.remarks.resize(in.count());
  for (store::Remark& each : report.remarks) {
    each.code = in.text();
    each.what = in.text();
    const std::uint64_t level = in.number();
    each.level = level > static_cast<std::uint64_t>(Level::info) ? Level::info
                                                                 : static_cast<Level>(level);
  }
}

std::string write_failure(const store::FailureFacts& facts) {
  PieceWriter out;
  each_failure_text(facts, [&](const std::string& text) { out.text(text); });
  out.texts(facts.urls);
  out.number(facts.incidents);
  return out.octets();
}

store::FailureFacts read_failure(std::string_view octets) {
  PieceReader in(octets);
  store::FailureFacts facts;
  each_failure_text(facts, [&](std::string& text) { text = in.text(); });
  facts.urls = in.texts();
  facts.incidents = in.number();
  return facts;
}

std::string write_tls(const std::vector<store::TlsPolicy>& policies) {
  PieceWriter out;
  out.number(policies.size());
  for (const store::TlsPolicy& policy : policies) {
    out.text(policy.type);
    out.text(policy.domain);
    out.texts(policy.policy);
    out.texts(policy.mx_hosts);
    out.number(policy.successful);
    out.number(policy.failed);
    out.number(policy.failures.size());
    for (const store::TlsFailure& failure : policy.failures) {
      each_tls_text(failure, [&](const std::string& text) { out.text(text); });
      out.number(failure.sessions);
    }
  }
  return out.octets();
}

std::vector<store::TlsPolicy> read_tls(std::string_view octets) {
  PieceReader in(octets);
  std::vector<store::TlsPolicy> policies(in.count());
  for (store::TlsPolicy& policy : policies) {
    policy.type = in.text();
    policy.domain = in.text();
    policy.policy = in.texts();
    policy.mx_hosts = in.texts();
    policy.successful = in.number();
    policy.failed = in.number();
    policy.failures.resize(in.count());
    for (store::TlsFailure& failure : policy.failures) {
      each_tls_text(failure, [&](std::string& text) { text = in.text(); });
      failure.sessions = in.number();
    }
  }
  return policies;
}

}  // namespace assay::store_sqlite::detail
