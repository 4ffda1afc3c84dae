// Octets as a chunk: whatever is read from them is written again as the same records.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "system/store/packed_records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  store::ChunkReader reader({reinterpret_cast<const char*>(data), size});
  store::PackedRecord packed;
  std::vector<aggregate::Record> records;
  store::PackedRecords again;
  while (records.size() < 1'000 && reader.next(packed)) {
    records.push_back(reader.record(packed));
    again.add(records.back());
  }
  again.finish();
  std::size_t at = 0;
  for (const std::string& chunk : again.chunks()) {
    store::ChunkReader second(chunk);
    while (second.next(packed)) {
      if (at == records.size() || second.record(packed) != records[at++]) std::abort();
    }
    if (second.broken()) std::abort();
  }
  if (at != records.size()) std::abort();
  return 0;
}
