#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/suffix/suffix.h"
#include "system/analysis/analysis.h"
#include "system/analysis/own_mail.h"
#include "system/config/settings.h"
#include "system/places/places.h"

#include "bin/dns_source.h"
#include "bin/failure.h"

/// What the commands about received reports have in common: catalogue, marks.
namespace assay::cli {

/// The services that are known: those installed with the program, then <data>/services.txt where it
/// is there, then `files`. Errors: no_input, bad_data.
Expected<analysis::Catalogue> read_catalogue(const config::Settings& settings,
                                             const std::vector<std::string>& files);

/// Which domains belong together, by the public suffix list; each by itself where there is none.
class Organizations {
 public:
  /// `file`: empty for the installed list, or else the one that is built in.
  explicit Organizations(std::string file) : source_(std::move(file)) {}
  /// Errors, where the list is required: those of reading it.
  Expected<> open(bool required);
  std::string of(std::string_view domain) const;

 private:
  SuffixSource source_;
  const suffix::SuffixList* list_ = nullptr;
};

/// Whether the answer needs a resolver.
bool asks_dns(const analysis::Ask& ask);

/// The answer from this host's own journals: those named, or else those of the configuration.
Expected<analysis::Document> answer_received(const analysis::Ask& ask,
                                             std::vector<std::string> journals,
                                             const config::Settings& settings);

/// <data>/marks.jsonl, unless `path` names another.
std::string marks_path(const config::Settings& settings, const std::string& path);

/// No marks where there is no file. Errors: bad_data for a line that cannot be read; io.
Expected<analysis::Marks> read_marks_file(const std::string& path);

/// The files of [insight]; nothing where there are none. Errors: bad_data.
Expected<std::optional<places::Places>> open_places(const config::Settings& settings);

/// What journals tell of mail that own users sent as a domain: the latest 16 MiB of them. Nothing
/// where there is no journal. `paths`: other journals than those of the configuration. Errors:
/// no_input for a journal that was named and is not there.
Expected<std::optional<analysis::OwnMail>> read_own_mail(const config::Settings& settings,
                                                         const std::vector<std::string>& paths,
                                                         std::string_view domain);

/// Adds a line, which is on the disk when it returns. Errors: io.
Expected<> append_mark(const std::string& path, const analysis::Mark& mark);

/// The name of the user who runs the program.
std::string user_name();

}  // namespace assay::cli
