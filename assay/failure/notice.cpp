#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"
#include "assay/failure/detail/feedback.h"
#include "assay/failure/detail/text.h"

namespace assay::failure::detail {
namespace {

/// The value behind "key:" at the beginning of a line, if it stands there.
std::optional<std::string> value_of(std::string_view line, std::string_view key) {
  const std::string_view text = ascii::trim_fws(line);
  if (!ascii::istarts_with(text, key) || !text.substr(key.size()).starts_with(':')) {
    return std::nullopt;
  }
  return std::string(ascii::trim_fws(text.substr(key.size() + 1)));
}

/// "None, Accept", "Quarantine", "Reject"
std::string delivery_result(std::string_view text) {
  const std::string words = ascii::to_lower(text);
  if (words.contains("accept")) return "delivered";
  if (words.contains("reject")) return "reject";
  if (words.contains("quarantine")) return "spam";
  return "other";
}

void take_line(std::string_view line, Report& report) {
  if (const auto domain = value_of(line, "Sender Domain")) {
    if (!domain->empty() && report.reported_domain.empty()) {
      report.reported_domain.push_back(*domain);
    }
  } else if (const auto ip = value_of(line, "Sender IP Address")) {
    if (const auto address = IpAddress::parse(*ip)) report.source_ip = to_text(*address);
  } else if (const auto date = value_of(line, "Received Date")) {
    report.arrival_date = *date;
  } else if (const auto results = value_of(line, "DMARC Results")) {
    report.delivery_result = delivery_result(*results);
  }
  for (const std::string_view method : {"dkim", "spf"}) {
    const auto aligned = value_of(line, std::string(method) + " Alignment");
    if (aligned && ascii::istarts_with(*aligned, "no")) {
      report.identity_alignment.emplace_back(method);
    }
  }
}

}  // namespace

std::optional<Report> read_notice(std::string_view text) {
  Report report{.auth_failure = "dmarc"};
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t feed = text.find('\n', at);
    const std::size_t next = feed == std::string_view::npos ? text.size() : feed + 1;
    const std::string_view line = text.substr(at, next - at);
    at = next;
    if (ascii::trim_fws(line).ends_with("detected.")) break;
    if (report.identity_alignment.size() < 10) take_line(line, report);
  }
  const bool told = !report.reported_domain.empty() || !report.arrival_date.empty();
  if (report.source_ip.empty() || !told) return std::nullopt;
  std::string_view rest = text.substr(at);
  while (rest.starts_with('\n') || rest.starts_with('\r')) rest.remove_prefix(1);
  if (!rest.empty()) report.original = {OriginalForm::headers, header_section(rest)};
  return report;
}

}  // namespace assay::failure::detail
