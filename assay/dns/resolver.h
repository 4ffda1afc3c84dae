#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/ip_address.h"
#include "assay/dns/memo.h"

namespace assay::dns {

/// The record types that mail authentication asks for.
enum class Type : std::uint8_t { a, aaaa, mx, ptr, txt };

/// "A", "AAAA", "MX", "PTR" or "TXT".
std::string_view to_text(Type type);

/// How a query ended. SPF counts no_data and name_error as void lookups (RFC 7208 §4.6.4);
/// DMARC applies `np` on name_error alone (RFC 9989 §4.7).
enum class Outcome : std::uint8_t { records, no_data, name_error, temporary_failure };

/// Spelled as the enumerator.
std::string_view to_text(Outcome outcome);

struct Question {
  DomainName name;
  Type type = Type::txt;
  friend bool operator==(const Question&, const Question&) = default;
};

struct MailExchange {
  std::uint16_t preference = 0;
  DomainName host = {};  ///< the root for a null MX (RFC 7505)
  friend bool operator==(const MailExchange&, const MailExchange&) = default;
};

/// What the DNS said to one question. Aliases (CNAME) have been followed. Of the four lists only
/// the one of the question's type is filled, and only when outcome is records.
struct Answer {
  Outcome outcome = Outcome::no_data;
  std::vector<std::string> texts =
      {};  ///< TXT: each record's strings joined without spaces (RFC 7208 §3.3)
  std::vector<IpAddress> addresses = {};     ///< A, AAAA
  std::vector<MailExchange> exchanges = {};  ///< MX, in order of preference
  std::vector<DomainName> names = {};        ///< PTR
  std::chrono::seconds ttl{0};  ///< the least of the set; for a negative answer that of the SOA
  bool authenticated = false;   ///< validated by DNSSEC, as the resolver says
  std::string why = {};         ///< temporary_failure: servfail, timeout, …
  /// What has been parsed from these records, kept for as long as they are.
  Memo memo = {};
};

/// Answers are shared between the cache and its readers and never change.
using AnswerPtr = std::shared_ptr<const Answer>;

/// What mail authentication asks of the DNS. Safe to call from several threads; never throws:
/// a timeout or SERVFAIL is the outcome temporary_failure.
class Resolver {
 public:
  virtual ~Resolver() = default;
  /// Never null. Waits until the answer is there.
  virtual AnswerPtr ask(const Question& question) = 0;
  /// Says what will probably be asked soon, so that it can be asked together. Does not wait.
  virtual void prefetch(std::span<const Question> questions) { static_cast<void>(questions); }
};

}  // namespace assay::dns

template <>
struct std::hash<assay::dns::Question> {
  std::size_t operator()(const assay::dns::Question& question) const noexcept {
    return std::hash<assay::DomainName>{}(question.name) * 31 +
           static_cast<std::size_t>(question.type);
  }
};
