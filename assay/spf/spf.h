#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ip_address.h"
#include "assay/base/time.h"
#include "assay/dns/resolver.h"

/// SPF (RFC 7208): is this client authorized to send mail for that domain? Parses records, expands
/// macros, evaluates check_host with every limit of §4.6.4, explains. Leaves DMARC alignment to
/// assay/dmarc and any consequence to the caller.
///
///     spf::Outcome outcome = spf::check_mail_from({.client = ip, .helo = "mx.example.com",
///                                                  .mail_from = "a@example.com"}, resolver);
///     if (outcome.result == spf::Result::pass) …
///
/// Beside it: record.h (records as values), macro.h, lint.h (records for their owners), reply.h (an
/// SMTP reply for a result), received_spf.h (the trace field).
namespace assay::spf {

/// RFC 7208 §2.6.
enum class Result : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };
std::string_view to_text(Result result);

enum class Identity : std::uint8_t { mfrom, helo };
std::string_view to_text(Identity identity);

/// Whether Outcome::steps is filled. It costs about as much as the rest of an evaluation whose
/// answers are all cached; a mail filter turns it off.
enum class Trace : std::uint8_t { off, on };

struct Request {
  IpAddress client;
  std::string helo;                  ///< as the client said it
  std::string mail_from;             ///< reverse-path without angle brackets; empty for a null one
  std::string receiver = "unknown";  ///< %{r}
  Instant now = {};                  ///< %{t}; nothing else depends on it
  Trace trace = Trace::on;
};

/// RFC 7208 §4.6.4.
struct Limits {
  /// include, a, mx, ptr, exists, redirect over the whole evaluation; as deep may includes go.
  unsigned terms = 10;
  unsigned void_lookups = 2;
  unsigned mx_names = 10;
  unsigned ptr_names = 10;
  std::size_t explanation_octets = 500;
  /// Overall; then temperror. Looked at before each lookup, so that one that hangs is for the
  /// resolver to end.
  std::chrono::milliseconds time{20'000};
  /// What `time` is measured with; empty for std::chrono::steady_clock::now.
  std::function<std::chrono::steady_clock::time_point()> clock = {};
};

/// A record that took part (RFC 6591 §3.2.6 wants them in failure reports). Always of type TXT.
struct UsedRecord {
  DomainName domain;
  std::string text;
};

/// One step of an evaluation, for people: a term, where it stood and what came of it.
struct Step {
  unsigned depth = 0;   ///< 0 in the domain's own record, 1 in what it includes, …
  DomainName domain;    ///< whose record
  std::string term;     ///< as written, printable; "TXT" for a record that could not be used
  std::string outcome;  ///< "match", "no match", "no match (softfail)", "no match (void lookup)", …
};

struct Outcome {
  Identity identity = Identity::mfrom;
  std::string domain = {};  ///< the domain checked, A-labels; as given where it is no DNS name
  Result result = Result::none;
  /// The term that decided, as written in the record of `domain`, or in the one that its redirect=
  /// leads to; "default" where none matched; empty for none, temperror and permerror.
  std::string mechanism = {};
  std::string explanation =
      {};  ///< on fail: the domain's own words (exp=), printable ASCII, third party's (§6.2)
  unsigned lookups = 0;       ///< terms that count towards the ten; eleven where that was exceeded
  unsigned void_lookups = 0;  ///< likewise three
  std::string reason = {};    ///< one sentence
  std::vector<UsedRecord> records = {};  ///< in the order of their use
  std::vector<Step> steps = {};          ///< empty for Trace::off
};

/// The MAIL FROM identity: postmaster@HELO for a null reverse-path (§2.4). U-labels of its domain
/// are made A-labels, a source route is left out, a missing local-part is "postmaster".
/// Records are parsed once and kept with their answers; results are not cached.
Outcome check_mail_from(const Request& request, dns::Resolver& resolver, const Limits& limits = {});

/// The HELO identity (§2.3).
Outcome check_helo(const Request& request, dns::Resolver& resolver, const Limits& limits = {});

/// What check_mail_from and check_helo will ask first; empty where no DNS name can be made of them.
std::vector<dns::Question> first_questions(const Request& request);

}  // namespace assay::spf
