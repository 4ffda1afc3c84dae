#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "system/webapi/http.h"

namespace assay::webapi {

/// The built pages from a folder. A path that is no file is answered with index.html, since the
/// pages route in the browser; below assets/, where names tell contents, it is not there. Only
/// regular files within the folder are served. Thread-safe.
class StaticFiles {
 public:
  explicit StaticFiles(std::string folder) : folder_(std::move(folder)) {}

  /// Answers GET and HEAD. Where there is no index.html: a page that says how to get it.
  Response answer(const Request& request);

 private:
  struct Kept {
    long long seconds = 0;
    long long nanoseconds = 0;
    std::size_t size = 0;
    std::string tag = {};
  };
  bool read(const std::string& path, std::string& octets, std::string& tag);
  std::string tag_of(const std::string& path, const Kept& stamp, std::string_view octets);

  std::string folder_;
  std::mutex mutex_ = {};
  std::map<std::string, Kept, std::less<>> tags_ = {};
};

}  // namespace assay::webapi
