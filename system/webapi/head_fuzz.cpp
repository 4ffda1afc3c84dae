/// A head that is accepted, written and read again says the same, and nothing in it ends a line
/// early.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "system/webapi/head.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::webapi;
  const auto head = read_head({reinterpret_cast<const char*>(data), size});
  if (!head) {
    require(head.error().status >= 400 && head.error().status < 600);
    return 0;
  }
  require(head->fields.size() <= max_fields && head->target.starts_with('/'));
  require(!(head->chunked && head->fields.contains("content-length")));
  for (const auto& [name, value] : head->fields) {
    require(name.find_first_of("\r\n: ") == name.npos && value.find_first_of("\r\n") == value.npos);
  }
  const auto again = read_head(write_head(*head));
  require(again.has_value());
  require(again->method == head->method && again->target == head->target);
  require(again->length == head->length && again->chunked == head->chunked);
  return 0;
}
