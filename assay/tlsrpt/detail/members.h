#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// The members of a report: what may stand in what, and what a name means there (RFC 8460 §4.4).
namespace assay::tlsrpt::detail {

enum class Node : std::uint8_t {
  // Objects.
  document,
  report,
  date_range,
  entry,  ///< one of policies
  policy,
  summary,
  failure_detail,
  // Values.
  organization_name,
  contact_info,
  report_id,
  start,
  end,
  policy_type,
  policy_string,
  policy_domain,
  mx_host,
  successes,
  failures,
  result_type,
  sending_mta_ip,
  receiving_mx_hostname,
  receiving_mx_helo,
  receiving_ip,
  failed,
  additional_information,
  failure_reason_code,
  // What is not looked into.
  ignored,
};

constexpr bool is_object(Node node) {
  return node <= Node::failure_detail;
}

struct Member {
  std::string_view name;
  Node node;
  bool list = false;  ///< its value is an array
};

/// What may stand in an object.
std::span<const Member> members(Node node);

/// The member as it is written: "summary/total-failure-session-count".
std::string_view name_of(Node node);
/// Whether its value is an array.
bool is_list(Node node);

}  // namespace assay::tlsrpt::detail
