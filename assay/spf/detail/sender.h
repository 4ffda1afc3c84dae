#pragma once

#include <string>

#include "assay/base/domain_name.h"
#include "assay/spf/spf.h"

namespace assay::spf::detail {

/// The identity under check, taken apart (RFC 7208 §4.1, §4.3).
struct Sender {
  Identity identity = Identity::mfrom;
  std::string local_part = "postmaster";
  std::string domain_text = {};  ///< as given, but A-labels and no trailing dot: %{o}
  DomainName domain = {};        ///< the root where check_host cannot be asked about it
  std::string why_none = {};     ///< then a sentence that says why
};

/// RFC 7208 §2.4.
Sender sender_of_mail_from(const Request& request);

/// RFC 7208 §2.3.
Sender sender_of_helo(const Request& request);

}  // namespace assay::spf::detail
