#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "assay/suffix/suffix.h"

/// The input is a list and a name behind its first NUL. The organizational domain of a name ends
/// it, stands at or one label below a suffix, and is its own organizational domain.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(input.find('\0'), input.size());
  const auto list = assay::suffix::SuffixList::parse(input.substr(0, cut));
  const auto name = assay::DomainName::parse(input.substr(std::min(cut + 1, input.size())));
  if (!list || !name) return 0;
  const assay::DomainName found = list->organizational_domain(*name);
  if (found.is_root() || !name->equal_or_below(found)) std::abort();
  if (list->organizational_domain(found) != found) std::abort();
  if (list->is_public_suffix(*name) != (found == *name && list->is_public_suffix(found))) {
    std::abort();
  }
  if (!list->is_public_suffix(found) && !list->is_public_suffix(found.parent())) std::abort();
  return 0;
}
