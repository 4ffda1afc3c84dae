#include "system/config/load.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "system/config/detail/document.h"

namespace assay::config {

namespace {

struct Close {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};

std::unexpected<std::vector<Problem>> unreadable(int error) {
  return std::unexpected(
      std::vector<Problem>{{.what = "cannot be read: " + std::generic_category().message(error)}});
}

}  // namespace

std::expected<Settings, std::vector<Problem>> load_settings(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (!file) return unreadable(errno);
  // One octet more than is permitted tells parse_settings that there is too much.
  std::string text(max_document_octets + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return unreadable(errno);
  return parse_settings(text);
}

std::string to_text(const Problem& problem, std::string_view path) {
  std::string text(path);
  if (problem.place.line > 0) {
    text += ':' + std::to_string(problem.place.line) + ':' + std::to_string(problem.place.column);
  }
  return text + ": " + problem.what;
}

}  // namespace assay::config
