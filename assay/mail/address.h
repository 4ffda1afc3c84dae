#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"

namespace assay::mail {

/// One mailbox of an address list, decoded to what it means.
struct Mailbox {
  std::string display_name = {};  ///< quoted pairs undone; encoded words as written (RFC 2047 §5)
  std::string local_part = {};    ///< quotes and comments removed
  std::string domain =
      {};  ///< comments and white space removed; "[…]" for an address literal; may be UTF-8
  std::size_t at = 0;  ///< offset of the mailbox in the parsed text
};

struct AddressLimits {
  std::size_t octets = 256U << 10;
  std::size_t mailboxes = 1'000;
  std::size_t comment_depth = 100;
};

struct AddressList {
  std::vector<Mailbox> mailboxes = {};  ///< those of groups too
  Findings findings = {};               ///< level error: the text is no address list of RFC 5322
};

/// Reads the value of a From, Sender or Reply-To field: RFC 5322 §3.4 with the obsolete forms of
/// §4.4 (routes, empty list members, comments and folding anywhere), groups (RFC 6854), UTF-8 (RFC
/// 6532). Total and linear: a mailbox that cannot be read becomes an error finding, and reading
/// goes on behind the next comma, so that a good mailbox beside a bad one is still found.
AddressList parse_addresses(std::string_view value, const AddressLimits& limits = {});

}  // namespace assay::mail
