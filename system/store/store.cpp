#include "system/store/store.h"

#include <utility>

#include "assay/base/try.h"

namespace assay::store {

Expected<std::vector<Counted>> unreported(Store& store, std::string_view policy_domain,
                                          const Cut& cut) {
  ASSAY_TRY(found, store.configurations(policy_domain, cut));
  for (Counted& counted : found) {
    const auto keep = [&](const aggregate::Record& record) {
      counted.records.push_back(record);
      return true;
    };
    if (auto shown = store.each_record(counted.id, cut, keep); !shown) {
      return std::unexpected(std::move(shown.error()));
    }
  }
  return std::move(found);
}

}  // namespace assay::store
