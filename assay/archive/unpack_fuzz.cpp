#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "assay/archive/gzip.h"
#include "assay/archive/unpack.h"

namespace {

std::string read_text(const assay::archive::Read& read) {
  std::string text;
  std::array<char, 4096> block;
  while (const std::size_t size = read(block)) text.append(block.data(), size);
  return text;
}

}  // namespace

/// Limits hold whatever comes; what is not held is read as what is; what is plain comes back from
/// gzip.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::archive;
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const UnpackLimits limits{.packed = 1U << 20, .expanded = 1U << 20, .members = 10, .depth = 3};
  std::size_t files = 0;
  std::size_t expanded = 0;
  std::string all;
  const auto findings = unpack(
      octets,
      [&](const std::string&, const Read& read) {
        ++files;
        const std::string text = read_text(read);
        expanded += text.size();
        all += text;
      },
      limits);
  // Zips that are not held are read by libarchive alone, which may say otherwise of a broken one.
  std::string streamed;
  const auto same = unpack(
      Source{.size = size,
             .read_at =
                 [octets](std::uint64_t at, std::span<char> into) {
                   return at < octets.size() ? octets.substr(at).copy(into.data(), into.size()) : 0;
                 }},
      {}, [&](const std::string&, const Read& read) { streamed += read_text(read); }, limits);
  if (detect(octets) != Format::zip && (streamed != all || same != findings)) std::abort();
  if (files > limits.members + 1 || expanded > limits.expanded + size) std::abort();
  if (files == 0 && findings.empty() && detect(octets) == Format::plain) std::abort();
  if (detect(octets) != Format::plain) return 0;
  std::string back;
  unpack(gzip(octets), [&](const std::string&, const Read& read) { back = read_text(read); });
  if (back != octets) std::abort();
  return 0;
}
