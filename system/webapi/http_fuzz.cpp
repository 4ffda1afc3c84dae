/// Targets, cookies and hosts: what is accepted holds what it promises.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "system/webapi/http.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::webapi;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = parse_target(text)) {
    require(text.starts_with('/'));
    for (const std::string& segment : target->path) {
      require(!segment.empty() && segment != "." && segment != ".." &&
              segment.find('\0') == segment.npos);
    }
    require(target->value("\x01never").empty());
  }
  if (const auto value = cookie(text, "assay_session")) {
    require(value->find(';') == value->npos && text.find("assay_session=") != text.npos);
  }
  if (const auto host = host_of(text)) {
    require(!host->empty() && host->find_first_of("/@ \r\n") == host->npos);
    require(std::ranges::none_of(*host, [](char c) { return c >= 'A' && c <= 'Z'; }));
  }
  return 0;
}
