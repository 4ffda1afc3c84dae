#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "system/filter/client.h"
#include "system/milter/milter.h"

namespace assay::filter {

/// What the SMTP session said of one message, before its octets are looked at.
struct Transaction {
  Client peer = {};
  bool authenticated = false;
  bool smtputf8 = false;
  std::string mail_from = {};
  std::string envelope_id = {};  ///< ENVID of a DSN request (RFC 3461 §4.4), decoded; empty: none
  std::vector<std::string> recipients = {};
  std::string queue_id = {};
};

/// A header section put together again as it stood in the message: every octet of a value counts
/// for signatures. MTAs hand folding on as LF; it was CRLF on the wire.
class HeaderOctets {
 public:
  enum class LeadingSpace : std::uint8_t { kept, taken_off };
  void add(std::string_view name, std::string_view value, LeadingSpace space);
  const std::string& octets() const { return octets_; }
  void clear() { octets_.clear(); }

 private:
  std::string octets_ = {};
};

}  // namespace assay::filter
