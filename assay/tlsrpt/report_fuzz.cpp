#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "assay/tlsrpt/detail/text.h"
#include "assay/tlsrpt/read.h"
#include "assay/tlsrpt/write.h"

#include <nlohmann/json.hpp>

/// Whatever was read is written as JSON that reads as the same report, with nothing to repair in
/// its form. What is JSON needs no mending.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::tlsrpt;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Reading first = read_json(text);
  // A NUL ends the text for the library.
  const bool is_json = !text.contains('\0') && nlohmann::json::accept(text);
  if (is_json && detail::mended(text) != text) std::abort();
  if (first.findings.size() > 100) std::abort();
  if (first.error) {
    if (first.error->what.empty()) std::abort();
    return 0;
  }
  const Reading again = read_json(write_json(first.report));
  if (again.error || again.report != first.report || again.sessions != first.sessions) std::abort();
  for (const assay::Finding& finding : again.findings) {
    for (const std::string_view form :
         {"repeated", "case", "null", "bad_type", "bad_number", "bad_time", "unknown_member",
          "too_long", "too_many", "not_utf8", "bad_json", "u_label", "cut_short", "trailing"}) {
      if (finding.code == form) std::abort();
    }
  }
  return 0;
}
