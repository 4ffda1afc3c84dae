#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// An aggregate report as a value (RFC 9990 Appendix A; RFC 7489 Appendix C for those who still
/// write or want that). Words are text as on the wire, in lower case: what is read may hold words
/// that no schema knows. Empty text is an absent element.
namespace assay::aggregate {

using Instant = std::chrono::sys_seconds;

/// Which of the two forms a report has or is to have.
enum class Schema : std::uint8_t { rfc9990, rfc7489 };

/// report_metadata (RFC 9990 §3.1.1.3). The period includes both of its ends, as on the wire.
struct Metadata {
  std::string org_name = {};
  std::string email = {};
  std::string extra_contact_info = {};
  std::string report_id = {};
  Instant begin = {};
  Instant end = {};
  std::vector<std::string> errors = {};  ///< at most one is written (RFC 9990 §3.1.1.3)
  std::string generator = {};
  friend bool operator==(const Metadata&, const Metadata&) = default;
};

/// policy_published (RFC 9990 §3.1.1.5): one configuration of a policy domain, as evaluated.
struct PolicyPublished {
  std::string domain = {};  ///< where the record was found
  std::string p = {};
  std::string sp = {};
  std::string np = {};
  std::string adkim = {};  ///< r or s
  std::string aspf = {};
  std::string discovery_method = {};  ///< treewalk or psl
  std::string fo = {};
  std::string testing = {};  ///< y or n
  std::string pct = {};      ///< RFC 7489 alone
  friend auto operator<=>(const PolicyPublished&, const PolicyPublished&) = default;
};

/// Why the disposition is not what the policy asks (RFC 9990 §3.1.6).
struct Reason {
  std::string type = {};
  std::string comment = {};
  friend auto operator<=>(const Reason&, const Reason&) = default;
};

struct DkimResult {
  std::string domain = {};
  std::string selector = {};
  std::string result = {};
  std::string human_result = {};
  friend auto operator<=>(const DkimResult&, const DkimResult&) = default;
};

struct SpfResult {
  std::string domain = {};
  std::string scope = {};  ///< mfrom; helo in reports of RFC 7489
  std::string result = {};
  std::string human_result = {};
  friend auto operator<=>(const SpfResult&, const SpfResult&) = default;
};

/// What tells one record from another (RFC 9990 §3.1.1.8): all of it but the count.
struct Row {
  std::string source_ip = {};    ///< as text: what is read may be no address
  std::string disposition = {};  ///< none, pass, quarantine, reject
  std::string dkim = {};         ///< pass or fail: the aligned result
  std::string spf = {};
  std::vector<Reason> reasons = {};
  std::string header_from = {};
  std::string envelope_from = {};
  std::string envelope_to = {};
  std::vector<DkimResult> dkim_results = {};
  std::vector<SpfResult> spf_results = {};
  friend auto operator<=>(const Row&, const Row&) = default;
};

struct Record {
  Row row = {};
  std::uint64_t count = 0;
  friend bool operator==(const Record&, const Record&) = default;
};

struct Report {
  Schema schema = Schema::rfc9990;
  std::string version = "1.0";  ///< of the format
  Metadata metadata = {};
  PolicyPublished policy = {};
  std::vector<Record> records = {};
  friend bool operator==(const Report&, const Report&) = default;
};

}  // namespace assay::aggregate
