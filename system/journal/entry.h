#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ip_address.h"

/// What a filter says of each message it has judged: the hand-over from the filter to reporting. An
/// Entry is one JSON line (docs/journal.md); nothing of a body is in it. Each value has a twin
/// whose texts are views: XOf<std::string_view>.
namespace assay::journal {

/// Thousandths of a second, UTC.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

template <class Text>
struct SpfResultOf {
  Text identity;  ///< "mfrom" or "helo"
  Text domain;
  Text result;
  friend bool operator==(const SpfResultOf&, const SpfResultOf&) = default;
};
using SpfResult = SpfResultOf<std::string>;

template <class Text>
struct DkimResultOf {
  Text domain;
  Text selector = {};
  Text algorithm = {};
  Text result;
  Text reason = {};  ///< unless pass
  friend bool operator==(const DkimResultOf&, const DkimResultOf&) = default;
};
using DkimResult = DkimResultOf<std::string>;

template <class Text>
struct ArcResultOf {
  Text result = "none";
  unsigned instances = 0;
  std::vector<Text> sealers = {};  ///< instance 1 first
  friend bool operator==(const ArcResultOf&, const ArcResultOf&) = default;
};
using ArcResult = ArcResultOf<std::string>;

/// First fact: what DMARC says, with the policy record as evaluated.
template <class Text>
struct VerdictOf {
  Text result = "none";
  Text author_domain = {};  ///< the one that ruled
  Text policy_domain = {};
  Text organizational_domain = {};
  Text record = {};            ///< as published
  Text published_policy = {};  ///< p, sp or np, whichever holds; empty without a record
  Text policy = {};            ///< after t (or pct)
  bool test_mode = false;
  bool nonexistent =
      false;  ///< the author domain does not exist; known where a record is inherited
  Text discovery = "treewalk";
  bool spf_aligned = false;
  bool dkim_aligned = false;
  Text reason = {};
  friend bool operator==(const VerdictOf&, const VerdictOf&) = default;
};
using Verdict = VerdictOf<std::string>;

/// Second fact: why this host departs from the policy (RFC 9990 §3.1.6).
template <class Text>
struct OverrideOf {
  Text type;
  Text comment = {};
  friend bool operator==(const OverrideOf&, const OverrideOf&) = default;
};
using Override = OverrideOf<std::string>;

/// Third fact: what was done.
template <class Text>
struct ActionOf {
  Text action = "accept";     ///< accept, quarantine, reject, defer
  Text disposition = "none";  ///< as a report says it: none, pass, quarantine, reject
  Text quarantine = {};       ///< how: hold, header, subject, mark
  Text reply = {};            ///< the SMTP reply, where one was given
  friend bool operator==(const ActionOf&, const ActionOf&) = default;
};
using Action = ActionOf<std::string>;

/// A finding of evidence (docs: evidence).
template <class Text>
struct EvidenceOf {
  Text kind;
  Text leans;  ///< "indirect" or "abuse"
  Text what;
  friend bool operator==(const EvidenceOf&, const EvidenceOf&) = default;
};
using Evidence = EvidenceOf<std::string>;

template <class Text>
struct EntryOf {
  Text id = {};    ///< unique over all hosts: host, start, process, number
  Time time = {};  ///< of the end of the message
  Text host = {};  ///< the authserv-id of the filter
  Text queue_id = {};
  Text exempt = {};  ///< "authenticated" or "own_network": not judged; no verdict then
  std::optional<IpAddress> client = {};
  Text client_name = {};  ///< as the MTA verified it; empty when it could not
  Text helo = {};
  Text mail_from = {};                       ///< without angle brackets
  std::vector<Text> recipient_domains = {};  ///< distinct
  std::uint64_t recipients = 0;
  std::uint64_t size = 0;  ///< octets of header and body
  Text message_id = {};
  Text list_id = {};                      ///< the identifier between < and >
  Text automatic = {};                    ///< "report": it seems to carry a report
  std::vector<Text> author_domains = {};  ///< all of them
  std::optional<VerdictOf<Text>> verdict = {};
  std::vector<SpfResultOf<Text>> spf = {};
  std::vector<DkimResultOf<Text>> dkim = {};
  ArcResultOf<Text> arc = {};
  std::vector<EvidenceOf<Text>> evidence = {};
  std::vector<OverrideOf<Text>> overrides = {};
  ActionOf<Text> action = {};
  std::optional<VerdictOf<Text>> rfc7489 = {};  ///< with the standard `compare`
  std::vector<Text> differs = {};  ///< with `compare`: members of the verdict that differ
  std::uint64_t milliseconds = 0;  ///< from the first octet of the header to the decision
  friend bool operator==(const EntryOf&, const EntryOf&) = default;
};
using Entry = EntryOf<std::string>;

/// An entry whose texts stand elsewhere: in the line it was read from.
using EntryView = EntryOf<std::string_view>;

}  // namespace assay::journal
