#pragma once

#include <optional>
#include <string>

#include "assay/aggregate/read.h"
#include "assay/failure/read.h"
#include "assay/tlsrpt/read.h"
#include "system/intake/documents.h"

#include "bin/command_line.h"

namespace assay::cli {

/// What reading one file may cost.
struct ReportLimits {
  intake::DocumentLimits documents = {};
  aggregate::ReadLimits aggregate = {};
  failure::ReadOptions failure = {};
  tlsrpt::ReadLimits tls = {};
};

/// The --max options as they stand on the command line.
struct LimitOptions {
  std::optional<std::string> packed = {};
  std::optional<std::string> expanded = {};
  std::optional<std::string> ratio = {};
  std::optional<std::string> members = {};
  std::optional<std::string> nesting = {};
  std::optional<std::string> depth = {};
  std::optional<std::string> records = {};
  std::optional<std::string> text = {};
};
void add_limit_options(const Command& command, LimitOptions& options);

/// The limits they ask for. Errors: usage.
Expected<ReportLimits> report_limits(const LimitOptions& options);

}  // namespace assay::cli
