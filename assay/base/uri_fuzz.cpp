#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/base/ascii.h"
#include "assay/base/uri.h"

/// The parts of an accepted URI, put together again, are its text (RFC 3986 §5.3); an address is
/// printable ASCII with one domain.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto uri = assay::parse_uri(text);
  if (!uri) {
    if (uri.error().at > text.size()) std::abort();
    return 0;
  }
  const assay::Uri& parts = *uri;
  std::string again(parts.scheme);
  again += ':';
  if (parts.authority) again.append("//").append(*parts.authority);
  again += parts.path;
  if (parts.query) again.append("?").append(*parts.query);
  if (parts.fragment) again.append("#").append(*parts.fragment);
  if (again != text) std::abort();
  const auto address = assay::mailto_address(parts);
  if (!address) return 0;
  for (const char c : *address) {
    if (c != ' ' && !assay::ascii::is_graph(c)) std::abort();
  }
  return 0;
}
