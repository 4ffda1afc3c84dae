#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "assay/dkim/sign.h"
#include "assay/dns/resolver.h"
#include "system/analysis/alerts.h"
#include "system/analysis/digest.h"
#include "system/config/settings.h"
#include "system/store/alert_book.h"
#include "system/store/received.h"
#include "system/telling/courier.h"
#include "system/telling/letters.h"

#include "bin/dns_source.h"
#include "bin/failure.h"

/// What the commands and the role about alerts have in common.
namespace assay::cli {

/// The file of alerts of a configuration, <data>/alerts.sqlite.
std::string alerts_path(const config::Settings& settings);

/// Opens it; `path` empty: that of the configuration. Errors: io, bad_data.
Expected<std::unique_ptr<store::AlertBook>> open_alerts(const config::Settings& settings,
                                                        const std::string& path = {});
/// The same for who only reads: null where there is no file.
Expected<std::unique_ptr<store::AlertBook>> open_alerts_if_there(const config::Settings& settings,
                                                                 const std::string& path = {});

/// What [[alert]] says.
std::vector<analysis::RuleSetting> rule_settings(const config::Settings& settings);

/// Whom [alerts] or [digest] tells.
telling::Telling telling_of(const config::Settings& settings);

/// Which domains are ours, and what is found out about them.
class Lookout {
 public:
  /// What is given outlives it. Errors: those of reading catalogue and marks.
  static Expected<std::unique_ptr<Lookout>> open(const config::Settings& settings,
                                                 store::ReceivedReports& reports,
                                                 store::AlertBook& book);

  /// Those of [intake] domains, and those with reports below them; where none are named, all with
  /// reports. At most 10,000, by name. Errors: io.
  Expected<std::vector<std::string>> domains();

  /// Asks the DNS about one of them, and keeps what it says. Errors: io.
  Expected<std::vector<store::RecordChange>> look(const std::string& domain,
                                                  dns::Resolver& resolver, store::Instant now);

  /// One evaluation; what is to be told is in the outbox when it returns. Errors: io, bad_data.
  Expected<std::vector<store::AlertChange>> check(store::Instant now);

  /// Errors: io, bad_data.
  Expected<analysis::WeekDigest> digest(std::chrono::sys_days monday,
                                        std::span<const std::string> domains, store::Instant now);
  /// Puts the digest that is due into the outbox, for each recipient once. How many letters.
  Expected<std::size_t> post_digests(std::chrono::sys_days monday, store::Instant now);

 private:
  Lookout(const config::Settings& settings, store::ReceivedReports& reports,
          store::AlertBook& book);
  /// Marks are read again: an owner may have made some.
  Expected<analysis::AlertWorld> world();

  const config::Settings& settings_;
  store::ReceivedReports& reports_;
  store::AlertBook& book_;
  analysis::Catalogue catalogue_ = {};
  analysis::Marks marks_ = {};
  SuffixSource suffixes_;
  const suffix::SuffixList* list_ = nullptr;
};

/// Who brings alerts and digests. Errors: no_input, bad_data for keys and passwords.
class Messenger {
 public:
  static Expected<std::unique_ptr<Messenger>> open(const config::Settings& settings,
                                                   store::AlertBook& book);
  telling::Courier& courier() { return *courier_; }

 private:
  Messenger() = default;
  std::optional<dkim::Signer> signer_ = {};
  std::unique_ptr<telling::Courier> courier_ = {};
};

/// A resolver that asks no more than so many questions in a second.
class PacedResolver final : public dns::Resolver {
 public:
  /// `inner` outlives it. `wait` sleeps for so long, or ends early.
  PacedResolver(dns::Resolver& inner, unsigned per_second,
                std::function<void(std::chrono::milliseconds)> wait)
      : inner_(inner),
        pause_(std::chrono::milliseconds{1'000} / per_second),
        wait_(std::move(wait)) {}
  dns::AnswerPtr ask(const dns::Question& question) override;

 private:
  dns::Resolver& inner_;
  std::chrono::milliseconds pause_;
  std::function<void(std::chrono::milliseconds)> wait_;
};

}  // namespace assay::cli
