#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <new>

#include "assay/archive/detail/budget.h"

namespace assay::archive::detail {
namespace {

using Archive = ::archive;
using Entry = ::archive_entry;

struct Free {
  void operator()(Archive* archive) const { archive_read_free(archive); }
};

/// What systems add to an archive: of macOS folders of resources, "._" files and .DS_Store.
bool is_litter(std::string_view name) {
  const std::string_view file = name.substr(name.rfind('/') + 1);  // npos + 1 is 0
  return name.starts_with("__MACOSX/") || file.starts_with("._") || file == ".DS_Store" ||
         file == "Thumbs.db";
}

std::string name_of(Entry* entry, std::size_t number) {
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) name = archive_entry_pathname_utf8(entry);
  return name != nullptr && *name != '\0' ? name : "member " + std::to_string(number);
}

/// Octets of the member the archive stands at.
class Member {
 public:
  Member(Archive* archive, std::string path, std::uint64_t packed, Budget& budget)
      : archive_(archive), path_(std::move(path)), packed_(packed), budget_(budget) {}

  std::size_t read(std::span<char> into) {
    if (ended_ || into.empty()) return 0;
    const auto size = archive_read_data(archive_, into.data(), into.size());
    if (size < 0) {
      budget_.complain("damaged", where(path_) + "the member of the zip is damaged or cut short");
    }
    ended_ = size <= 0;
    if (ended_) return 0;
    out_ += static_cast<std::uint64_t>(size);
    ended_ = !budget_.spend(static_cast<std::size_t>(size), out_, packed_);
    return ended_ ? 0 : static_cast<std::size_t>(size);
  }

 private:
  Archive* archive_;
  std::string path_;
  std::uint64_t packed_;
  Budget& budget_;
  std::uint64_t out_ = 0;
  bool ended_ = false;
};

/// The files of an ordinary zip, without libarchive, which takes longer than reading a report.
void visit_plain(std::vector<PlainMember> members, std::string_view packed, const std::string& path,
                 Budget& budget,
                 const std::function<bool(const std::string& path, const Read& read)>& visit) {
  std::size_t number = 0;
  for (PlainMember& member : members) {
    ++number;
    if (member.name.ends_with('/') || is_litter(member.name)) continue;
    if (!budget.open_member()) return;
    const std::string name =
        member.name.empty() ? "member " + std::to_string(number) : std::string(member.name);
    const std::string inside = path.empty() ? name : path + "/" + name;
    if (!visit(inside, read_expanded(std::move(member.text), packed.size(), budget))) return;
  }
}

using OpenArchive = std::unique_ptr<Archive, Free>;

OpenArchive new_archive() {
  OpenArchive archive(archive_read_new());
  if (!archive) throw std::bad_alloc();
  archive_read_support_format_zip(archive.get());
  return archive;
}

/// Where libarchive stands in a Source.
struct Reading {
  const Source& source;
  std::uint64_t at = 0;
  std::array<char, 65'536> block = {};
};

la_ssize_t read_block(Archive* /*archive*/, void* data, const void** buffer) {
  auto& reading = *static_cast<Reading*>(data);
  const std::size_t size = read_full(reading.source, reading.at, reading.block);
  reading.at += size;
  *buffer = reading.block.data();
  return static_cast<la_ssize_t>(size);
}

la_int64_t seek_to(Archive* /*archive*/, void* data, la_int64_t offset, int whence) {
  auto& reading = *static_cast<Reading*>(data);
  const auto size = static_cast<la_int64_t>(reading.source.size);
  const la_int64_t from = whence == SEEK_END   ? size
                          : whence == SEEK_CUR ? static_cast<la_int64_t>(reading.at)
                                               : 0;
  // Both are below the size of a file, so that their sum is no overflow.
  const la_int64_t to = std::clamp(from + std::clamp(offset, -size, size), la_int64_t{0}, size);
  reading.at = static_cast<std::uint64_t>(to);
  return to;
}

struct Opened {
  OpenArchive archive;
  std::uint64_t size;  ///< octets, packed
  int result;          ///< of opening it
};

/// Each file of an archive.
void visit_all(const Opened& opened, const std::string& path, Budget& budget,
               const std::function<bool(const std::string& path, const Read& read)>& visit) {
  std::size_t number = 0;
  int result = opened.result;
  while (result >= ARCHIVE_WARN) {
    Entry* entry = nullptr;
    result = archive_read_next_header(opened.archive.get(), &entry);
    if (result == ARCHIVE_EOF) return;
    if (result < ARCHIVE_WARN) break;
    const std::string name = name_of(entry, ++number);
    const mode_t type = archive_entry_filetype(entry);
    if ((type != AE_IFREG && type != 0) || name.ends_with('/') || is_litter(name)) continue;
    if (!budget.open_member()) return;
    const std::string inside = path.empty() ? name : path + "/" + name;
    if (archive_entry_is_encrypted(entry) != 0) {
      budget.complain("encrypted", where(inside) + "the member of the zip is encrypted");
      continue;
    }
    Member member(opened.archive.get(), inside, opened.size, budget);
    if (!visit(inside, [&member](std::span<char> into) { return member.read(into); })) return;
  }
  budget.complain("damaged", where(path) + "the zip is damaged or cut short");
}

}  // namespace

void for_each_zip_member(
    std::string_view packed, const std::string& path, Budget& budget,
    const std::function<bool(const std::string& path, const Read& read)>& visit) {
  if (auto members = plain_members(packed, budget.limits)) {
    visit_plain(std::move(*members), packed, path, budget, visit);
    return;
  }
  Opened opened{.archive = new_archive(), .size = packed.size(), .result = 0};
  opened.result = archive_read_open_memory(opened.archive.get(), packed.data(), packed.size());
  visit_all(opened, path, budget, visit);
}

void for_each_zip_member(
    const Source& packed, const std::string& path, Budget& budget,
    const std::function<bool(const std::string& path, const Read& read)>& visit) {
  Opened opened{.archive = new_archive(), .size = packed.size, .result = 0};
  Reading reading{.source = packed};
  archive_read_set_read_callback(opened.archive.get(), read_block);
  archive_read_set_seek_callback(opened.archive.get(), seek_to);
  archive_read_set_callback_data(opened.archive.get(), &reading);
  opened.result = archive_read_open1(opened.archive.get());
  visit_all(opened, path, budget, visit);
}

}  // namespace assay::archive::detail
