#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "assay/aggregate/report.h"
#include "assay/base/finding.h"

/// A report as XML, and whether a value may become one.
namespace assay::aggregate {

/// The namespace of a report's root element (RFC 9990 §3.1.1.1).
inline constexpr std::string_view rfc9990_namespace = "urn:ietf:params:xml:ns:dmarc-2.0";

/// More DKIM signatures of one row are not written (RFC 9990 §3.1.3).
inline constexpr std::size_t max_signatures = 100;

/// The report in the form that `report.schema` names. Total: texts are escaped and made UTF-8.
///
/// RFC 9990: elements in the order of its schema; the errors joined to the one that is permitted;
/// the first of the SPF results that is not of HELO; no pct.
///
/// RFC 7489: without a namespace, as its reporters write it; np, discovery_method, testing,
/// generator, human results of SPF left out; version, sp (else p), pct (else 100), fo (else 0),
/// envelope_from and an SPF result (else none) always there, as its schema wants; the disposition
/// pass written as none and the reason policy_test_mode as other with that word in its comment.
std::string write_xml(const Report& report);

// The same in pieces, so that a report of millions of records need not be held: the head, each
// record, the end. Each appends; what has been appended may be taken away in between.

/// All before the first record. The records of `report` are not looked at.
void append_head(std::string& xml, const Report& report);
void append_record(std::string& xml, Schema schema, const Record& record);
void append_end(std::string& xml);

/// The policy with what a record leaves out set to its default (RFC 9990 §3.1.1.5; RFC 9989 §4.7):
/// sp from p, np from sp, adkim and aspf relaxed, fo 0, testing n, discovery_method treewalk.
PolicyPublished with_defaults(PolicyPublished policy);

/// Puts the signatures in the order of RFC 9990 §3.1.3 (passed and strictly aligned, passed and at
/// or below the Organizational Domain, passed, others; else as they stood) and drops those above
/// the limit. Domains are A-labels in lower case.
void order_signatures(Row& row, std::string_view organizational_domain);

/// What keeps the report from being one that its schema and RFC 9990 §3.1.1 permit, to be asked
/// before it is sent; empty when it may be. `at` is the number of the record, counted from one, or
/// 0 for the head. At most 100 of
/// `missing`, `bad_word`, `bad_value`, `bad_period`, `no_record`, `bad_report_id`, `too_many`,
/// `not_text` (no UTF-8, or characters that XML forbids; it would be written, with replacements).
Findings validate(const Report& report);

// The same for a report that is written in pieces.
void validate_head(const Report& report, Findings& findings);
void validate_record(Schema schema, const Record& record, std::uint64_t number, Findings& findings);

}  // namespace assay::aggregate
