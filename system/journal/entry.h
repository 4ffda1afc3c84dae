#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "assay/base/ip_address.h"

/// What a filter says of each message it has judged: the hand-over from the filter to reporting. An
/// Entry is one JSON line (docs/journal.md); nothing of a body is in it.
namespace assay::journal {

/// Thousandths of a second, UTC.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

struct SpfResult {
  std::string identity;  ///< "mfrom" or "helo"
  std::string domain;
  std::string result;
  friend bool operator==(const SpfResult&, const SpfResult&) = default;
};

struct DkimResult {
  std::string domain;
  std::string selector = {};
  std::string algorithm = {};
  std::string result;
  std::string reason = {};  ///< unless pass
  friend bool operator==(const DkimResult&, const DkimResult&) = default;
};

struct ArcResult {
  std::string result = "none";
  unsigned instances = 0;
  std::vector<std::string> sealers = {};  ///< instance 1 first
  friend bool operator==(const ArcResult&, const ArcResult&) = default;
};

/// First fact: what DMARC says, with the policy record as evaluated.
struct Verdict {
  std::string result = "none";
  std::string author_domain = {};  ///< the one that ruled
  std::string policy_domain = {};
  std::string organizational_domain = {};
  std::string record = {};            ///< as published
  std::string published_policy = {};  ///< p, sp or np, whichever holds; empty without a record
  std::string policy = {};            ///< after t (or pct)
  bool test_mode = false;
  bool nonexistent =
      false;  ///< the author domain does not exist; known where a record is inherited
  std::string discovery = "treewalk";
  bool spf_aligned = false;
  bool dkim_aligned = false;
  std::string reason = {};
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Second fact: why this host departs from the policy (RFC 9990 §3.1.6).
struct Override {
  std::string type;
  std::string comment = {};
  friend bool operator==(const Override&, const Override&) = default;
};

/// Third fact: what was done.
struct Action {
  std::string action = "accept";     ///< accept, quarantine, reject, defer
  std::string disposition = "none";  ///< as a report says it: none, pass, quarantine, reject
  std::string quarantine = {};       ///< how: hold, header, subject, mark
  std::string reply = {};            ///< the SMTP reply, where one was given
  friend bool operator==(const Action&, const Action&) = default;
};

/// A finding of evidence (docs: evidence).
struct Evidence {
  std::string kind;
  std::string leans;  ///< "indirect" or "abuse"
  std::string what;
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

struct Entry {
  std::string id = {};    ///< unique over all hosts: host, start, process, number
  Time time = {};         ///< of the end of the message
  std::string host = {};  ///< the authserv-id of the filter
  std::string queue_id = {};
  std::string exempt = {};  ///< "authenticated" or "own_network": not judged; no verdict then
  std::optional<IpAddress> client = {};
  std::string client_name = {};  ///< as the MTA verified it; empty when it could not
  std::string helo = {};
  std::string mail_from = {};                       ///< without angle brackets
  std::vector<std::string> recipient_domains = {};  ///< distinct
  std::uint64_t recipients = 0;
  std::uint64_t size = 0;  ///< octets of header and body
  std::string message_id = {};
  std::string list_id = {};                      ///< the identifier between < and >
  std::string automatic = {};                    ///< "report": it seems to carry a report
  std::vector<std::string> author_domains = {};  ///< all of them
  std::optional<Verdict> verdict = {};
  std::vector<SpfResult> spf = {};
  std::vector<DkimResult> dkim = {};
  ArcResult arc = {};
  std::vector<Evidence> evidence = {};
  std::vector<Override> overrides = {};
  Action action = {};
  std::optional<Verdict> rfc7489 = {};    ///< with the standard `compare`
  std::vector<std::string> differs = {};  ///< with `compare`: members of the verdict that differ
  std::uint64_t milliseconds = 0;         ///< from the first octet of the header to the decision
  friend bool operator==(const Entry&, const Entry&) = default;
};

}  // namespace assay::journal
