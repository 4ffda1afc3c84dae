#include "bin/journal_files.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "assay/base/try.h"

namespace assay::cli {

Expected<std::vector<std::string>> find_journals(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    auto found = journal::journal_files(path);
    if (!found) {
      return fail(Status::no_input, found.error().what + "; give a journal file or folder");
    }
    std::ranges::move(*found, std::back_inserter(files));
  }
  return files;
}

Expected<journal::Reader> open_journal(std::string& path) {
  constexpr std::string_view being_written = ".part";
  auto reader = journal::Reader::open(path);
  if (!reader && path.ends_with(being_written)) {
    const std::string complete = path.substr(0, path.size() - being_written.size());
    if (auto renamed = journal::Reader::open(complete)) {
      path = complete;
      return std::move(*renamed);
    }
  }
  if (!reader) return fail(Status::no_input, reader.error().what);
  return std::move(*reader);
}

Expected<> for_each_line(const std::vector<std::string>& paths, const OnLine& on_line) {
  ASSAY_TRY(files, find_journals(paths));
  for (std::string& path : files) {
    ASSAY_TRY(reader, open_journal(path));
    while (const auto line = reader.next()) {
      if (auto done = on_line(path, *line); !done) return done;
    }
  }
  return {};
}

}  // namespace assay::cli
