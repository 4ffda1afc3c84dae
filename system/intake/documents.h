#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "assay/archive/unpack.h"
#include "assay/base/finding.h"
#include "system/intake/mail_parts.h"

namespace assay::intake {

/// What a document is, by its beginning.
enum class Kind : std::uint8_t {
  aggregate,  ///< XML
  tls,        ///< JSON
  failure,    ///< a mail that is a feedback report
  none,       ///< something else
};

struct DocumentLimits {
  archive::UnpackLimits unpack = {};
  MailLimits mail = {};
};

/// One document: where it was in what was given ("mail 2/report.xml.gz", "a.xml"; empty for the
/// thing itself), and its octets, which can be read within the call only. For a failure report
/// these are the mail's.
using TakeDocument =
    std::function<void(const std::string& member, Kind kind, const archive::Read& read)>;

/// Told of each part of the mail before the documents in it are: its name and octets, decoded, good
/// within the call. Not of parts of mails within the mail.
using EnterPart = std::function<void(const std::string& name, std::string_view octets)>;

/// Calls `take` for each report in `octets`: plain, packed in any way, attached to a mail, or in a
/// mail of an mbox. What it is follows from the octets, not from names and media types. Of a mail's
/// parts those are left out that are texts for people, unless it has no others; so is what is no
/// report and stands beside one, as pictures and signatures do. What is none is handed on with its
/// first 1,024 octets.
/// Findings: those of unpack and read_mail, `no_report` for a mail without one (info: something
/// beside a report), and as warnings what was repaired: `base64` that nothing says, `mime` where a
/// report was found in a mail whose parts cannot be told apart, `line_ends`, `leading` octets
/// before a report.
Findings for_each_document(std::string_view octets, const TakeDocument& take,
                           const DocumentLimits& limits = {}, const EnterPart& enter = {});

/// The same of what is too large to be held. A mail in it, or an mbox, must be within the limit of
/// mails all the same.
Findings for_each_document(const archive::Source& source, const TakeDocument& take,
                           const DocumentLimits& limits = {}, const EnterPart& enter = {});

/// What plain octets are: aggregate, tls or none.
Kind kind_of(std::string_view beginning);

/// What octets are that are no report, as a sentence for people: "it is empty".
std::string what_else(std::string_view beginning);
/// Whether they are packed in a way that is not read, so that there may be a report in them.
bool is_unread_packing(std::string_view beginning);

}  // namespace assay::intake
