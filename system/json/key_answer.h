#pragma once

#include <string>
#include <string_view>

#include "assay/dkim/published_key.h"
#include "assay/dns/resolver.h"

namespace assay::json {

/// What `assay dkim check` found.
struct KeyAnswer {
  dns::Question question = {};
  std::string_view key_type = {};  ///< of the private key
  dkim::PublishedKey published = {};
  std::string expected = {};  ///< the record to publish
};

/// `{"name":…,"publication":"matches","usable":true,"reason":…,"key_type":…,"key_bits":…,
/// "expected":…,"findings":[…]}`: usable is true exactly when the key may be signed with now.
std::string key_line(const KeyAnswer& answer);

}  // namespace assay::json
