#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/base/ascii.h"
#include "system/ops/detail/http_request.h"

/// A path is printable and from the request; octets that come later never change what was read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using assay::ops::HttpRequest;
  const std::string octets(reinterpret_cast<const char*>(data), size);
  const HttpRequest request = assay::ops::read_request(octets);
  for (const char c : request.path) {
    if (!assay::ascii::is_graph(c) || c == '?') std::abort();
  }
  const std::string more = octets + "\r\n\r\nGET /other HTTP/1.1\r\n\r\n";
  const HttpRequest later = assay::ops::read_request(more);
  if (request.kind == HttpRequest::Kind::incomplete) return 0;
  if (later.kind != request.kind || later.path != request.path) std::abort();
  return 0;
}
