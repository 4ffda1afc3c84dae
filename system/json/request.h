#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/ip_address.h"
#include "assay/base/time.h"
#include "assay/dmarc/destination.h"
#include "assay/dmarc/evaluate.h"
#include "assay/verify/verify.h"

namespace assay::json {

/// Why a line is no request, with its id where that could be read.
struct RequestError {
  std::string id = {};  ///< as JSON text; empty: none
  std::string what;     ///< a sentence for people
};

/// What every request may hold beside its own members. `id` is any JSON scalar, kept as JSON text.
struct Common {
  std::string id = {};                   ///< as JSON text; empty: none
  std::optional<std::string> zone = {};  ///< master-file text that answers for the DNS
  std::optional<Instant> at = {};        ///< the instant of the check
  std::optional<verify::Standard> standard = {};
};

/// Where a message comes from: octets that stood in the request, or a file's path.
struct MessageSource {
  std::string octets = {};
  std::optional<std::string> file = {};
};

/// A line of `assay verify --jsonl`. Nothing stands for "as the command line says".
struct VerifyRequest {
  Common common = {};
  std::optional<IpAddress> client = {};
  std::optional<std::string> helo = {};
  std::optional<std::string> mail_from = {};  ///< without angle brackets; empty: null reverse-path
  std::optional<std::string> authserv_id = {};
  std::optional<unsigned> dkim_min_key_bits = {};
  std::optional<bool> dkim_allow_sha1 = {};
  MessageSource message = {};
};

/// A line of `assay spf --jsonl`.
struct SpfRequest {
  Common common = {};
  std::optional<IpAddress> client = {};
  std::optional<std::string> helo = {};
  std::optional<std::string> mail_from = {};
  std::optional<std::string> receiver = {};
};

/// A line of `assay dmarc --jsonl`.
struct DmarcRequest {
  Common common = {};
  DomainName from;
  std::vector<dmarc::Identifier> identifiers = {};
};

/// A line of `assay record KIND --jsonl`.
struct RecordRequest {
  Common common = {};
  std::string text = {};
};

/// A line of `assay destination --jsonl`.
struct DestinationRequest {
  Common common = {};
  DomainName domain;
  std::string uri = {};
  dmarc::ReportKind kind = dmarc::ReportKind::aggregate;
};

/// A line of `assay author --jsonl`.
struct AuthorRequest {
  Common common = {};
  MessageSource message = {};
};

// Each reads one line. Total. Members that are not known are ignored; a member of the wrong type,
// one given twice and one that is missing are errors; null is as if the member were not there.
std::expected<VerifyRequest, RequestError> parse_verify_request(std::string_view line);
std::expected<SpfRequest, RequestError> parse_spf_request(std::string_view line);
std::expected<DmarcRequest, RequestError> parse_dmarc_request(std::string_view line);
std::expected<RecordRequest, RequestError> parse_record_request(std::string_view line);
std::expected<AuthorRequest, RequestError> parse_author_request(std::string_view line);
std::expected<DestinationRequest, RequestError> parse_destination_request(std::string_view line);

/// "<a@example.com>", "a@example.com", "<>" or "" without the angle brackets.
std::string strip_angle_brackets(std::string_view reverse_path);

/// "aggregate" or "failure".
std::optional<dmarc::ReportKind> parse_report_kind(std::string_view word);

/// "rfc9989", "rfc7489" or "compare".
std::optional<verify::Standard> parse_standard(std::string_view word);

/// An identifier for DMARC from a result word of RFC 8601 and a domain: pass is passed, temperror
/// unresolved, all others failed. Nothing where the check did not pass and the domain is no DNS
/// name, since such an identifier cannot count. Errors: a word that is no result; a passing result
/// whose domain is no DNS name.
std::expected<std::optional<dmarc::Identifier>, std::string> make_identifier(
    dmarc::Method method, std::string_view result, std::string_view domain);

}  // namespace assay::json
