#include "bin/arguments.h"

#include <chrono>

#include "assay/base/ascii.h"
#include "assay/base/duration.h"
#include "system/json/request.h"

namespace assay::cli {

Option add_json_option(const Command& command, OutputOptions& options) {
  return command.flag("--json", options.json, "Write the result as one line of JSON");
}

void add_trace_option(const Command& command, OutputOptions& options) {
  command.flag("--trace", options.trace,
               "Show each question to the DNS with its answer and time, and each term of SPF");
}

void add_standard_options(const Command& command, EvaluationOptions& options) {
  command
      .option("--standard", options.standard,
              "Read DMARC as this standard says; compare does both and shows the difference")
      .one_of({"rfc9989", "rfc7489", "compare"})
      .default_shown();
  command
      .option("--psl", options.suffix_file,
              "A public suffix list in place of the installed one (for rfc7489)")
      .named("FILE");
}

Expected<IpAddress> parse_ip(const std::string& text) {
  if (const auto address = IpAddress::parse(text)) return *address;
  return fail(Status::usage, "--ip: \"" + ascii::printable(text) +
                                 "\" is no IPv4 or IPv6 address; give one like 192.0.2.1");
}

Expected<DomainName> parse_domain(const std::string& option, const std::string& text) {
  auto name = to_a_labels(text);
  if (name) return std::move(*name);
  return fail(Status::usage, option + ": \"" + ascii::printable(text) + "\" is no domain name: " +
                                 name.error().what + "; give one like example.com");
}

Instant machine_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Expected<Instant> parse_at(const std::string& at) {
  if (at.empty()) return machine_time();
  if (const auto instant = parse_instant(at)) return *instant;
  return fail(Status::usage,
              "--at: \"" + ascii::printable(at) +
                  "\" is no time; give one like 2026-05-01T12:00:00Z, or Unix seconds");
}

Expected<std::chrono::seconds> parse_seconds(const std::string& option, const std::string& text) {
  const auto duration = parse_duration(text);
  if (duration && *duration % std::chrono::seconds(1) == std::chrono::milliseconds(0)) {
    return std::chrono::duration_cast<std::chrono::seconds>(*duration);
  }
  return fail(Status::usage,
              option + ": \"" + ascii::printable(text) +
                  "\" is no duration in whole seconds; give one like 7d, 12h or 90s");
}

}  // namespace assay::cli
