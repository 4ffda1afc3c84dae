#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "assay/dns/resolver.h"
#include "system/analysis/alignment.h"
#include "system/analysis/catalogue.h"
#include "system/analysis/document.h"
#include "system/analysis/marks.h"
#include "system/store/alert_book.h"
#include "system/store/received.h"

/// The questions of `assay show`: which values of the Store each needs, and its answer. Daily
/// counts wherever they suffice; records of sources only where a question is about sources.
namespace assay::analysis {

enum class Question : std::uint8_t {
  sources,
  volume,
  cube,
  unauthenticated,
  newcomers,
  who,
  unaligned,
  gaps,
  overrides,
  failures,
  ladder,
  piles,
  route,
  readiness,
  whatif,
  reporters,
  compare,
  split,
  domains,
  tls,
  changes,   ///< of published records; answered from the AlertBook
  received,  ///< answered from journals (received_mail.h), not from the Store
};
std::string_view to_text(Question question);
std::optional<Question> parse_question(std::string_view word);
/// All of them, in order.
std::span<const std::string_view> question_words();
/// Whether it can be asked of all domains together.
bool may_lack_domain(Question question);

struct Ask {
  Question question = Question::domains;
  std::string domain = {};  ///< policy domain, A-labels in lower case; empty: all
  std::optional<std::chrono::sys_days> from = {};  ///< nothing: 30 days up to `to`
  std::optional<std::chrono::sys_days> to =
      {};  ///< the last day; nothing: that of the latest report
  /// compare: the first day of the other period, of the same length; nothing: the one just before.
  std::optional<std::chrono::sys_days> against = {};
  Scenario scenario = {};   ///< whatif
  std::string source = {};  ///< who: an address, network or service; empty: the unknown ones
  std::size_t names = 0;    ///< who, newcomers: for so many addresses the DNS is asked
  Instant now = {};
};

/// What questions are answered from.
struct World {
  store::ReceivedReports* reports = nullptr;
  const Catalogue* catalogue = nullptr;
  const Marks* marks = nullptr;
  std::function<std::string(std::string_view)> organization = {};  ///< see View
  dns::Resolver* resolver = nullptr;       ///< for the ladder, and for names
  const places::Places* places = nullptr;  ///< nothing: no files are given
  const OwnMail* own = nullptr;            ///< of the domain; nothing: there is no journal
  // Of this host's own intake, where it receives mail: for the ladder.
  std::optional<std::uint64_t> intake_limit = {};  ///< octets of a mail
  std::vector<std::string> intake_refuses = {};
  store::AlertBook* alerts = nullptr;  ///< for watched records; null: none are watched
};

/// Answers any question but `received`. Errors: those of the Store; `no_domain` where the question
/// needs one; `no_resolver` for a ladder without DNS.
std::expected<Document, Finding> answer(const Ask& ask, const World& world);

}  // namespace assay::analysis
