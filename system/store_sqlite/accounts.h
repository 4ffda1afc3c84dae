#pragma once

#include <memory>

#include "system/accounts/accounts.h"
#include "system/store_sqlite/store_sqlite.h"

namespace assay::store_sqlite {

/// Opens the file of accounts, which is one of its own; a file of an older version is brought to
/// the present one. Errors: as for open().
Expected<std::unique_ptr<accounts::Accounts>> open_accounts(const Options& options);

}  // namespace assay::store_sqlite
