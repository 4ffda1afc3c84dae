#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Answers of `assay record`: what a receiver following the RFCs reads in one record or field.
namespace assay::json {

enum class RecordKind : std::uint8_t { dmarc, spf, dkim, authres, tlsrpt };

/// "dmarc", "spf", "dkim", "authres" or "tlsrpt".
std::optional<RecordKind> parse_record_kind(std::string_view word);

/// `{"id":…,"valid":…,"tags"|"terms"|"results":…,"findings":[…]}`: valid is false exactly when a
/// receiver would not use the record. `id` is JSON text or empty.
std::string record_line(std::string_view id, RecordKind kind, std::string_view text);

/// The value of an Authentication-Results field that may stand there with its name.
std::string_view field_value(std::string_view text);

}  // namespace assay::json
