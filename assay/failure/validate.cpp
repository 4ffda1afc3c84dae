#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"
#include "assay/failure/detail/fields.h"
#include "assay/failure/detail/text.h"
#include "assay/failure/write.h"
#include "assay/mail/mail_date.h"

namespace assay::failure {
namespace {

void complain(Findings& findings, std::string_view code, std::string what) {
  findings.push_back({.code = code, .what = std::move(what)});
}

void warn(Findings& findings, std::string_view code, std::string what) {
  findings.push_back({.code = code, .what = std::move(what), .level = Level::warning});
}

/// RFC 6591 §3.1: a single method's result.
void check_results(const Report& report, Findings& findings) {
  if (report.authentication_results.empty()) {
    complain(findings, "no_authentication_results", "Authentication-Results must be present.");
    return;
  }
  const auto pieces = detail::split_outside(report.authentication_results.front(), ';');
  const auto results =
      std::ranges::count_if(pieces, [](const std::string& piece) { return !piece.empty(); });
  if (results > 2 || report.authentication_results.size() > 1) {
    complain(findings, "several_results",
             "Authentication-Results must reflect only a single method's result.");
  }
}

/// RFC 6591 §3.2, §3.3: what each type of failure needs.
void check_failure(const Report& report, Findings& findings) {
  constexpr std::array<std::string_view, 6> types = {"dmarc",    "spf",     "signature",
                                                     "bodyhash", "revoked", "adsp"};
  const std::string_view type = report.auth_failure;
  if (!detail::holds(types, type)) {
    complain(findings, "unknown_auth_failure",
             "Auth-Failure is none of dmarc, spf, signature, bodyhash, revoked, adsp.");
  }
  const bool of_dkim = type == "signature" || type == "bodyhash" || type == "revoked";
  const std::array<bool, 3> given = {!report.dkim_domain.empty(), !report.dkim_identity.empty(),
                                     !report.dkim_selector.empty()};
  const bool some = detail::holds(given, true);
  // RFC 9991 §4: a dmarc report names the failed signature of an aligned identifier, if any.
  if ((of_dkim || some) && detail::holds(given, false)) {
    complain(findings, "no_dkim_fields",
             "A DKIM failure needs DKIM-Domain, DKIM-Identity and DKIM-Selector.");
  }
  if (type == "spf" && report.spf_dns.empty()) {
    complain(findings, "no_spf_dns", "An SPF failure needs SPF-DNS for each record used.");
  }
}

void check_values(const Report& report, Findings& findings) {
  constexpr std::array<std::string_view, 6> results = {"",       "delivered", "spam",
                                                       "policy", "reject",    "other"};
  if (!detail::holds(results, report.delivery_result)) {
    complain(findings, "unknown_delivery_result",
             "Delivery-Result is none of delivered, spam, policy, reject, other.");
  }
  if (!report.source_ip.empty() && !IpAddress::parse(report.source_ip)) {
    complain(findings, "bad_source_ip", "Source-IP is no address.");
  }
  if (!report.arrival_date.empty() && !mail::parse_mail_date(report.arrival_date)) {
    complain(findings, "bad_arrival_date", "Arrival-Date is no date of RFC 5322.");
  }
  if (report.reported_domain.empty()) {
    complain(findings, "no_reported_domain", "Reported-Domain must be present when it is known.");
  }
  if (report.original.form == OriginalForm::none || report.original.octets.empty()) {
    complain(findings, "no_original", "The header of the message must be the third part.");
  }
}

/// What should be told where it is known (RFC 6591 §3.1, RFC 6692 §3).
void check_recommended(const Report& report, Findings& findings) {
  if (report.source_ip.empty()) warn(findings, "no_source_ip", "Source-IP is missing.");
  if (!report.source_port) warn(findings, "no_source_port", "Source-Port is missing.");
  if (report.arrival_date.empty()) warn(findings, "no_arrival_date", "Arrival-Date is missing.");
  if (report.original_mail_from.empty()) {
    warn(findings, "no_original_mail_from", "Original-Mail-From is missing.");
  }
  if (report.original_rcpt_to.empty()) {
    warn(findings, "no_original_rcpt_to", "Original-Rcpt-To is missing.");
  }
}

}  // namespace

Findings validate(const Report& report) {
  Findings findings;
  check_results(report, findings);
  check_failure(report, findings);
  check_values(report, findings);
  check_recommended(report, findings);
  return findings;
}

}  // namespace assay::failure
