#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_labels(const assay::DomainName& name) {
  require(!name.is_root() && name.text().size() <= 253);
  for (const std::string_view label : assay::ascii::split(name.text(), '.')) {
    require(!label.empty() && label.size() <= 63);
  }
  require(name.suffix(name.label_count() - 1) == name.parent());
  require(name.equal_or_below(name.parent()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto name = assay::DomainName::parse(text)) {
    check_labels(*name);
    require(assay::DomainName::parse(name->text()) == *name);
    require(assay::DomainName::parse(name->text() + ".") == *name);
  }
  if (const auto name = assay::to_a_labels(text)) {
    check_labels(*name);
    require(assay::to_a_labels(name->text()) == *name);
    // What people read is the same name.
    require(assay::to_a_labels(assay::to_u_labels(*name)) == *name);
  }
  return 0;
}
