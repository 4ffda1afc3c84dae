#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "assay/dkim/sign.h"
#include "system/config/settings.h"
#include "system/reporting/build.h"
#include "system/reporting/deliver.h"
#include "system/store/store.h"

#include "bin/failure.h"

/// What the reports role and the commands about reports have in common.
namespace assay::cli {

/// The Store of a configuration, <data>/store.sqlite. Errors: io, bad_data.
Expected<std::unique_ptr<store::Store>> open_store(const config::Settings& settings);
std::string store_path(const config::Settings& settings);

/// Turns a finding of the Store into an error of a command.
Failure store_failure(const Finding& finding);

reporting::Reporter reporter_of(const config::Reports& settings);

/// Nothing where reports are not signed here. Errors: no_input, bad_data.
Expected<std::optional<dkim::Signer>> signer_of(const config::Reports& settings);

/// Who sends: a deliverer with all that it needs.
class Outgate {
 public:
  /// `store` outlives it. Errors: those of signer_of; no_input for the password.
  static Expected<std::unique_ptr<Outgate>> open(const config::Settings& settings,
                                                 store::Store& store);
  reporting::Deliverer& deliverer() { return *deliverer_; }

 private:
  Outgate() = default;
  std::optional<dkim::Signer> signer_ = {};
  std::unique_ptr<reporting::Deliverer> deliverer_ = {};
};

}  // namespace assay::cli
