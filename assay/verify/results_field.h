#pragma once

#include "assay/authres/authres.h"
#include "assay/verify/verify.h"

namespace assay::verify {

/// What the verdict says, as an Authentication-Results value (RFC 8601 §2.7; RFC 9989 §9.1 for
/// dmarc): spf for each identity checked, dkim for each signature, arc, dmarc. Everything tested is
/// there, "none" included.
authres::AuthenticationResults results_of(const Verdict& verdict, const Envelope& envelope,
                                          std::string_view authserv_id);

}  // namespace assay::verify
