#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "assay/aggregate/report.h"
#include "assay/base/finding.h"

/// What a report is called: its Report-ID, its file, the subject of its mail.
namespace assay::aggregate {

/// Whether it is a dot-atom, with or without "@" and another, in angle brackets or not (RFC 9990
/// §3.5.1).
bool is_report_id(std::string_view text);

/// Whether a Report-ID may be a unique-id of a file name as well: letters and digits alone
/// (RFC 9990 §3.5.2, §3.1.4).
bool is_unique_id(std::string_view text);

/// A Report-ID of letters and digits: the day the period begins, then the number drawn by chance.
/// One is drawn for a report and kept with it, since a report that is sent again keeps its id.
std::string make_report_id(Instant begin, const std::array<std::uint8_t, 16>& chance);

/// What is attached: plain XML or gzip of it.
enum class Packing : std::uint8_t { xml, gzip };

/// What a file name and a subject say. Domains are A-labels.
struct ReportName {
  std::string receiver = {};  ///< the domain of who reports; the submitter
  std::string policy_domain = {};
  Instant begin = {};
  Instant end = {};
  std::string unique_id = {};  ///< the Report-ID; empty: none
  Packing packing = Packing::gzip;
  friend bool operator==(const ReportName&, const ReportName&) = default;
};

/// "mail.receiver.example!example.com!1013662812!1013749130!id.xml.gz" (RFC 9990 §3.5.2). The same
/// report has the same name each time. Total: octets that no host name has become "-"; an id that
/// is no unique-id is left out.
std::string file_name(const ReportName& name);

/// The name read back, also without an id, and with the extensions that reporters use (xml, gz, zip
/// in either order; all but plain xml is gzip here). Nothing for other names.
std::optional<ReportName> parse_file_name(std::string_view text);

/// What a file name says otherwise than the report in it: the policy domain or the beginning of the
/// period, in a finding `name` of level info. The report is what counts (RFC 9990 §3.1.4). Nothing
/// where they agree or the name is no report's; `path` may have folders before the name.
std::optional<Finding> disagreement(const Report& report, std::string_view path);

/// "Report Domain: example.com Submitter: mail.receiver.example Report-ID: <id>" (RFC 9990 §3.5.2),
/// unfolded. Total: as for file_name; a text that is no Report-ID is left out.
std::string subject(std::string_view policy_domain, std::string_view submitter,
                    std::string_view report_id);

/// What a subject says.
struct SubjectParts {
  std::string policy_domain = {};
  std::string submitter = {};
  std::string report_id = {};  ///< without angle brackets; empty: absent
  friend bool operator==(const SubjectParts&, const SubjectParts&) = default;
};

/// Reads a subject, unfolded or not, words in any case, as reporters of RFC 7489 write it too.
/// Nothing where it is no subject of a report.
std::optional<SubjectParts> parse_subject(std::string_view text);

}  // namespace assay::aggregate
