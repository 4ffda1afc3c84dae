#pragma once

#include <string>
#include <string_view>

/// Reports that stand in a text, where no MIME says so.
namespace assay::intake::detail {

/// Octets of base64 that stands in a text on lines of its own, also quoted by a reply, without its
/// padding, or in the alphabet for URLs. Empty where there is none, or nothing that could be a
/// report or something packed.
std::string pasted_base64(std::string_view text);

/// The report that somebody pasted into a text: XML or JSON with other words before it, or base64.
/// Empty where there is none, or where the text is a report from its beginning.
std::string pasted_report(std::string_view text);

/// Whether base64 begins a text, all of which may then be base64.
bool begins_as_base64(std::string_view text);

/// Where an aggregate report begins in octets that begin otherwise; npos where none does.
std::size_t find_report(std::string_view octets);

}  // namespace assay::intake::detail
