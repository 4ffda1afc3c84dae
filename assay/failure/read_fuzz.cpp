#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/failure/read.h"
#include "assay/failure/write.h"

/// Whatever was read is a report that can be written, and is read again as it was written; and what
/// was written holds no octet that mail cannot.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::failure;
  const Read first = read(std::string(reinterpret_cast<const char*>(data), size));
  if (!first.report) return 0;
  const Report report = normalized(*first.report);
  if (normalized(report) != report) std::abort();
  const std::string mail = write(
      *first.report,
      {.from_address = "dmarc@receiver.example", .to = {"ruf@example.com"}, .date = {}, .id = "1"});
  std::size_t line = 0;
  for (const char c : mail) {
    line = c == '\n' ? 0 : line + 1;
    if (line > 999 || c == '\0') std::abort();
  }
  if (read(mail).report != report) std::abort();
  return 0;
}
