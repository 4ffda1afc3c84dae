#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"

namespace assay::mail {

/// One mailbox of an address list, decoded to what it means.
struct Mailbox {
  /// Quoted pairs undone, line ends and comments removed; encoded words as written (RFC 2047 §5).
  std::string display_name = {};
  std::string local_part = {};  ///< quotes and comments removed; may be empty in broken text
  /// Comments and white space removed; "[…]" for an address literal; may be UTF-8, or anything but
  /// an address in broken text; empty where none stands.
  std::string domain = {};
  std::size_t at = 0;  ///< offset of the mailbox in the parsed text
};

struct AddressLimits {
  std::size_t octets = 256U << 10;
  std::size_t mailboxes = 1'000;
  std::size_t comment_depth = 100;
};

/// What an address list holds.
struct AddressList {
  std::vector<Mailbox> mailboxes = {};  ///< those of groups too
  /// At most 100. Level error: readers may see other authors than these. Level warning: no address
  /// list of RFC 5322, or obsolete, but there is one reading.
  /// error: `too_many_octets`, `too_many_mailboxes`, `control_octet`, `deep_comment`,
  /// `unterminated_comment`, `unterminated_quote`, `stray_colon`, `stray_semicolon`,
  /// `several_addresses` (without a comma between), `bad_address`, `no_local_part`,
  /// `text_around_address`. warning: `invalid_utf8`, `no_domain` (error where an `@` stands),
  /// `unbalanced_brackets`, `text_after_address`, `special_in_name`, `address_in_phrase`,
  /// `dots_in_local_part`, `trailing_dot`, `bad_group_name`, `nested_group`,
  /// `unterminated_group`, `missing_comma`.
  /// info: `route`.
  Findings findings = {};
};

/// Reads the value of a From, Sender or Reply-To field: RFC 5322 §3.4 with the obsolete forms of
/// §4.4 (routes, empty list members, comments and folding anywhere), groups (RFC 6854), UTF-8 (RFC
/// 6532), and the broken forms of RFC 7103 §7.1. Encoded words are never decoded into syntax. Total
/// and linear: a mailbox that cannot be read becomes an error finding with every address it may
/// mean, and reading goes on behind the next comma.
AddressList parse_addresses(std::string_view value, const AddressLimits& limits = {});

/// The mailbox as RFC 5322 §3.4 writes it, quoted where that is needed; parse_addresses reads the
/// same mailbox from it. Encodes nothing, folds nothing; controls stay as they are.
std::string to_text(const Mailbox& mailbox);

}  // namespace assay::mail
