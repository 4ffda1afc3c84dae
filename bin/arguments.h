#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "assay/base/domain_name.h"
#include "assay/base/ip_address.h"
#include "assay/base/time.h"
#include "assay/verify/verify.h"

#include "bin/command_line.h"
#include "bin/failure.h"

namespace assay::cli {

/// How a command says its result.
struct OutputOptions {
  bool json = false;
  bool trace = false;
};
/// --json; and --trace where the command asks the DNS.
Option add_json_option(const Command& command, OutputOptions& options);
void add_trace_option(const Command& command, OutputOptions& options);

/// --at, --standard, --psl.
struct EvaluationOptions {
  std::string at = {};
  std::string standard = "rfc9989";
  std::string suffix_file = {};
};
void add_standard_options(const Command& command, EvaluationOptions& options);

// What stands on the command line as a value. Errors: usage, in one line.
Expected<IpAddress> parse_ip(const std::string& text);
Expected<DomainName> parse_domain(const std::string& option, const std::string& text);
/// `at`, or the machine's time where it is empty.
Expected<Instant> parse_at(const std::string& at);
/// Whole seconds, like "7d".
Expected<std::chrono::seconds> parse_seconds(const std::string& option, const std::string& text);
Instant machine_time();

}  // namespace assay::cli
