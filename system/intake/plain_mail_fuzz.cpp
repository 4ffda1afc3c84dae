#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "system/intake/plain_mail.h"

/// What the fast reader says of a mail is what GMime says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::intake;
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const auto plain = read_plain_mail(octets);
  const MailParts whole = read_mail_by_gmime(octets);
  if (!plain) return 0;
  if (plain->report_type != whole.report_type || plain->parts != whole.parts) std::abort();
  return 0;
}
