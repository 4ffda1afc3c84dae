#include "assay/tlsrpt/detail/members.h"

#include <algorithm>
#include <array>

#include "assay/tlsrpt/detail/words.h"

namespace assay::tlsrpt::detail {
namespace {

// RFC 8460 §4.4
constexpr Member in_report[] = {{"organization-name", Node::organization_name},
                                {"date-range", Node::date_range},
                                {"contact-info", Node::contact_info},
                                {"report-id", Node::report_id},
                                {"policies", Node::entry, true}};
constexpr Member in_date_range[] = {{"start-datetime", Node::start}, {"end-datetime", Node::end}};
constexpr Member in_entry[] = {{"policy", Node::policy},
                               {"summary", Node::summary},
                               {"failure-details", Node::failure_detail, true}};
// The text of §4.4 calls mx-host so, its grammar mx-host-pattern.
constexpr Member in_policy[] = {{"policy-type", Node::policy_type},
                                {"policy-string", Node::policy_string, true},
                                {"policy-domain", Node::policy_domain},
                                {"mx-host", Node::mx_host, true},
                                {"mx-host-pattern", Node::mx_host, true}};
constexpr Member in_summary[] = {{"total-successful-session-count", Node::successes},
                                 {"total-failure-session-count", Node::failures}};
constexpr Member in_detail[] = {{"result-type", Node::result_type},
                                {"sending-mta-ip", Node::sending_mta_ip},
                                {"receiving-mx-hostname", Node::receiving_mx_hostname},
                                {"receiving-mx-helo", Node::receiving_mx_helo},
                                {"receiving-ip", Node::receiving_ip},
                                {"failed-session-count", Node::failed},
                                {"additional-information", Node::additional_information},
                                {"failure-reason-code", Node::failure_reason_code}};

// RFC 8460 §4.4
constexpr std::string_view policy_words[] = {"sts", "tlsa", "no-policy-found"};
// RFC 8460 §4.3
constexpr std::string_view result_words[] = {"starttls-not-supported", "certificate-host-mismatch",
                                             "certificate-expired",    "certificate-not-trusted",
                                             "validation-failure",     "tlsa-invalid",
                                             "dnssec-invalid",         "dane-required",
                                             "sts-policy-fetch-error", "sts-policy-invalid",
                                             "sts-webpki-invalid"};

constexpr std::array objects = {Node::report, Node::date_range, Node::entry,
                                Node::policy, Node::summary,    Node::failure_detail};

const Member* find(Node node) {
  for (const Node object : objects) {
    for (const Member& member : members(object)) {
      if (member.node == node) return &member;
    }
  }
  return nullptr;
}

}  // namespace

std::span<const Member> members(Node node) {
  switch (node) {
    case Node::report:
      return in_report;
    case Node::date_range:
      return in_date_range;
    case Node::entry:
      return in_entry;
    case Node::policy:
      return in_policy;
    case Node::summary:
      return in_summary;
    case Node::failure_detail:
      return in_detail;
    default:
      return {};
  }
}

std::string_view name_of(Node node) {
  const Member* member = find(node);
  return member == nullptr ? "the report" : member->name;
}

bool is_list(Node node) {
  const Member* member = find(node);
  return member != nullptr && member->list;
}

std::span<const std::string_view> policy_types() {
  return policy_words;
}

std::span<const std::string_view> result_types() {
  return result_words;
}

bool is_policy_type(std::string_view word) {
  return std::ranges::find(policy_words, word) != std::end(policy_words);
}

bool is_result_type(std::string_view word) {
  return std::ranges::find(result_words, word) != std::end(result_words);
}

}  // namespace assay::tlsrpt::detail
