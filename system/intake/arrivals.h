#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/aggregate/read.h"
#include "assay/failure/read.h"
#include "assay/tlsrpt/read.h"
#include "system/intake/assess.h"
#include "system/intake/documents.h"
#include "system/intake/mail_trust.h"
#include "system/store/received_values.h"

/// From octets to arrivals: what every channel does with what it got.
///
///     intake::Incoming incoming{.octets = mail, .name = "imap 17", .channel = …, .arrived = now};
///     intake::Taken taken = intake::read_arrivals(incoming, options);
///     received->add(taken.arrivals, decide, sampling);   // acknowledge when that is done
namespace assay::intake {

/// What came in: a file, or a mail.
struct Incoming {
  std::string_view octets;
  /// In the place of octets that are too many to be held: no mail.
  std::optional<archive::Source> source = {};
  std::string name = {};  ///< for people: a file name, a mailbox and number
  store::Channel channel = store::Channel::file;
  store::Instant arrived = {};
  std::uint64_t mails_before = 0;  ///< of an mbox that is read in pieces
  /// Of one that was taken in before: then nobody looks at its mail again.
  std::optional<store::Authenticity> authenticity = {};
};

/// Verifies a mail; without it reports are unchecked.
using Examine = std::function<Examined(std::string_view mail)>;

enum class KeepRaw : std::uint8_t { yes, no };

struct ArrivalOptions {
  AssessOptions assess = {};
  DocumentLimits documents = {};
  aggregate::ReadLimits aggregate = {};
  failure::ReadOptions failure = {};
  tlsrpt::ReadLimits tls = {};
  Examine examine = {};
  KeepRaw keep_raw = KeepRaw::yes;
  /// Where records go that are too many to be held; empty: nowhere.
  std::string spill_folder = {};
};

/// One thing that was no report, or is refused.
struct Refused {
  std::string member = {};  ///< as in Raw; empty: the thing itself
  std::string code = {};
  std::string what = {};
};

struct Taken {
  std::vector<store::Arrival> arrivals = {};
  std::vector<Refused> refused = {};
};

/// Reads all reports in it: plain, packed, attached to a mail, or in the mails of an mbox. Total.
Taken read_arrivals(const Incoming& incoming, const ArrivalOptions& options);

}  // namespace assay::intake
