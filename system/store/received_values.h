#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/aggregate/report.h"
#include "assay/base/finding.h"
#include "system/store/packed_records.h"
#include "system/store/rollup.h"
#include "system/store/values.h"

/// Reports that came in, as they are kept.
namespace assay::store {

using aggregate::Instant;

/// Whether a report is counted. Those that are not stay visible, with the reason why.
enum class Standing : std::uint8_t {
  counted,    ///< its messages are in the daily counts
  set_aside,  ///< kept and shown, in no count
};

/// How a report came in.
enum class Channel : std::uint8_t { file, folder, lmtp, smtp, imap, upload };

/// What was found out about the mail that carried a report (RFC 9990 §8.2).
enum class Trust : std::uint8_t {
  unchecked,   ///< there was no mail, or nobody looked
  genuine,     ///< passed DMARC for the domain of the reporter
  unverified,  ///< nothing proves where it is from, nothing says that it is false
  forged,      ///< its author domain says by its policy that the mail is not its own
};

// "aggregate", "set_aside", "lmtp", "genuine" …
std::string_view to_text(Standing standing);
std::string_view to_text(Channel channel);
std::string_view to_text(Trust trust);
std::optional<Standing> parse_standing(std::string_view text);
std::optional<Channel> parse_channel(std::string_view text);
std::optional<Trust> parse_trust(std::string_view text);

struct Authenticity {
  Trust trust = Trust::unchecked;
  std::string author_domain = {};  ///< of the mail; A-labels
  std::string reason = {};         ///< a sentence for people
  friend bool operator==(const Authenticity&, const Authenticity&) = default;
};

/// Something that was repaired or is doubtful. The code is kept as text: a later version may know
/// others.
struct Remark {
  std::string code = {};
  std::string what = {};
  Level level = Level::warning;
  friend bool operator==(const Remark&, const Remark&) = default;
};

/// What is told of a report beside its records.
struct ReportHead {
  ReportKind kind = ReportKind::aggregate;
  aggregate::Schema schema = aggregate::Schema::rfc9990;
  /// Who reports, as one name for all its reports: lower case; the domain of its address, or else
  /// the name of the organization.
  std::string reporter = {};
  std::string org_name = {};  ///< as written; so are the next
  std::string email = {};
  std::string contact = {};
  std::string generator = {};
  std::string report_id = {};
  std::string policy_domain = {};  ///< A-labels in lower case; of a failure report the reported one
  Instant begin = {};              ///< of a failure report both are the arrival of the message
  Instant end = {};
  aggregate::PolicyPublished policy = {};  ///< of aggregate reports
  std::vector<std::string> errors = {};    ///< that the reporter tells
  friend bool operator==(const ReportHead&, const ReportHead&) = default;
};

/// What a failure report tells (RFC 6591). Texts as written; empty is absent.
struct FailureFacts {
  std::string feedback_type = {};
  std::string auth_failure = {};
  std::string identity_alignment = {};  ///< the list as written, joined with ", "
  std::string delivery_result = {};
  std::string source_ip = {};
  std::string reporting_mta = {};
  std::string mail_from = {};
  std::string recipient = {};
  std::string dkim_domain = {};
  std::string dkim_selector = {};
  std::string spf_record = {};
  std::string authentication_results = {};
  std::string from = {};  ///< of the reported message, as are the next
  std::string subject = {};
  std::string message_id = {};
  std::vector<std::string> urls = {};
  std::string original_header = {};  ///< kept for as long as the retention of originals says
  std::uint64_t incidents = 1;
  friend bool operator==(const FailureFacts&, const FailureFacts&) = default;
};

/// One kind of failure in a TLS report (RFC 8460 §4.4).
struct TlsFailure {
  std::string result_type = {};
  std::string sending_mta_ip = {};
  std::string receiving_mx_hostname = {};
  std::string receiving_mx_helo = {};
  std::string receiving_ip = {};
  std::uint64_t sessions = 0;
  std::string additional_information = {};
  std::string reason_code = {};
  friend bool operator==(const TlsFailure&, const TlsFailure&) = default;
};

/// What a TLS report tells of one policy.
struct TlsPolicy {
  std::string type = {};  ///< sts, tlsa, no-policy-found
  std::string domain = {};
  std::vector<std::string> policy = {};  ///< its text, a line each
  std::vector<std::string> mx_hosts = {};
  std::uint64_t successful = 0;  ///< sessions
  std::uint64_t failed = 0;
  std::vector<TlsFailure> failures = {};
  friend bool operator==(const TlsPolicy&, const TlsPolicy&) = default;
};

/// The octets in which reports came: a file or the part of a mail, as it was (mostly packed).
struct Raw {
  std::string octets = {};
  std::string name = {};    ///< of the file or part
  std::string member = {};  ///< where in the octets the report is; empty: it is them
  friend bool operator==(const Raw&, const Raw&) = default;
};

/// Octets that are too many to be held.
struct LargeOctets {
  std::uint64_t size = 0;
  /// As of archive::Source.
  std::function<std::size_t(std::uint64_t at, std::span<char> into)> read_at = {};
};

/// A report on its way into the Store.
struct Arrival {
  ReportHead head = {};
  PackedRecords records = {};                ///< of aggregate reports
  std::optional<FailureFacts> failure = {};  ///< of failure reports
  std::vector<TlsPolicy> tls = {};           ///< of TLS reports: such as are of head.policy_domain
  std::vector<Remark> remarks = {};
  Authenticity authenticity = {};
  Channel channel = Channel::file;
  Instant arrived = {};
  Standing standing = Standing::counted;
  std::string reason = {};  ///< why it is set aside: a word such as `foreign_domain`
  std::string digest = {};  ///< of the content without its id, 32 octets
  Raw raw = {};             ///< its octets may be empty: then they are not kept …
  std::optional<LargeOctets> large_raw = {};  ///< … unless they are here
};

/// A report that is there already and resembles one that arrives.
struct Neighbour {
  std::int64_t id = 0;
  Standing standing = Standing::counted;
  std::string reason = {};
  Trust trust = Trust::unchecked;
  std::string report_id = {};
  Instant begin = {};
  Instant end = {};
  bool same_content = false;  ///< the digests are equal
};

/// What is to be done with an arrival.
enum class Verdict : std::uint8_t {
  added,      ///< kept, with the standing that the decision says
  duplicate,  ///< known already; the one that is there is marked as seen again
};

struct Decision {
  Verdict verdict = Verdict::added;
  Standing standing = Standing::counted;
  std::string reason = {};  ///< of a standing set_aside
  std::int64_t of = 0;      ///< the report that this is a duplicate of, or conflicts with
  /// This report is set aside (with `reason_superseded`) in favour of the arrival; 0: none is.
  std::int64_t supersedes = 0;
  std::vector<Remark> remarks = {};  ///< added to those of the arrival
};
inline constexpr std::string_view reason_superseded = "superseded";

/// What became of an arrival.
struct Placed {
  Verdict verdict = Verdict::added;
  Standing standing = Standing::counted;
  std::string reason = {};
  std::int64_t id = 0;  ///< of the report; of a duplicate the one that is there
  std::int64_t of = 0;  ///< as in the decision
  /// A failure report that is counted alone, now or, as a duplicate, before: then there is no id.
  bool sampled_out = false;
  std::vector<Remark> remarks = {};  ///< the decision's
};

/// A report as it is kept.
struct ReceivedReport {
  std::int64_t id = 0;
  ReportHead head = {};
  std::vector<Remark> remarks = {};
  Authenticity authenticity = {};
  Channel channel = Channel::file;
  Instant arrived = {};
  Instant seen_last = {};
  std::uint64_t seen = 1;  ///< how often it came
  Standing standing = Standing::counted;
  std::string reason = {};
  std::int64_t of = 0;
  std::uint64_t records = 0;
  std::uint64_t messages = 0;
  bool has_raw = false;
  friend bool operator==(const ReceivedReport&, const ReceivedReport&) = default;
};

/// Which reports are listed, by id: `after` leads to the next page. With `before` the latest come
/// first, and it leads on.
struct ReportFilter {
  std::optional<ReportKind> kind = {};
  std::optional<Standing> standing = {};
  std::string policy_domain = {};     ///< empty: any
  std::string reporter = {};          ///< empty: any
  std::optional<Instant> from = {};   ///< those that end after it
  std::optional<Instant> until = {};  ///< those that begin before it
  std::int64_t after = 0;
  std::int64_t before = 0;  ///< not 0: those of smaller ids, the largest first
  std::size_t limit = 100;
};

/// Days from the first to before the second (UTC).
struct Days {
  std::chrono::sys_days from = {};
  std::chrono::sys_days until = {};
  friend bool operator==(const Days&, const Days&) = default;
};

/// Aggregate reports whose period touches some days. One that is longer than Spread::longest is
/// found in its first days alone.
struct ReportTally {
  std::uint64_t counted = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t reporters = 0;  ///< of those counted
  friend bool operator==(const ReportTally&, const ReportTally&) = default;
};

/// By what daily counts are told apart; what is not asked for is summed, and empty in the answer.
struct DailyQuery {
  std::string policy_domain = {};  ///< empty: all
  Days days = {};
  bool by_domain = true;
  bool by_day = true;
  bool by_reporter = false;
  bool by_cell = true;
};
struct DailyCount {
  std::string policy_domain = {};
  std::chrono::sys_days day = {};
  std::string reporter = {};
  Cell cell = {};
  std::uint64_t messages = 0;
  friend auto operator<=>(const DailyCount&, const DailyCount&) = default;
};

/// How closely sources are told apart.
enum class SourceLevel : std::uint8_t {
  none,     ///< by what they authenticate as alone: services
  network,  ///< and by /24 or /48
  address,  ///< and by address
};

/// What counted reports say of one source and way of authenticating in days.
struct SourceQuery {
  std::string policy_domain = {};
  Days days = {};
  SourceLevel source = SourceLevel::address;
  bool by_day = false;  ///< then `first` and `last` of an answer are its day
};
struct SourceCount {
  std::string source_ip = {};  ///< an address, a network, or a text that is none
  std::string header_from = {};
  /// The SPF result of the envelope's domain, and the signature that says most: one that passed and
  /// is of header_from or near it, or one that passed, or the first.
  std::string spf_domain = {};
  std::string spf_result = {};
  std::string dkim_domain = {};
  std::string dkim_selector = {};
  std::string dkim_result = {};
  Cell cell = {};
  std::chrono::sys_days first = {};  ///< of the days asked for
  std::chrono::sys_days last = {};
  std::uint64_t messages = 0;
  friend auto operator<=>(const SourceCount&, const SourceCount&) = default;
};

/// What is known of one who reports on a domain.
struct ReporterCount {
  std::string reporter = {};
  std::string org_name = {};  ///< of the latest report
  std::string policy_domain = {};
  ReportKind kind = ReportKind::aggregate;
  std::uint64_t reports = 0;    ///< counted ones
  std::uint64_t set_aside = 0;  ///< the others
  std::uint64_t remarked = 0;   ///< of both: such as had to be repaired
  std::uint64_t rfc9990 = 0;    ///< of both: in that form
  std::uint64_t messages = 0;   ///< of those counted
  Instant first = {};           ///< begin of the earliest
  Instant last = {};            ///< end of the latest
  Instant arrived = {};         ///< of the latest
  friend bool operator==(const ReporterCount&, const ReporterCount&) = default;
};

/// Failure reports of a source in a day: so many came, and so many were kept.
struct FailureCount {
  std::string policy_domain = {};
  std::string source_ip = {};
  std::chrono::sys_days day = {};
  std::uint64_t came = 0;
  std::uint64_t kept = 0;
  std::uint64_t incidents = 0;  ///< that those which came stand for
  friend bool operator==(const FailureCount&, const FailureCount&) = default;
};

/// Sessions that TLS reports count, by day, domain, reporter, policy and result.
struct TlsCount {
  std::string policy_domain = {};
  std::chrono::sys_days day = {};
  std::string reporter = {};
  std::string policy_type = {};
  std::string result_type = {};  ///< empty: sessions that succeeded
  std::uint64_t sessions = 0;
  friend auto operator<=>(const TlsCount&, const TlsCount&) = default;
};

/// How many failure reports are kept of a source and a domain on a day; beyond it one of each
/// doubling is.
struct Sampling {
  std::uint64_t per_source = 100;
  std::uint64_t per_domain = 10'000;
};

/// What may be forgotten: what arrived before these. Nothing is kept.
struct ReceivedRetention {
  std::optional<Instant> raw = {};        ///< octets as they came
  std::optional<Instant> aggregate = {};  ///< reports with their records
  std::optional<Instant> failure = {};
  std::optional<Instant> originals = {};  ///< header text of reported messages
  std::optional<Instant> tls = {};
};

struct ReceivedRemoved {
  std::uint64_t reports = 0;
  std::uint64_t records = 0;
  std::uint64_t raws = 0;
  std::uint64_t originals = 0;
  friend bool operator==(const ReceivedRemoved&, const ReceivedRemoved&) = default;
};

/// What is there.
struct ReceivedBooks {
  std::uint64_t reports = 0;  ///< of any kind and standing
  std::uint64_t counted = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t duplicates = 0;  ///< that came again
  std::uint64_t records = 0;
  std::uint64_t messages = 0;  ///< of reports that are counted
  std::uint64_t raws = 0;
  std::uint64_t sampled_out = 0;  ///< failure reports counted alone
  friend bool operator==(const ReceivedBooks&, const ReceivedBooks&) = default;
};

}  // namespace assay::store
