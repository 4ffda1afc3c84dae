#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "assay/base/time.h"
#include "assay/failure/report.h"

/// Failure reports on their way from the filter to the reports role: files in a folder, a report in
/// each, small and few. What is private was taken out before (assay/failure/redact.h), so that it
/// reaches no disk.
namespace assay::spool {

/// A report that somebody asked for, and what is needed to find out who.
struct Item {
  Instant time = {};               ///< when the message came
  std::string policy_domain = {};  ///< lower case, A-labels
  std::string record = {};         ///< the policy record that asks
  failure::Report report = {};     ///< redacted; `incidents` counts its likes too
  friend bool operator==(const Item&, const Item&) = default;
};

/// An item as text: lines "name value", an empty line, and the report as mail (RFC 5965 §2).
std::string to_text(const Item& item);

/// Twin of to_text: of what that wrote gives the item, with the report as failure::normalized makes
/// it. Errors: `bad_item`: the text is none. Linear.
std::expected<Item, Finding> parse_item(std::string_view text);

}  // namespace assay::spool
