#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay/dkim/body_hash.h"
#include "assay/mail/header.h"

namespace assay::dkim {

/// Appends the canonical form of one field with its CRLF (RFC 6376 §3.4.1, §3.4.2).
void append_canonical(std::string& out, const mail::Field& field, Canonicalization how);

/// The fields that h= selects: bottom-up for each name, nothing for one listed more often than it
/// stands there (RFC 6376 §5.4.2). Linear in header plus names.
std::vector<const mail::Field*> select_fields(const mail::Header& header,
                                              const std::vector<std::string>& header_names);

/// The field without the value of its b= tag, all other octets kept (RFC 6376 §3.5, §3.7).
std::string without_signature(std::string_view raw);

/// The octets that a signature in `field` signs: selected fields, then the field itself with b=
/// emptied and without its CRLF (RFC 6376 §3.7).
std::string signed_octets(const mail::Header& header, const std::vector<std::string>& header_names,
                          const mail::Field& field, Canonicalization how);

}  // namespace assay::dkim
