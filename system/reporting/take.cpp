#include "system/reporting/take.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "assay/base/try.h"
#include "system/journal/line.h"
#include "system/journal/reader.h"

namespace assay::reporting {
namespace {

/// The name that a file keeps while it is written, completed and shipped: that of its host, the
/// start of its writer and its hour (docs/journal.md).
std::string identity_of(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  constexpr std::string_view being_written = ".part";
  if (path.ends_with(being_written)) path.remove_suffix(being_written.size());
  return std::string(path);
}

std::uint64_t size_of(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

/// What one look has gathered so far.
struct Taker::Part {
  std::vector<store::Batch> batches = {};
  std::size_t lines_left = 0;
};

std::expected<std::uint64_t, Finding> Taker::offset_of(const std::string& identity) {
  const auto known = offsets_.find(identity);
  if (known != offsets_.end()) return known->second;
  ASSAY_TRY(offset, store_.offset_of(identity));
  offsets_[identity] = offset;
  return offset;
}

/// False for a line that cannot be read.
bool Taker::take_line(std::string_view line, store::Batch& batch, Taken& taken) {
  if (journal::EntryView entry; journal::view_line(line, entry)) {
    take_entry(entry, batch, taken);
    return true;
  }
  const auto entry = journal::parse_line(line);
  if (entry) take_entry(*entry, batch, taken);
  return entry.has_value();
}

template <class Entry>
void Taker::take_entry(const Entry& entry, store::Batch& batch, Taken& taken) {
  const auto time = std::chrono::floor<std::chrono::seconds>(entry.time);
  Contribution contribution = contribution_of(entry, options_.leaving, configurations_);
  ++taken.by_kind[static_cast<std::size_t>(contribution.reportable)];
  for (std::string& name : contribution.correspondents) {
    batch.correspondents.emplace_back(std::move(name), time);
  }
  if (contribution.reportable != Reportable::yes) return;
  contribution.evaluation.time = counted_at(contribution.evaluation.time, options_.period);
  batch.evaluations.push_back(std::move(contribution.evaluation));
}

/// False where the look has taken as much as it may.
bool Taker::take_file(const std::string& path, Part& part, Taken& taken) {
  const std::string identity = identity_of(path);
  const std::uint64_t from = offsets_[identity];
  if (size_of(path) <= from) return true;
  auto reader = journal::Reader::open(path, from);
  if (!reader) {
    taken.findings.push_back(reader.error());
    return true;
  }
  store::Batch batch{.source = {.identity = identity, .from = from}};
  while (part.lines_left > 0) {
    const auto line = reader->next_text();
    if (!line) break;
    --part.lines_left;
    ++taken.lines;
    if (line->broken || !take_line(line->text, batch, taken)) ++taken.broken;
  }
  batch.source.to = reader->at();
  if (batch.source.to > from) part.batches.push_back(std::move(batch));
  return part.lines_left > 0;
}

std::expected<Taken, Finding> Taker::look(store::Instant now) {
  Taken taken;
  const auto files = journal::journal_files(options_.folder);
  if (!files) {
    taken.findings.push_back(files.error());
    return taken;
  }
  Part part{.lines_left = options_.max_lines};
  for (const std::string& path : *files) {
    ASSAY_TRY(offset, offset_of(identity_of(path)));
    static_cast<void>(offset);
    if (take_file(path, part, taken)) continue;
    taken.more = true;
    break;
  }
  if (part.batches.empty()) return taken;
  auto added = store_.add(part.batches, now);
  if (!added) {
    offsets_.clear();  // another process may have been quicker: ask anew
    return std::unexpected(std::move(added.error()));
  }
  for (const store::Batch& batch : part.batches) offsets_[batch.source.identity] = batch.source.to;
  taken.evaluations = added->evaluations;
  return taken;
}

}  // namespace assay::reporting
