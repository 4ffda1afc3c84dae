#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/failure/redact.h"

/// Whatever stands around an address, its local-part is not shown; text without addresses stays as
/// it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::failure;
  const std::string octets(reinterpret_cast<const char*>(data), size);
  const Redactor redactor("0123456789abcdef", "example.com");
  const std::string text = redactor.text(octets + " <private.person@d.example>" + octets);
  if (text.contains("private.person") && !octets.contains("private")) std::abort();
  if (!octets.contains('@') && !octets.contains("%40") && redactor.text(octets) != octets) {
    std::abort();
  }
  const Original original{OriginalForm::message,
                          octets + "\r\nTo: \"private\" <person@d.example>\r\n\r\n" + octets};
  const Report shown = redact({.original = original}, redactor, {.bodies = Bodies::text});
  const Report header = redact({.original = original}, redactor);
  if (header.original.form != OriginalForm::headers) std::abort();
  for (const std::string* out : {&shown.original.octets, &header.original.octets}) {
    if (out->contains("person@d.example") && !octets.contains("person")) std::abort();
  }
  return 0;
}
