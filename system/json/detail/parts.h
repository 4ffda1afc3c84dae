#pragma once

#include <span>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "system/json/answer.h"
#include "system/json/writer.h"

namespace assay::json::detail {

/// Begins the object of an answer, with the id where there is one.
void begin_answer(Writer& out, std::string_view id);

void write_findings(Writer& out, std::string_view name, const Findings& findings);
void write_domains(Writer& out, std::string_view name, std::span<const DomainName> domains);
void write_lookups(Writer& out, std::span<const dns::Asked> asked);

}  // namespace assay::json::detail
