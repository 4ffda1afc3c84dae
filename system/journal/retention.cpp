#include "system/journal/detail/retention.h"

#include <dirent.h>

#include <chrono>
#include <memory>
#include <vector>

#include "system/journal/detail/files.h"
#include "system/journal/time_text.h"

namespace assay::journal {

std::optional<Time> hour_of_file(std::string_view name) {
  if (name.ends_with(damaged_suffix)) name.remove_suffix(damaged_suffix.size());
  if (!name.ends_with(complete_suffix)) return std::nullopt;
  name.remove_suffix(complete_suffix.size());
  const std::size_t hyphen = name.rfind('-');
  if (hyphen == std::string_view::npos) return std::nullopt;
  // YYYYMMDDTHH, and _2 where a clock was put back.
  const std::string_view hour = name.substr(hyphen + 1);
  if (hour.size() < 11 || (hour.size() > 11 && hour[11] != '_')) return std::nullopt;
  std::string text(hour.substr(0, 4));
  text.append("-").append(hour.substr(4, 2)).append("-").append(hour.substr(6, 5));
  return parse_time(text + ":00:00Z");
}

Expired remove_files_before(const std::string& folder, Time limit, Disk& disk) {
  Expired expired;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), ::closedir);
  if (!listing) return expired;
  std::vector<std::string> old;
  while (const dirent* each = ::readdir(listing.get())) {  // NOLINT(concurrency-mt-unsafe)
    const auto hour = hour_of_file(each->d_name);
    if (hour && *hour + std::chrono::hours{1} < limit) old.emplace_back(each->d_name);
  }
  for (const std::string& name : old) {
    const std::string path = folder + "/" + name;
    if (disk.remove(path) == 0) {
      ++expired.files;
    } else if (!expired.error) {
      expired.error = disk_finding(path, "cannot be removed");
    }
  }
  return expired;
}

}  // namespace assay::journal
