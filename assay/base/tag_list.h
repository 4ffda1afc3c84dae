#pragma once

#include <cstddef>
#include <expected>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"

namespace assay {

/// One `name=value` of a tag list, as views into the parsed text, without white space around
/// either.
struct Tag {
  std::string_view name;
  std::string_view value;    ///< may hold folding white space inside
  std::size_t at = 0;        ///< offset of the name
  std::size_t value_at = 0;  ///< offset of the value
};

struct TagList {
  std::vector<Tag> tags = {};
  Findings findings = {};
};

/// Splits a tag list in the order written (RFC 6376 §3.2; RFC 9989 §4.8 builds on it).
/// Knows no tag by name: which tags exist is for DKIM, ARC and DMARC to say.
/// Views live as long as `text`. Linear in its length.
/// Total: a piece that is no tag (`no_tag`) and a name given before (`duplicate_tag`, compared as
/// written) are left out and become findings, of which the first 100 are kept. A last empty piece
/// behind `;` is no finding.
TagList split_tags(std::string_view text);

/// The same, but the first finding spoils the list (DKIM and ARC, RFC 6376 §3.2).
std::expected<std::vector<Tag>, Finding> strict_tags(std::string_view text);

}  // namespace assay
