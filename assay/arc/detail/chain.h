#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay/arc/arc.h"
#include "assay/arc/detail/seal.h"
#include "assay/mail/header.h"

namespace assay::arc::detail {

/// The three fields of one ARC Set (RFC 8617 §4.2), as views into the header.
struct Link {
  const mail::Field* results = nullptr;
  const mail::Field* message_signature = nullptr;
  const mail::Field* seal_field = nullptr;
  Seal seal = {};
  std::string_view authentication_results = {};  ///< behind "i=n;"
};

/// The ARC Sets of a message in order, after steps 1 to 3 of RFC 8617 §5.2.
struct Chain {
  unsigned highest = 0;          ///< the highest instance; 0: no ARC field at all
  std::vector<Link> links = {};  ///< instance 1 first; empty when broken
  std::string broken = {};       ///< why the chain fails without a look at its signatures
};

/// Reads at most 50 fields of each kind, whatever the header holds.
Chain read_chain(const mail::Header& header);

}  // namespace assay::arc::detail
