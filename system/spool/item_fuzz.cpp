#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/failure/write.h"
#include "system/spool/item.h"

/// Whatever is taken for an item survives being written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::spool;
  const auto item = parse_item(std::string(reinterpret_cast<const char*>(data), size));
  if (!item) return 0;
  Item written = *item;
  written.report = assay::failure::normalized(written.report);
  const auto again = parse_item(to_text(*item));
  if (!again || *again != written) std::abort();
  return 0;
}
