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
  std::string again(uri->scheme);
  again += ':';
  if (uri->authority) again += "//" + std::string(*uri->authority);
  again += uri->path;
  if (uri->query) again += "?" + std::string(*uri->query);
  if (uri->fragment) again += "#" + std::string(*uri->fragment);
  if (again != text) std::abort();
  const auto address = assay::mailto_address(*uri);
  if (!address) return 0;
  for (const char c : *address) {
    if (c != ' ' && !assay::ascii::is_graph(c)) std::abort();
  }
  return 0;
}
