#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "system/analysis/failures.h"
#include "system/analysis/overrides.h"

/// Seals come in order, each instance once; written in the form of RFC 8617 they are read the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace analysis = assay::analysis;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string safe = analysis::defang(text);
  if (analysis::subject_pattern(text).size() > 100) std::abort();
  if (safe.find("http") == 0) std::abort();
  const auto arc = analysis::parse_arc_comment(text);
  if (!arc) return 0;
  std::string written = "arc=" + arc->result;
  unsigned last = 51;
  for (const auto& seal : arc->seals) {
    if (seal.instance >= last || seal.instance == 0) std::abort();
    last = seal.instance;
    const std::string key = " as[" + std::to_string(seal.instance) + "].";
    if (!seal.domain.empty()) written += key + "d=" + seal.domain;
    if (!seal.selector.empty()) written += key + "s=" + seal.selector;
  }
  for (const auto& ip : arc->remote_ips) written += " remote-ip[1]=" + ip;
  const auto again = analysis::parse_arc_comment(written);
  if (!again || *again != *arc) std::abort();
  return 0;
}
