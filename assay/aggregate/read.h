#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "assay/aggregate/report.h"
#include "assay/base/finding.h"
#include "assay/xml/reader.h"

/// A report from XML, the twin of write.h: read(write(report)) is the report again.
namespace assay::aggregate {

struct ReadLimits {
  std::size_t text = 16'384;           ///< octets of one element's text; the rest is left out
  std::uint64_t records = 1ULL << 40;  ///< of a report; the others are left out
  std::uint64_t held = 2'000'000;      ///< of a report that is held whole
  std::size_t results = 1'000;         ///< signatures, SPF results, reasons of one record, each
  xml::ReadLimits xml = {};
};

/// What a document held.
struct Reading {
  /// As far as it was read; without records where they were handed on.
  Report report = {};
  /// What was overlooked, in one finding of a kind with how often and in which record first.
  /// warning: repaired, nothing is lost. error: something is lost. info: worth knowing. At most
  /// 100.
  Findings findings = {};
  /// Why nothing of it may be used; then `report` must not be.
  /// `not_xml`, `not_a_report`, `bad_date`, `nothing_in_it`, or what the XML reader gave up for.
  std::optional<Finding> error = {};
  std::uint64_t records = 0;   ///< that were read
  std::uint64_t messages = 0;  ///< their counts together; at most the largest number
};

/// Takes each record as soon as it is read; it may be moved from.
using TakeRecord = std::function<void(Record& record)>;

/// Reads a report of RFC 9990, of RFC 7489 Appendix C, or in what reporters make of them. Which it
/// is follows from the namespace, or without one from the elements only one of them has.
///
/// Elements are known by their local name, in any order and any case, also misspelled by a letter,
/// with hyphens, doubled (the first counts), outside the element they belong in, or not closed; of
/// unknown ones and extensions nothing is kept. Words are in lower case, their old and common wrong
/// forms replaced, also with quotes or a comment around; others stay as they are, with the finding
/// `bad_word`. Domains are A-labels in lower case without a dot at the end, also where an address
/// was written; what is no domain stays, in lower case. Numbers may have a fraction of zeros, an
/// exponent, or commas between thousands, times be whatever parse_loose_instant or
/// mail::parse_mail_date reads. A record whose count cannot be, and one that holds nothing, is left
/// out. Texts lose white space at both ends; addresses stay as written but for brackets and a tag.
/// A time that is none refuses the report, since it would stand in the wrong place for ever.
///
/// Findings: `namespace`, `version`, `missing`, `repeated`, `misspelled`, `misplaced`,
/// `unknown_element`, `case`, `synonym`, `bad_word`, `bad_number`, `bad_time`, `bad_period`,
/// `long_period`, `bad_address`, `address`, `u_label`, `too_long`, `too_many`, `no_record`,
/// `old_word`, `bare_text`, and those of xml::Reader.
Reading read_xml(xml::Reader& xml, const ReadLimits& limits = {});
Reading read_xml(std::string_view document, const ReadLimits& limits = {});

/// The same in flat memory: `take` is called for each record. What stands behind it in a document
/// whose order is wrong is in Reading::report at the end.
Reading read_xml(xml::Reader& xml, const TakeRecord& take, const ReadLimits& limits = {});

}  // namespace assay::aggregate
