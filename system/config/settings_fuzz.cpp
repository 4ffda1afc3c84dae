#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/base/utf8.h"
#include "system/config/options.h"
#include "system/config/settings.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_problems(const std::vector<assay::config::Problem>& problems, std::size_t octets) {
  require(!problems.empty() && problems.size() <= 101);
  for (const auto& problem : problems) {
    require(!problem.what.empty() && assay::utf8::is_harmless(problem.what));
    require(problem.place.line <= octets + 1 && problem.place.column <= octets + 2);
  }
}

}  // namespace

/// What is accepted survives writing and reading again; what is refused is refused with words that
/// a terminal may show.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto settings = assay::config::parse_settings(text);
  if (!settings) {
    require_problems(settings.error(), size);
    return 0;
  }
  const std::string written = assay::config::to_toml(*settings);
  const auto again = assay::config::parse_settings(written);
  require(again.has_value() && assay::config::to_toml(*again) == written);
  return 0;
}
