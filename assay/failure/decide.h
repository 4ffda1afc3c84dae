#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Whether a message gives rise to failure reports, which, and to whom. Pure: what the DNS says
/// comes in with the values. Whether the addresses of `ruf` may be used (RFC 9991 §5) and whether
/// reports are sent at all is for others to say.
namespace assay::failure {

/// The results of SPF and DKIM (RFC 8601 §2.7.1, §2.7.2).
enum class Result : std::uint8_t {
  none,
  pass,
  fail,
  softfail,
  neutral,
  policy,
  temperror,
  permerror
};

/// A domain's own request for reports (RFC 6651 §3.2, RFC 6652 §3), which exists where `ra` is
/// given.
struct Request {
  std::string ra = {};     ///< the local-part to report to, decoded; empty: there is no request
  std::string rr = "all";  ///< which failures, letters joined by colons
  std::uint32_t percent = 100;  ///< rp: of how many in a hundred failures
  bool included = false;  ///< SPF: the record was reached through include (then ra counts not)
};

/// Why a signature failed, in the words of Auth-Failure (RFC 6591 §3.3).
enum class SignatureFailure : std::uint8_t { signature, bodyhash, revoked };

/// One DKIM signature of the message.
struct Signature {
  std::string domain = {};    ///< d=
  std::string selector = {};  ///< s=
  Result result = Result::none;
  bool aligned = false;  ///< whether d= is aligned with the author domain, whatever the result
  SignatureFailure failure = SignatureFailure::signature;
  /// The letter of RFC 6651 §5.1 for why it failed: d, o, p, s, u, v or x.
  char reason = 'o';
  bool asks = false;     ///< r=y stands in it
  Request request = {};  ///< of "_report._domainkey" at its domain
};

/// SPF of the MAIL FROM identity.
struct Spf {
  std::string domain = {};
  Result result = Result::none;
  bool aligned = false;
  bool used_a_record = false;  ///< whether a record was found and evaluated
  Request request = {};        ///< of its record
};

/// What is known of a message beside the policy, that speaks against reports.
struct Circumstances {
  bool list = false;       ///< it came through a mailing list
  bool forwarded = false;  ///< it was forwarded to the recipient
  bool report = false;     ///< it is itself a report or an automatic answer (is_automatic)
};

/// Everything `decide` looks at.
struct Incident {
  std::string policy_domain = {};
  std::string fo = "0";    ///< as the policy record has it; of a record without ruf: "0"
  bool ruf = false;        ///< whether the record names addresses that may be used
  bool psd = false;        ///< whether the record says psd=y
  bool agreement = false;  ///< whether there is an agreement with that public suffix operator
  std::vector<Signature> signatures = {};
  Spf spf = {};
  Circumstances circumstances = {};
  std::uint32_t chance = 0;  ///< 0 to 99, by chance, for the percentages of requests
};

enum class Kind : std::uint8_t { dmarc, dkim, spf };

/// A report that is to be made.
struct Wanted {
  Kind kind = Kind::dmarc;
  std::string domain = {};             ///< whose report it is: at most one for each
  std::string address = {};            ///< to whom; empty: to the addresses of ruf
  std::string_view auth_failure = {};  ///< the word of Auth-Failure
  /// For Identity-Alignment of a dmarc report: the methods that gave no aligned pass (RFC 9991 §4).
  std::vector<std::string> identity_alignment = {};
  /// The signature that DKIM-Domain, -Identity and -Selector are to name.
  std::optional<std::size_t> signature = {};
  bool spf_dns = false;  ///< whether SPF-DNS is to name the records used
};

/// Why no report is to be made.
enum class Silence : std::uint8_t {
  none,                ///< there are reports
  nothing_failed,      ///< nothing that fo asks for
  no_ruf,              ///< nobody asks
  public_suffix,       ///< psd=y without an agreement (RFC 9991 §2)
  report_on_a_report,  ///< mail loops (RFC 9991 §5.1)
  indirect             ///< it would tell the domain's owner who the final recipient is
};
std::string_view to_text(Silence silence);

struct Decision {
  std::vector<Wanted> reports = {};
  Silence silence = Silence::none;
};

/// fo=0: no method gave an aligned pass; 1: some method did not; d: a signature failed, aligned or
/// not; s: SPF failed, aligned or not (RFC 9989 §4.7). The letters d and s also let the requests of
/// RFC 6651 (r=y and ra=) and RFC 6652 (ra= of the record itself) be honoured, which go to the
/// domain that asks. One report for each domain, dmarc before dkim before spf, at most `most` for
/// the message (RFC 6651 §3.3).
Decision decide(const Incident& incident, std::size_t most = 3);

/// Whether a message is itself a report or an automatic answer, so that no report on it may be
/// made: multipart/report, Auto-Submitted other than "no" (RFC 3834 §5), or the null reverse-path.
/// `reverse_path` as in MAIL FROM, with or without angle brackets.
bool is_automatic(std::string_view header, std::string_view reverse_path);

}  // namespace assay::failure
