#pragma once

#include <memory>
#include <string>
#include <vector>

#include "system/analysis/catalogue.h"
#include "system/analysis/marks.h"
#include "system/config/settings.h"

#include "bin/failure.h"

/// What the commands about received reports have in common: catalogue, marks.
namespace assay::cli {

/// The services that are known: those installed with the program, then <data>/services.txt where it
/// is there, then `files`. Errors: no_input, bad_data.
Expected<analysis::Catalogue> read_catalogue(const config::Settings& settings,
                                             const std::vector<std::string>& files);

/// <data>/marks.jsonl, unless `path` names another.
std::string marks_path(const config::Settings& settings, const std::string& path);

/// No marks where there is no file. Errors: bad_data for a line that cannot be read; io.
Expected<analysis::Marks> read_marks_file(const std::string& path);

/// Adds a line, which is on the disk when it returns. Errors: io.
Expected<> append_mark(const std::string& path, const analysis::Mark& mark);

}  // namespace assay::cli
