#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/finding.h"
#include "system/accounts/scope.h"
#include "system/analysis/document.h"
#include "system/analysis/marks.h"
#include "system/analysis/questions.h"
#include "system/analysis/record_setup.h"
#include "system/store/received.h"

namespace assay::webapi {

template <class T = void>
using Expected = std::expected<T, Finding>;

/// A way in for reports.
struct Channel {
  std::string name;   ///< such as "lmtp", "imap-1"
  std::string kind;   ///< lmtp, smtp, upload, folder, imap, web
  std::string state;  ///< ok, off, trouble
  std::string what = {};
  std::optional<store::Instant> last = {};  ///< when a report last came by it
};

struct Tested {
  bool ok = false;
  std::string what = {};
};

struct VerifyQuestion {
  std::string message = {};  ///< octets, line ends as they are
  std::string client = {};   ///< an address; empty: SPF is not checked
  std::string helo = {};
  std::string mail_from = {};
};

struct Alert {
  std::int64_t id = 0;
  std::string rule = {};
  std::string domain = {};
  std::string what = {};
  store::Instant since = {};
  std::optional<store::Instant> until = {};
  std::string severity = {};  ///< info, warning, urgent
  bool seen = false;
};

/// Durations by their names in [intake]: "keep_raw" and "400d".
using Retention = std::vector<std::pair<std::string, std::string>>;

struct DemoSize {
  std::uint64_t reports = 0;
  std::uint64_t domains = 0;
};

/// What the interface asks and tells of this installation. Safe to call from several threads.
/// Errors are those of the Store and of analysis, and such as are said at the function.
class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  /// All received reports, to be read; for one request.
  virtual Expected<std::shared_ptr<store::ReceivedReports>> reports() = 0;
  /// Answers from `visible` alone; `received` from this host's journals.
  virtual Expected<analysis::Document> answer(const analysis::Ask& ask,
                                              store::ReceivedReports& visible) = 0;

  /// Takes in what a file holds, of domains in `scope`; lines as of `assay intake add --json`.
  virtual Expected<std::vector<std::string>> take(std::string_view octets, const std::string& name,
                                                  const accounts::Scope& scope) = 0;
  /// Whether all reports in these octets are on domains of `scope`.
  virtual bool holds_only(const store::Raw& raw, const accounts::Scope& scope) = 0;

  /// The verdict as JSON, with its words as "text". Errors: `bad_request`.
  virtual Expected<std::string> verify(const VerifyQuestion& question) = 0;

  virtual Expected<analysis::Marks> marks() = 0;
  virtual Expected<> add_mark(const analysis::Mark& mark) = 0;

  virtual std::vector<Channel> channels(store::ReceivedReports& reports) = 0;
  /// Errors: `not_found`.
  virtual Expected<Tested> test_channel(std::string_view name) = 0;
  /// Files that were refused today, as far as this process knows.
  virtual std::uint64_t refused_today() = 0;
  /// Empty, or why reports cannot be kept.
  virtual std::string store_trouble() = 0;

  virtual Expected<Retention> retention() = 0;
  /// Errors: `bad_request` for a name or duration that is none.
  virtual Expected<> set_retention(const Retention& changes) = 0;

  /// Of every domain.
  virtual Expected<std::vector<Alert>> alerts() = 0;

  /// How the watched records of domains in `scope` ask for reports; `reporting`: those with
  /// reports.
  virtual Expected<analysis::RecordSetup> record_setup(const accounts::Scope& scope,
                                                       std::span<const std::string> reporting) = 0;

  virtual bool is_demo(store::ReceivedReports& reports) = 0;
  /// Errors: `not_empty`.
  virtual Expected<DemoSize> load_demo() = 0;
  virtual Expected<> erase_demo() = 0;
};

}  // namespace assay::webapi
