#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "assay/base/time.h"

/// A TLS report as a value (RFC 8460 §4.4). Words are text as on the wire: what is read may hold
/// words that no registry knows. Empty text is an absent member.
namespace assay::tlsrpt {

/// Sessions that failed alike (RFC 8460 §4.4, failure-details).
struct FailureDetail {
  std::string result_type = {};     ///< a word of RFC 8460 §4.3, or a later one
  std::string sending_mta_ip = {};  ///< as text: what is read may be no address
  std::string receiving_mx_hostname = {};
  std::string receiving_mx_helo = {};
  std::string receiving_ip = {};
  std::uint64_t failed_session_count = 0;
  std::string additional_information = {};  ///< a URI, or a text
  std::string failure_reason_code = {};
  friend bool operator==(const FailureDetail&, const FailureDetail&) = default;
};

/// What happened under one policy.
struct Policy {
  std::string policy_type = {};  ///< sts, tlsa, no-policy-found
  std::string policy_domain = {};
  std::vector<std::string> policy_string = {};  ///< lines of an MTA-STS policy, or TLSA records
  std::vector<std::string> mx_host = {};        ///< patterns
  std::uint64_t successful_session_count = 0;
  std::uint64_t failed_session_count = 0;
  std::vector<FailureDetail> failure_details = {};
  friend bool operator==(const Policy&, const Policy&) = default;
};

struct Report {
  std::string organization_name = {};
  std::string contact_info = {};
  std::string report_id = {};
  Instant begin = {};  ///< of the period, which includes both of its ends
  Instant end = {};
  std::vector<Policy> policies = {};
  friend bool operator==(const Report&, const Report&) = default;
};

}  // namespace assay::tlsrpt
