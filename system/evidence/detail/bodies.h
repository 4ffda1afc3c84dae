#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/mail/header.h"

/// What the body of a message may have been, one after the other.
namespace assay::evidence {

/// What stood in the fields that describe the body; values as written.
struct MimeFields {
  bool as_delivered = true;
  std::optional<std::string> content_type =
      {};  ///< unless as delivered; nothing: the field is absent
  std::optional<std::string> transfer_encoding = {};
};

struct Body {
  std::string_view octets;                ///< lives until the call returns
  std::vector<std::string> undone = {};   ///< empty: the body as delivered
  std::vector<MimeFields> fields = {{}};  ///< what its fields may have been, the likeliest first
};

enum class Go : bool { on, stop };

/// Calls `look` for the body as delivered and for each way to undo what a list did to it, until it
/// says stop. A few dozen at most. Bodies with a CR or LF alone or NUL, which readers split into
/// lines in different ways, are left as they are.
void each_body(const mail::Header& header, std::string_view body,
               const std::function<Go(const Body&)>& look);

}  // namespace assay::evidence
