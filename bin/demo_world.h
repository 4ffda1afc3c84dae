#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/aggregate/report.h"
#include "assay/failure/report.h"
#include "assay/tlsrpt/report.h"

/// What the demonstration world is made of. All of it follows from the last day: pure.
namespace assay::cli {

/// Mail that is sent as a domain, in one way.
struct DemoStream {
  std::string_view domain = {};
  std::string_view address = {};  ///< empty: another network every other day, as abuse has
  std::string_view envelope = {};
  std::string_view spf = {};
  std::string_view signer = {};  ///< d=; empty: not signed
  std::string_view selector = {};
  std::string_view dkim = {};
  std::uint32_t daily = 0;  ///< messages a day, of which a reporter sees its share
  std::string_view reason = {};
  int from = 0;  ///< days of the world in which it sends
  int until = 100'000;
};

struct DemoReporter {
  std::string_view organization = {};
  std::string_view domain = {};
  aggregate::Schema schema = aggregate::Schema::rfc9990;
  std::uint32_t share = 0;  ///< percent of a stream's messages
  int until = 100'000;      ///< falls silent then
  bool tells_reasons = true;
};

inline constexpr int demo_days = 92;

/// The policy domains, by name.
std::vector<std::string> demo_domains();
const std::vector<DemoReporter>& demo_reporters();

/// The report of one reporter on a domain on a day of the world (0 to demo_days - 1); without
/// records where it saw nothing.
aggregate::Report demo_report(std::string_view domain, const DemoReporter& reporter, int day,
                              std::chrono::sys_days last);
/// Failure reports of a day; mostly none.
std::vector<failure::Report> demo_failures(int day);
/// The TLS report of a day.
tlsrpt::Report demo_tls(int day, std::chrono::sys_days last);

}  // namespace assay::cli
