#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"

namespace assay::mail {

/// One header field as views into the octets given to parse_header; they live as long as those.
struct Field {
  std::string_view raw;   ///< the whole field, folding kept, without its final line end
  std::string_view name;  ///< as written, without white space before the colon
  std::string_view
      value;  ///< all behind the colon, leading space and folding kept, without the final line end
};

struct HeaderLimits {
  std::size_t octets = 16U << 20;
  std::size_t fields = 50'000;  ///< fields and pieces left out, together
};

struct Header {
  std::vector<Field> fields = {};  ///< in the order they stand
  /// The pieces left out, in order: a line that is no field, with the folded lines behind it, and
  /// without the final line end. Other readers may see something in them; find_authors looks.
  std::vector<std::string_view> left_out = {};
  /// `not_a_field`, `mbox_line`, `bare_cr`, `nul`, `blank_folding` (a folded line of white space
  /// alone), `space_before_colon`, `header_too_large`; at most 100, in order.
  Findings findings = {};
  /// Whether a limit cut the header: then fields are missing, and no signature over them can be
  /// judged.
  bool truncated = false;
};

/// Splits a header section (RFC 5322 §2.2) with or without the empty line that ends it; what stands
/// behind that line is not looked at. Lines end in CRLF or LF; a CR alone is an octet like others
/// (`bare_cr`). No octet is altered or left out of `raw`. Linear in the octets. Total: a line that
/// is no field and no folding (`not_a_field`, or `mbox_line` for "From " lines above the first
/// field) is left out, as are fields beyond the limits (`header_too_large`).
Header parse_header(std::string_view octets, const HeaderLimits& limits = {});

/// Where the body begins: behind the first empty line, or npos when no empty line stands in
/// `octets`.
std::size_t find_body(std::string_view octets);

/// The fields of that name, compared without case, in order. They live as long as `header`.
std::vector<const Field*> fields_named(const Header& header, std::string_view name);

}  // namespace assay::mail
