#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/time.h"
#include "assay/mail/header.h"
#include "assay/verify/verify.h"
#include "system/config/settings.h"
#include "system/evidence/evidence.h"
#include "system/filter/client.h"
#include "system/filter/transaction.h"
#include "system/spool/item.h"

/// Which failure reports a message gives rise to (RFC 9991). Pure; what is private is taken out
/// here already, so that it is nowhere else.
namespace assay::filter {

/// What the filter makes failure reports with, where they are on. Lives as long as the filter.
struct Failures {
  std::string key = {};                       ///< of the redaction (RFC 6590 §3), secret
  std::string user_agent = {};                ///< "Assay/1.0"
  std::function<void(spool::Item)> put = {};  ///< neither waits nor fails; from any thread
};

/// A message that was judged.
struct FailedMessage {
  const Transaction& transaction;
  const Client& client;
  std::string_view header_octets;
  const mail::Header& header;
  std::string_view body;  ///< the beginning of it, where it was kept
  const verify::Verdict& verdict;
  /// Asked only where a report would be made.
  std::function<std::vector<evidence::Finding>()> findings;
  const verify::Decision& decision;
  std::string_view host;  ///< our name
  Instant time = {};
};

/// More than that of a header or a body is not looked at.
constexpr std::size_t max_shown_header = std::size_t{256} << 10;
constexpr std::size_t max_shown_body = std::size_t{64} << 10;

/// The reports that the policy's owner asks for, redacted: none unless the domain is listed, none
/// about mail that will come again, reports, bounces, automatic answers, mail to ourselves, and
/// mail that a list or a forwarder has passed on.
std::vector<spool::Item> failures_of(const FailedMessage& seen, const config::Reports& settings,
                                     const Failures& failures);

}  // namespace assay::filter
