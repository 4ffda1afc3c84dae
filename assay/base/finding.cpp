#include "assay/base/finding.h"

namespace assay {

std::string_view to_text(Level level) {
  switch (level) {
    case Level::error:
      return "error";
    case Level::warning:
      return "warning";
    case Level::info:
      return "info";
  }
  return "";
}

}  // namespace assay
