#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/finding.h"

namespace assay::dmarc {

/// Domain Owner Assessment Policy (RFC 9989 §3.2.5), weakest first.
enum class Policy : std::uint8_t { none, quarantine, reject };
std::string_view to_text(Policy policy);
/// Twin of to_text, without regard to case; nothing for another word.
std::optional<Policy> parse_policy(std::string_view word);

enum class Alignment : std::uint8_t { relaxed, strict };
/// The psd tag (RFC 9989 §4.7).
enum class Psd : std::uint8_t { u, y, n };
std::string_view to_text(Psd psd);

/// One URI of rua or ruf.
struct ReportUri {
  std::string uri;           ///< as written, without the size
  std::string size = {};     ///< RFC 7489's "!10m", without "!"; ignored by RFC 9989
  bool supported = false;    ///< mailto with an ASCII address
  std::string address = {};  ///< of a supported one, percent-decoded, without header fields
};

/// Reads one item of rua or ruf, without white space around it. A URI of a scheme we cannot send by
/// is read all the same.
/// Errors: `bad_uri`, also for an unencoded comma or exclamation mark (RFC 9989 §4.8).
std::expected<ReportUri, Finding> parse_report_uri(std::string_view item);

/// What a receiver makes of a record (RFC 9989 §4.10.1).
enum class Usable : std::uint8_t { as_written, as_none, not_at_all };

/// A DMARC Policy Record, every tag with its value or its default (RFC 9989 §4.7).
struct PolicyRecord {
  std::string text;              ///< as published; may hold any octets
  std::optional<Policy> p = {};  ///< nothing when absent or not valid
  std::optional<Policy> sp = {};
  std::optional<Policy> np = {};
  bool bad_policy = false;  ///< p, sp or np stands there with a value that is none, or twice
  bool bad_sp = false;      ///< sp does
  Alignment adkim = Alignment::relaxed;
  Alignment aspf = Alignment::relaxed;
  bool test_mode = false;  ///< t=y
  Psd psd = Psd::u;
  std::string fo = "0";             ///< as found, in lower case; see failure_options
  std::vector<ReportUri> rua = {};  ///< syntactically valid ones, in order
  std::vector<ReportUri> ruf = {};
  unsigned pct = 100;  ///< for RFC 7489 readers only
  /// As written, in order, names in lower case, the first of each; a value that is not all of
  /// printable ASCII and tabs with \xHH.
  std::vector<std::pair<std::string, std::string>> tags = {};
  Findings findings = {};  ///< in order of the text; what concerns the whole stands last

  /// What a receiver following RFC 9989 §4.10.1 makes of it.
  Usable usable() const;
  /// What one following RFC 7489 §6.6.3 (step 6) makes of it: np is unknown there.
  Usable usable_rfc7489() const;
  /// fo where ruf stands, else its default (RFC 9989 §4.7).
  std::string_view failure_options() const;
};

/// Limits of what is kept of one record; what is beyond is left out and found.
constexpr std::size_t max_report_uris = 100;      ///< of each of rua and ruf
constexpr std::size_t max_unknown_tags = 100;     ///< in PolicyRecord::tags
constexpr std::size_t max_record_findings = 100;  ///< of single tags

/// Whether a TXT record is one of DMARC: its first tag is v, with this very version
/// (RFC 9989 §4.10 steps 2 and 6). Linear in the length of that tag.
bool is_dmarc_record(std::string_view text);

/// Reads one TXT record whose strings are joined (RFC 9989 §4.8). Lenient as the RFC is: a bad tag
/// gets its default and becomes a finding. Linear. Errors: `no_dmarc_record`: it does not begin
/// with v=DMARC1, so it is no DMARC record at all.
std::expected<PolicyRecord, Finding> parse_record(std::string_view text);

/// Twin of parse_record: the fewest tags that mean the same to a receiver following RFC 9989.
std::string to_text(const PolicyRecord& record);

}  // namespace assay::dmarc
