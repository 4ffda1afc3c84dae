#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "system/places/mmdb.h"

/// The first octets are an address, the rest is a file. A text that is found lies within the file,
/// and to ask twice is to be told the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  if (size < 16) return 0;
  std::array<std::uint8_t, 16> octets = {};
  std::copy_n(data, octets.size(), octets.begin());
  const std::string text(reinterpret_cast<const char*>(data) + 16, size - 16);
  const auto file = places::Mmdb::read(text);
  if (!file) return 0;
  for (const IpAddress& each :
       {IpAddress::from_v6(octets), IpAddress::from_v4({octets[0], octets[1], octets[2], 1})}) {
    const auto record = file->find(each);
    if (!record) continue;
    const auto country = record->text({"country", "iso_code"});
    if (country && text.find(*country) == std::string::npos) std::abort();
    if (country != file->find(each)->text({"country", "iso_code"})) std::abort();
    record->number({"autonomous_system_number"});
    record->text({"as_name"});
  }
  return 0;
}
