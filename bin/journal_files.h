#pragma once

#include <functional>
#include <string>
#include <vector>

#include "system/journal/reader.h"

#include "bin/failure.h"

namespace assay::cli {

/// The journal files that are meant: files as they are named, folders as the files in them, in the
/// order of time. Errors: no_input.
Expected<std::vector<std::string>> find_journals(const std::vector<std::string>& paths);

/// Opens a file that was found. One that its writer has completed since is opened under its final
/// name, which `path` then is. Errors: no_input.
Expected<journal::Reader> open_journal(std::string& path);

/// A line, good or broken, with the path of its file.
using OnLine = std::function<Expected<>(const std::string& path, const journal::Line& line)>;

/// Hands over every line of all files that are meant; ends with the first error, its own or that
/// of `on_line`.
Expected<> for_each_line(const std::vector<std::string>& paths, const OnLine& on_line);

}  // namespace assay::cli
