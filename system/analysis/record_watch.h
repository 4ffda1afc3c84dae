#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/dmarc/record.h"
#include "assay/dns/resolver.h"
#include "system/analysis/document.h"
#include "system/store/alert_book.h"
#include "system/store/received.h"

/// The published records of a domain, as they are watched: a look asks the DNS, what it gives is
/// compared with what was seen before, and changes are told beside what reports say. An answer that
/// does not come is never taken for a record that is gone.
namespace assay::analysis {

/// What is asked at most in one look.
constexpr std::size_t max_watched_selectors = 50;
constexpr std::size_t max_spf_includes = 40;  ///< SPF itself allows ten lookups of all kinds
constexpr std::size_t max_spf_lines = 5'000;

/// One look at a domain: DMARC by tree walk (RFC 9989 §4.10), SPF as written and with its includes
/// followed, the keys of `selectors`, MX, and the TXT records of MTA-STS and TLS-RPT. Asks the DNS.
std::vector<store::RecordSight> look_at_records(const DomainName& domain,
                                                std::span<const std::string> selectors,
                                                dns::Resolver& resolver);

/// The selectors whose signatures as the domain passed, those with most messages first; at most
/// max_watched_selectors. Each is a selector, or "selector domain" where the key is not of the
/// domain itself but of one below it.
std::vector<std::string> selectors_seen(std::string_view domain,
                                        std::span<const store::SourceCount> sources);

/// What an SPF record lets in, whichever way it says so: a line each, sorted, such as
/// "192.0.2.0/24", "~all", "a:mail.example.com". A redirect and includes are followed; what depends
/// on the message (macros) stands as it is written. Asks the DNS.
struct SpfSenders {
  std::vector<std::string> lines = {};
  std::vector<std::string> broken = {};     ///< includes that lead to no usable record
  std::optional<std::string> failure = {};  ///< the DNS did not answer: the rest is not whole
};
SpfSenders flatten_spf(const DomainName& domain, dns::Resolver& resolver);

/// The value that is kept of a DMARC record: where it stands, and how it reads.
struct DmarcSeen {
  std::string policy_domain = {};
  std::string text = {};  ///< of the record
  friend bool operator==(const DmarcSeen&, const DmarcSeen&) = default;
};
std::string to_value(const DmarcSeen& seen);
/// Twin of to_value. Nothing for a value that holds no record.
std::optional<DmarcSeen> parse_dmarc_seen(std::string_view value);

/// A policy for a domain in force, t=y apart.
struct PolicyInForce {
  dmarc::Policy policy = dmarc::Policy::none;
  bool test_mode = false;
  friend bool operator==(const PolicyInForce&, const PolicyInForce&) = default;
};
/// Of the domain, by what is kept of its DMARC record; none where there is no record, or none that
/// receivers use.
PolicyInForce policy_in_force(std::string_view domain, std::string_view value);
/// "p=reject", "p=quarantine with t=y".
std::string to_text(const PolicyInForce& policy);
/// How strong it is: t=y lowers it by one step (RFC 9989 §4.7).
unsigned strength(const PolicyInForce& policy);

/// What a change means, in a sentence: "The DMARC record changed: p=reject became p=none".
std::string in_words(const store::RecordChange& change);
/// How it is called: "SPF record", "DKIM key of selector s1".
std::string record_name(store::WatchedKind kind, std::string_view name);

/// Question 19: what changed, and what is published now.
struct RecordHistory {
  bool watched = false;  ///< there is a store of watched records
  std::vector<store::RecordChange> changes = {};
  std::vector<store::RecordState> records = {};
};
void tell(const RecordHistory& history, Document& document);

/// Marks for answers about mail that fails: what changed in the days asked for, and how much failed
/// before and since. `failing` and `all`: messages by day.
struct ChangeMark {
  std::chrono::sys_days day = {};
  std::string what;
  Share before = {};  ///< failing of all, in the days before it
  Share since = {};
};
using ByDay = std::map<std::chrono::sys_days, std::uint64_t>;
std::vector<ChangeMark> mark_changes(std::span<const store::RecordChange> changes,
                                     const ByDay& failing, const ByDay& all);
void tell(std::span<const ChangeMark> marks, Document& document);

/// What question 19 is answered from; `book` may be null. Errors: those of the Store.
std::expected<RecordHistory, Finding> gather_history(store::AlertBook* book,
                                                     std::string_view domain,
                                                     const store::Days& days);
/// Adds the marks of a domain's days to an answer; nothing where `book` is null.
/// Errors: those of the Store.
std::expected<void, Finding> add_change_marks(store::AlertBook* book,
                                              store::ReceivedReports& reports,
                                              std::string_view domain, const store::Days& days,
                                              Document& document);

}  // namespace assay::analysis
