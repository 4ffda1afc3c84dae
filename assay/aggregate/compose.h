#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assay/aggregate/names.h"
#include "assay/aggregate/report.h"

namespace assay::aggregate {

/// A report on its way: what its mail says and what is attached to it.
struct ReportMail {
  std::string from_name = {};     ///< UTF-8, for people; empty: none
  std::string from_address = {};  ///< whose domain must pass DMARC (RFC 9990 §3.5.2)
  std::vector<std::string> to = {};
  Instant date = {};
  /// The submitter, the Policy Domain, the period, the Report-ID, the packing of what is attached.
  ReportName name = {};
  std::uint64_t records = 0;
  std::uint64_t messages = 0;
  std::string contact = {};             ///< where to ask; empty: none
  std::vector<std::string> notes = {};  ///< each a sentence for the domain's owner, UTF-8
  std::string_view attachment = {};     ///< the octets: gzip or XML, as `name.packing` says
};

/// The mail of RFC 9990 §3.5.2 as octets with CRLF, ready to be signed and sent: a text for people
/// and the report as an attachment named by file_name. It says Auto-Submitted: auto-generated
/// (RFC 3834 §5); its Message-ID is the Report-ID at the submitter. Total: line breaks and control
/// characters of the texts become spaces, so that none begins a field or a part.
std::string compose(const ReportMail& mail);

}  // namespace assay::aggregate
