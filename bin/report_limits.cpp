#include "bin/report_limits.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::cli {
namespace {

/// "4096", "64KiB", "16MiB", "1GiB"; at least 1.
Expected<> read_limit(std::string_view name, const std::optional<std::string>& text, bool octets,
                      std::uint64_t& limit) {
  if (!text) return {};
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 3> units = {
      {{"GiB", 1ULL << 30U}, {"MiB", 1ULL << 20U}, {"KiB", 1ULL << 10U}}};
  std::string_view digits = *text;
  std::uint64_t factor = 1;
  for (const auto& [unit, value] : units) {
    if (!octets || !digits.ends_with(unit)) continue;
    digits.remove_suffix(unit.size());
    factor = value;
    break;
  }
  const auto number = ascii::parse_number(digits);
  if (!number || *number == 0 || *number > std::numeric_limits<std::int64_t>::max() / factor) {
    return fail(Status::usage, fmt::format("{} \"{}\" must be a number from 1 on{}", name,
                                           ascii::printable(*text, 40),
                                           octets ? " of octets, like 4096 or 64MiB" : ""));
  }
  limit = *number * factor;
  return {};
}

}  // namespace

void add_limit_options(const Command& command, LimitOptions& options) {
  const auto add = [&](const char* name, std::optional<std::string>& value, const char* unit,
                       const char* help) { command.option(name, value, help).named(unit); };
  add("--max-packed", options.packed, "OCTETS",
      "Of a file that is packed or a mail, also inside another [512MiB]");
  add("--max-expanded", options.expanded, "OCTETS", "Expanded from one file, all together [32GiB]");
  add("--max-ratio", options.ratio, "N", "Octets expanded from one that is packed [500]");
  add("--max-members", options.members, "N", "Files packed in one FILE, all together [1000]");
  add("--max-nesting", options.nesting, "N", "Packed files in one another [4]");
  add("--max-depth", options.depth, "N", "Elements or JSON objects in one another [100, 32]");
  add("--max-records", options.records, "N",
      "Of an aggregate report [2000000; no limit with --summary]");
  add("--max-text", options.text, "OCTETS", "Of one text in a report [16KiB]");
}

Expected<ReportLimits> report_limits(const LimitOptions& options) {
  ReportLimits limits;
  std::uint64_t packed = limits.documents.unpack.packed;
  std::uint64_t members = limits.documents.unpack.members;
  std::uint64_t nesting = limits.documents.unpack.depth;
  std::uint64_t depth = 0;
  std::uint64_t text = limits.aggregate.text;
  const std::array read = {
      read_limit("--max-packed", options.packed, true, packed),
      read_limit("--max-expanded", options.expanded, true, limits.documents.unpack.expanded),
      read_limit("--max-ratio", options.ratio, false, limits.documents.unpack.ratio),
      read_limit("--max-members", options.members, false, members),
      read_limit("--max-nesting", options.nesting, false, nesting),
      read_limit("--max-depth", options.depth, false, depth),
      read_limit("--max-records", options.records, false, limits.aggregate.records),
      read_limit("--max-text", options.text, true, text)};
  for (const Expected<>& one : read) {
    if (!one) return std::unexpected(one.error());
  }
  if (options.records) limits.aggregate.held = limits.aggregate.records;
  limits.documents.unpack.packed = packed;
  if (options.packed) limits.documents.mail.octets = packed;
  limits.documents.unpack.members = members;
  limits.documents.unpack.depth = nesting;
  if (options.depth) limits.aggregate.xml.depth = limits.tls.depth = depth;
  limits.aggregate.text = limits.tls.text = text;
  return limits;
}

}  // namespace assay::cli
