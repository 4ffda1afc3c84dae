#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "system/analysis/marks.h"

/// What is read as marks is written and read as the same marks.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace analysis = assay::analysis;
  const auto marks = analysis::read_marks({reinterpret_cast<const char*>(data), size});
  if (!marks) return 0;
  for (const analysis::Mark& each : marks->all) {
    const std::string line = analysis::to_line(each);
    if (line.find('\n') != line.size() - 1) std::abort();
    const auto again = analysis::parse_mark(line);
    if (!again || *again != each) std::abort();
  }
  return 0;
}
