#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "assay/dmarc/record.h"

namespace assay::dmarc::detail {

/// The tags that RFC 9989 §9.3 registers, those of RFC 7489 last.
enum class Tag : std::uint8_t { v, p, sp, np, adkim, aspf, t, psd, fo, rua, ruf, pct, ri, rf };
constexpr std::size_t tag_count = 14;

/// One `name=value` between semicolons, without white space around either.
struct Piece {
  std::string_view name;
  std::string_view value;
  std::size_t at = 0;        ///< offset of the name
  std::size_t value_at = 0;  ///< offset of the value
  std::size_t order = 0;     ///< 0 for v
};

/// A known tag: the first of its name, and how often it stands there.
struct Seen {
  Piece first = {};
  std::size_t count = 0;
};

struct Tags {
  std::array<Seen, tag_count> known = {};
  const Seen& operator[](Tag tag) const { return known[static_cast<std::size_t>(tag)]; }
};

/// Why a text is no DMARC record, for the person who thought it was.
std::string why_no_record(std::string_view text);

/// The text itself where it is of printable ASCII and tabs; else with \xHH for the others.
std::string plain_text(std::string_view text);

/// Splits `text`, a DMARC record, at its semicolons; fills in record.tags and record.findings.
Tags split(std::string_view text, PolicyRecord& record);

/// Adds a finding of a single tag, up to max_record_findings.
void note(PolicyRecord& record, Finding finding);

/// Reads a list of URIs, leaving out what is none (RFC 9989 §4.8).
std::vector<ReportUri> read_uris(const Piece& piece, PolicyRecord& record);

/// Adds what can be said about the whole: advice, old tags, and what the RFC makes of bad policies.
void lint(const Tags& tags, PolicyRecord& record);

}  // namespace assay::dmarc::detail
