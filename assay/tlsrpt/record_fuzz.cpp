#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/tlsrpt/record.h"

/// What was read and written again reads as the same; every destination of one kind or none.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::tlsrpt;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto record = parse_record(text);
  if (!record) {
    if (record.error().at > text.size() || record.error().what.empty()) std::abort();
    return 0;
  }
  if (!is_tlsrpt_record(text) || record->rua.empty()) std::abort();
  const auto again = parse_record(to_text(*record));
  if (!again || again->rua.size() != record->rua.size()) std::abort();
  if (to_text(*again) != to_text(*record)) std::abort();
  for (const Destination& destination : record->rua) {
    if (!destination.address.empty() && !destination.supported) std::abort();
  }
  return 0;
}
