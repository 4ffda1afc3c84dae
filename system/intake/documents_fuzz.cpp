#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/archive/unpack.h"
#include "assay/base/base64.h"
#include "system/intake/documents.h"

namespace {

using namespace assay;
using namespace assay::intake;

/// The kinds and beginnings of all documents that may be reports.
std::string documents(std::string_view octets, bool& damaged) {
  std::string all;
  DocumentLimits limits;
  limits.unpack.expanded = 1U << 20;
  const Findings findings = for_each_document(
      octets,
      [&](const std::string&, Kind kind, const archive::Read& read) {
        std::array<char, 64> begin;
        const std::size_t size = read(begin);
        if (kind == Kind::none) return;
        all += std::to_string(static_cast<int>(kind));
        all.append(begin.data(), size);
      },
      limits);
  if (findings.size() > 100) std::abort();
  damaged = has_error(findings);
  return all;
}

}  // namespace

/// Reports in what is packed are found in base64 in a mail that does not say so; nothing that a
/// mail or an archive may be ends otherwise than with documents and findings.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  bool damaged = false;
  const std::string direct = documents(octets, damaged);
  const archive::Format format = archive::detect(octets);
  const bool packed = format == archive::Format::gzip || format == archive::Format::zip;
  if (damaged || !packed) return 0;
  const std::string mail =
      "Subject: x\r\nContent-Type: text/plain\r\n\r\nHere:\r\n" + base64::encode(octets) + "\r\n";
  const std::string pasted = documents(mail, damaged);
  if (!damaged && pasted.empty() && !direct.empty()) std::abort();
  return 0;
}
