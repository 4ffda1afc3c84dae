#pragma once

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

enum class Alignment : std::uint8_t { relaxed, strict };
/// The psd tag (RFC 9989 §4.7).
enum class Psd : std::uint8_t { u, y, n };

/// One URI of rua or ruf.
struct ReportUri {
  std::string uri;         ///< as written, without the size
  std::string size = {};   ///< RFC 7489's "!10m", without "!"; ignored by RFC 9989
  bool supported = false;  ///< mailto with an ASCII address
};

/// What a receiver following RFC 9989 §4.10.1 makes of a record.
enum class Usable : std::uint8_t { as_written, as_none, not_at_all };

/// A DMARC Policy Record, every tag with its value or its default (RFC 9989 §4.7).
struct PolicyRecord {
  std::string text;              ///< as published
  std::optional<Policy> p = {};  ///< nothing when absent or not valid
  std::optional<Policy> sp = {};
  std::optional<Policy> np = {};
  bool bad_policy = false;  ///< p, sp or np stands there with a value that is none
  Alignment adkim = Alignment::relaxed;
  Alignment aspf = Alignment::relaxed;
  bool test_mode = false;  ///< t=y
  Psd psd = Psd::u;
  std::string fo = "0";
  std::vector<ReportUri> rua = {};  ///< syntactically valid ones, in order
  std::vector<ReportUri> ruf = {};
  unsigned pct = 100;  ///< for RFC 7489 readers only
  std::vector<std::pair<std::string, std::string>> tags =
      {};  ///< as written, names in lower case; the first of each
  Findings findings = {};

  Usable usable() const;
};

/// Reads one TXT record whose strings are joined (RFC 9989 §4.8). Lenient as the RFC is: a bad tag
/// gets its default and becomes a finding. Errors: `no_dmarc_record`: it does not begin with
/// v=DMARC1, so it is no DMARC record at all.
std::expected<PolicyRecord, Finding> parse_record(std::string_view text);

/// Twin of parse_record: the shortest record that means the same.
std::string to_text(const PolicyRecord& record);

}  // namespace assay::dmarc
