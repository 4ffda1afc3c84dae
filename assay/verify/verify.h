#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/arc/arc.h"
#include "assay/base/ip_address.h"
#include "assay/base/time.h"
#include "assay/dkim/dkim.h"
#include "assay/dmarc/dmarc.h"
#include "assay/dns/resolver.h"
#include "assay/mail/header.h"
#include "assay/spf/spf.h"
#include "assay/suffix/suffix.h"
#include "assay/verify/author.h"
#include "assay/verify/decision.h"

/// The front door: octets, an envelope and the DNS in, a Verdict out. It is a function of these and
/// of the instant alone (so that a captured case can be replayed), asks the DNS only through the
/// Resolver, and keeps no more than the header in memory.
///
///     verify::Session session(envelope, resolver, now);
///     session.header(header_octets);              // up to and with the empty line, or without it
///     while (…) session.body(chunk);              // pieces of any size
///     verify::Verdict verdict = session.finish();
namespace assay::verify {

/// What the SMTP session said.
struct Envelope {
  std::optional<IpAddress> client = {};  ///< nothing: SPF is not checked
  std::string helo = {};
  std::string mail_from = {};  ///< without angle brackets; empty for the null reverse-path
};

enum class Standard : std::uint8_t { rfc9989, rfc7489, compare };

struct Options {
  Standard standard = Standard::rfc9989;
  const suffix::SuffixList* suffixes =
      nullptr;  ///< must outlive the session; needed by rfc7489 and compare
  std::string authserv_id = "localhost";
  mail::HeaderLimits header = {};
  spf::Limits spf = {};
  /// Whether Verdict::spf tells its steps.
  spf::Trace spf_trace = spf::Trace::off;
  dkim::Options dkim = {};
};

/// All that was found out about one message, with reasons.
struct Verdict {
  Authors authors = {};
  std::vector<spf::Outcome> spf = {};    ///< helo, then mfrom; empty without a client address
  std::vector<dkim::Outcome> dkim = {};  ///< in message order
  arc::Outcome arc = {};
  std::vector<dmarc::Evaluation> evaluations =
      {};  ///< one for each author domain, by `standard` (RFC 9989 with compare)
  dmarc::Evaluation dmarc =
      {};  ///< the one that rules (the strictest), with the findings of the From field
  std::optional<dmarc::Evaluation> rfc7489 = {};  ///< with compare
  std::vector<std::string> differs = {};  ///< with compare: names of members of `dmarc` that differ
  Decision decision = {};
  std::string authentication_results = {};  ///< the whole field, folded, without final CRLF
};

/// One message on its way. Not thread-safe; any number of sessions may share a resolver.
class Session {
 public:
  /// `resolver` and what options points to must outlive the session.
  Session(Envelope envelope, dns::Resolver& resolver, Instant now, Options options = {});
  ~Session();
  Session(Session&&) noexcept;

  /// The header section, once; views are not kept. Starts all lookups that are known by now.
  void header(std::string_view octets);
  /// The next octets of the body, any number of times.
  void body(std::string_view octets);
  /// Waits for the DNS and judges. Once.
  Verdict finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A message that is all there.
Verdict verify(std::string_view message, Envelope envelope, dns::Resolver& resolver, Instant now,
               Options options = {});

}  // namespace assay::verify
