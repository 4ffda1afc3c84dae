#include "assay/mail/line_ends.h"

namespace assay::mail {

std::string to_crlf(std::string_view text) {
  std::string converted;
  converted.reserve(text.size() + text.size() / 32);
  while (!text.empty()) {
    const std::size_t end = text.find_first_of("\r\n");
    converted += text.substr(0, end);
    if (end == std::string_view::npos) break;
    converted += "\r\n";
    text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  }
  return converted;
}

}  // namespace assay::mail
