#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/dkim/body_hash.h"
#include "assay/mail/header.h"

namespace assay::dkim {

/// Appends the canonical form of one field with its CRLF (RFC 6376 §3.4.1, §3.4.2). A line end
/// inside the field is CRLF or LF, as mail::parse_header takes them; relaxed unfolds both, simple
/// keeps every octet. A CR alone and NUL are octets like others.
void append_canonical(std::string& out, const mail::Field& field, Canonicalization how);

/// The fields of a header by name, so that several signatures find theirs at once. `header` must
/// outlive it.
class FieldIndex {
 public:
  explicit FieldIndex(const mail::Header& header);
  FieldIndex(const FieldIndex&) = delete;
  FieldIndex& operator=(const FieldIndex&) = delete;

  /// The fields that h= selects: bottom-up for each name (compared without case), nothing for one
  /// listed more often than it stands there (RFC 6376 §5.4.2). `except`, the signature's own field,
  /// is never selected (RFC 6376 §3.5). O((fields + names) log fields).
  std::vector<const mail::Field*> select(const std::vector<std::string>& header_names,
                                         const mail::Field* except = nullptr) const;

 private:
  struct Entry {
    std::uint64_t hash;  // of the name
    std::size_t position;
  };
  const mail::Header* header_;
  std::vector<Entry> entries_;  // by hash and name, then from the bottom up
};

/// FieldIndex::select for one signature.
std::vector<const mail::Field*> select_fields(const mail::Header& header,
                                              const std::vector<std::string>& header_names);

/// The field without the value of its b= tag and the white space around that value, all other
/// octets kept (RFC 6376 §3.5, §3.7).
std::string without_signature(std::string_view raw);

/// Appends what a signature signs last: its own field with b= emptied and without its CRLF
/// (RFC 6376 §3.7).
void append_own_field(std::string& out, const mail::Field& field, Canonicalization how);

/// The octets that a signature in `field` signs: selected fields, then the field itself with b=
/// emptied and without its CRLF (RFC 6376 §3.7). `field` is one of the header's, or one that is not
/// in it yet.
std::string signed_octets(const std::vector<const mail::Field*>& selected, const mail::Field& field,
                          Canonicalization how);
std::string signed_octets(const mail::Header& header, const std::vector<std::string>& header_names,
                          const mail::Field& field, Canonicalization how);

}  // namespace assay::dkim
