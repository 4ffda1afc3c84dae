#pragma once

#include <string>
#include <string_view>

namespace assay::mail {

/// The text with CRLF at each line end, as mail is sent: a CR or LF that stands alone becomes CRLF
/// (RFC 6376 §5.3). What has CRLF everywhere stays as it is. Linear.
std::string to_crlf(std::string_view text);

}  // namespace assay::mail
