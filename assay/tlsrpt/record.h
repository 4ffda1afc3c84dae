#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/finding.h"

/// SMTP TLS Reporting (RFC 8460): the record by which a domain asks for reports about TLS.
/// The reports themselves: report.h, read.h, write.h.
///
///     auto record = tlsrpt::parse_record("v=TLSRPTv1; rua=mailto:tls@example.com");
///     if (record) for (const tlsrpt::Destination& to : record->rua) …
namespace assay::tlsrpt {

/// One URI of rua.
struct Destination {
  std::string uri;           ///< as written
  bool supported = false;    ///< https, or mailto with an ASCII address
  std::string address = {};  ///< of mailto, percent-decoded, without header fields
};

/// A TLSRPT record (RFC 8460 §3).
struct Record {
  std::string text;                   ///< as published
  std::vector<Destination> rua = {};  ///< of all rua fields, in order; at least one
  /// As written, in order, v among them; the first of each name.
  std::vector<std::pair<std::string, std::string>> tags = {};
  Findings findings = {};  ///< about a record that can be used
};

/// Limits of what is kept of one record; what is beyond is left out and found.
constexpr std::size_t max_destinations = 100;
constexpr std::size_t max_tags = 100;

/// Whether a TXT record at `_smtp._tls` is one of TLSRPT; a domain with several has none
/// (RFC 8460 §3).
bool is_tlsrpt_record(std::string_view text);

/// Reads one TXT record whose strings are joined. Strict, as RFC 8460 has no rule for what its
/// grammar does not allow. Linear. Errors: `no_tlsrpt_record` for another version or none,
/// `bad_field` for what is no field, `bad_uri` for a rua that holds one that is none,
/// `missing_rua`.
std::expected<Record, Finding> parse_record(std::string_view text);

/// Twin of parse_record: the version, rua, then the other fields.
std::string to_text(const Record& record);

}  // namespace assay::tlsrpt
