#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "assay/dns/recorder.h"
#include "assay/verify/verify.h"

/// Verdicts in words for a mail administrator who knows no RFC: what was claimed, what was checked,
/// what came of it, and what would make the message pass. Fits one screen. Holds no octet of a
/// message or of the DNS that a terminal must not get.
///
///     std::string screen = to_text(explain(verdict, envelope));
namespace assay::verify {

/// One matter, for example "SPF", and what is to be said about it, a sentence or two a line.
struct Section {
  std::string heading;
  std::vector<std::string> lines = {};
};

struct Explanation {
  std::string verdict;  ///< one line: "DMARC: FAIL — nobody who may send as example.com …"
  std::vector<Section> sections = {};
};

/// `asked`: the questions of this message, as dns::Recorder has them; those that ended in a DNS
/// error are told.
Explanation explain(const Verdict& verdict, const Envelope& envelope,
                    std::span<const dns::Asked> asked = {});

/// The part about DMARC alone, for results that another verifier found.
Explanation explain(const dmarc::Evaluation& evaluation, const Decision& decision,
                    std::span<const dns::Asked> asked = {});

/// As text: the verdict on a line of its own, however long; then headings at the left and lines of
/// at most `columns` (at least 40), a line feed behind each.
std::string to_text(const Explanation& explanation, std::size_t columns = 100);

/// A domain for people: as A-labels, and beside it in its own script where that is readable and
/// harmless.
std::string for_people(const DomainName& domain);

}  // namespace assay::verify
