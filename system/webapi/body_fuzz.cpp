/// A body is either refused with a reason, or holds no member that nobody asked for.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "system/webapi/detail/call.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::webapi;
  Members members({reinterpret_cast<const char*>(data), size}, {"name", "groups", "days"});
  const auto name = members.maybe_text("name");
  const auto groups = members.texts("groups");
  const auto days = members.number("days");
  if (!members.trouble().empty()) return 0;
  require(members.names().size() <= 3);
  require(days == 0 || data[0] != '[');
  require(!name || name->size() <= size);
  require(!groups || groups->size() <= size);
  return 0;
}
