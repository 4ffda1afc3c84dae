#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/dmarc/record.h"
#include "assay/dns/resolver.h"

namespace assay::dmarc {

/// Which of a record's tags a report goes by.
enum class ReportKind : std::uint8_t { aggregate, failure };  // rua, ruf

enum class Authorized : std::uint8_t {
  yes,
  no,
  unknown  ///< the DNS did not answer: ask again later
};

/// Whether a URI of a policy record may receive the reports (RFC 9990 §4, RFC 9991 §5).
struct Destination {
  bool external = false;  ///< the Organizational Domains differ, so that the DNS was asked
  Authorized authorized = Authorized::no;
  std::vector<ReportUri> uris = {};  ///< where to send instead of the URI, or the URI itself
  std::string reason = {};           ///< a sentence
};

/// Confirms the destination by the DNS. `uri` as it stands in rua or ruf, a size limit allowed; any
/// scheme with a host, and mailto. Two walks and one question at most.
Destination fetch_destination(const DomainName& policy_domain, std::string_view uri,
                              ReportKind kind, dns::Resolver& resolver);

}  // namespace assay::dmarc
