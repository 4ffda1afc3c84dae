#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "system/analysis/catalogue.h"

/// Every domain that a service was read with finds a service that names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using assay::analysis::Catalogue;
  Catalogue catalogue;
  const auto done = catalogue.read({reinterpret_cast<const char*>(data), size});
  if (!done && !catalogue.services().empty()) std::abort();
  for (const auto& service : catalogue.services()) {
    if (service.source.empty()) std::abort();
    for (const auto& domain : service.dkim) {
      if (catalogue.by_dkim("a." + domain) == nullptr) std::abort();
    }
    if (catalogue.by_name(service.name) == nullptr) std::abort();
  }
  return 0;
}
