#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/finding.h"

/// MIME (RFC 2045, RFC 2046) as far as reports and the texts of messages need it.
namespace assay::failure::detail {

/// Base64 with whatever stands between (RFC 6591 §2.3), as far as it goes.
std::string decode_base64(std::string_view text);

/// A field like Content-Type in its pieces, in lower case but for the values of parameters.
struct ContentField {
  std::string value = {};  ///< "text/plain", "attachment"
  std::vector<std::pair<std::string, std::string>> parameters = {};
  /// The first of that name, or empty text.
  std::string_view operator[](std::string_view name) const;
};
ContentField parse_content_field(std::string_view value);

/// A part that is no multipart.
struct Part {
  ContentField type = {};         ///< text/plain where none is given
  ContentField disposition = {};  ///< empty where none is given
  std::string encoding = {};      ///< lower case
  std::string_view body = {};     ///< as it stands; lives as long as the mail

  /// The body with its transfer encoding undone. Lenient: what does not belong is passed over.
  std::string decoded() const;
};

struct Parts {
  ContentField outer = {};  ///< the Content-Type of the whole
  std::vector<Part> leaves = {};
  /// warning: `no_boundary`, `unterminated_multipart`, `too_many_parts`, `deep_multipart`.
  Findings findings = {};
};

struct PartLimits {
  std::size_t parts = 100;
  int depth = 8;
};

/// The parts of a message (header and body; lines end in CRLF or LF) in order, multiparts opened,
/// messages inside left alone. Total: beyond the limits parts are left out. Linear for each depth.
Parts split_parts(std::string_view mail, const PartLimits& limits = {});

}  // namespace assay::failure::detail
