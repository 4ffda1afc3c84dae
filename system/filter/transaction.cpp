#include "system/filter/transaction.h"

namespace assay::filter {

// RFC 6376 §3.4.1
void HeaderOctets::add(std::string_view name, std::string_view value, LeadingSpace space) {
  octets_ += name;
  octets_ += ':';
  // Without SMFIP_HDR_LEADSPC an MTA takes one space off, and a value that had none looks the same;
  // nearly all have one.
  if (space == LeadingSpace::taken_off) octets_ += ' ';
  for (;;) {
    const std::size_t feed = value.find('\n');
    if (feed == std::string_view::npos) break;
    const bool crlf = feed > 0 && value[feed - 1] == '\r';
    octets_ += value.substr(0, crlf ? feed - 1 : feed);
    octets_ += "\r\n";
    value.remove_prefix(feed + 1);
  }
  octets_ += value;
  octets_ += "\r\n";
}

}  // namespace assay::filter
