#pragma once

#include <curl/curl.h>

namespace assay::reporting::detail {

/// libcurl is to be made ready once in a process.
inline void prepare_curl() {
  static const CURLcode done = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(done);
}

}  // namespace assay::reporting::detail
