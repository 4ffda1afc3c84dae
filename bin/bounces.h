#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "system/config/settings.h"
#include "system/intake/bounce.h"
#include "system/reporting/bounces.h"
#include "system/store/store.h"

#include "bin/failure.h"

namespace assay::cli {

/// What a bounce says, as the outbox understands it. `recipient`: whom it was sent to, as the
/// envelope says; empty: the mail is asked.
reporting::BounceNotice notice_of(intake::Bounce bounce, const std::string& recipient);

/// Books the bounces of our own reports that come in by mail. Safe to call from several threads.
class BounceDesk {
 public:
  /// Null where no reports are made. Errors: those of the Store.
  static Expected<std::unique_ptr<BounceDesk>> open(const config::Settings& settings);

  /// Whether an address is a return path that we gave to a delivery.
  bool is_ours(std::string_view address) const;

  /// Books a mail to such an address. Errors: those of the Store; then it is to come again.
  Expected<reporting::BookedBounce> take(std::string_view mail, std::string_view address);

 private:
  BounceDesk(config::Reports settings, std::unique_ptr<store::Store> store, std::string key);

  const config::Reports settings_;
  std::unique_ptr<store::Store> store_;
  const std::string key_;
};

}  // namespace assay::cli
