#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ip_address.h"
#include "assay/dns/resolver.h"

/// SPF (RFC 7208): is this client authorized to send mail for that domain? Parses records, expands
/// macros, evaluates check_host with every limit of §4.6.4, explains. Leaves DMARC alignment to
/// assay/dmarc and any consequence to the caller.
///
///     spf::Outcome outcome = spf::check_mail_from({.client = ip, .helo = "mx.example.com",
///                                                  .mail_from = "a@example.com"}, resolver);
///     if (outcome.result == spf::Result::pass) …
namespace assay::spf {

/// RFC 7208 §2.6.
enum class Result : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };
std::string_view to_text(Result result);

enum class Identity : std::uint8_t { mfrom, helo };
std::string_view to_text(Identity identity);

struct Request {
  IpAddress client;
  std::string helo;                  ///< as the client said it
  std::string mail_from;             ///< reverse-path without angle brackets; empty for a null one
  std::string receiver = "unknown";  ///< %{r}
};

/// RFC 7208 §4.6.4.
struct Limits {
  unsigned terms = 10;  ///< include, a, mx, ptr, exists, redirect over the whole evaluation
  unsigned void_lookups = 2;
  unsigned mx_names = 10;
  unsigned ptr_names = 10;
  std::size_t explanation_octets = 500;
  std::chrono::milliseconds time{20'000};  ///< overall; then temperror
};

/// A record that took part (RFC 6591 §3.2.6 wants them in failure reports).
struct UsedRecord {
  DomainName domain;
  std::string text;
};

/// One step of an evaluation, for people: a term, where it stood and what came of it.
struct Step {
  unsigned depth = 0;   ///< 0 in the domain's own record, 1 in what it includes, …
  DomainName domain;    ///< whose record
  std::string term;     ///< as written, printable
  std::string outcome;  ///< "match", "no match", "include: softfail", "void lookup", …
};

struct Outcome {
  Identity identity = Identity::mfrom;
  std::string domain = {};  ///< the domain checked, A-labels; as given where it is no DNS name
  Result result = Result::none;
  std::string mechanism = {};  ///< the matching term of the record of `domain`, as written;
                               ///< "default" where none matched
  std::string explanation =
      {};  ///< on fail: the domain's own words (exp=), printable ASCII, third party's (§6.2)
  unsigned lookups = 0;  ///< terms that count towards the ten
  unsigned void_lookups = 0;
  std::string reason = {};  ///< one sentence
  std::vector<UsedRecord> records = {};
  std::vector<Step> steps = {};
};

/// The MAIL FROM identity: postmaster@HELO for a null reverse-path (§2.4).
Outcome check_mail_from(const Request& request, dns::Resolver& resolver, const Limits& limits = {});

/// The HELO identity (§2.3).
Outcome check_helo(const Request& request, dns::Resolver& resolver, const Limits& limits = {});

/// What check_mail_from and check_helo will ask first; empty where no DNS name can be made of them.
std::vector<dns::Question> first_questions(const Request& request);

}  // namespace assay::spf
