#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "assay/mail/address.h"
#include "assay/mail/detail/address_tokens.h"

namespace assay::mail::detail {

using Tokens = std::span<const Token>;

/// RFC 5322 §4.1: obs-phrase has dots between its words.
bool is_phrase(Tokens tokens);

/// Reads what stands between two commas of an address list: one mailbox, or in ambiguous text all
/// that it may mean, as far as max_mailboxes and one more. `text` is what the tokens are of.
std::vector<Mailbox> read_element(Tokens tokens, std::string_view text, std::size_t max_mailboxes,
                                  Findings& findings);

}  // namespace assay::mail::detail
