#include "system/places/places.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "assay/base/ascii.h"
#include "assay/base/try.h"

namespace assay::places {
namespace {

constexpr std::size_t max_name = 120;

std::unexpected<Finding> refuse(const std::string& path, const std::string& why) {
  return std::unexpected(
      Finding{.code = "places_file", .what = ascii::printable(path) + ": " + why});
}

std::string system_words(int error) {
  return std::strerror(error);  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

/// At most so many octets, whole characters of UTF-8.
std::string bounded(std::string_view name) {
  if (name.size() <= max_name) return std::string(name);
  std::size_t end = max_name;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80U) --end;
  return std::string(name.substr(0, end));
}

/// "AS64500" or "64500".
std::uint32_t as_number_of(std::string_view text) {
  if (text.starts_with("AS") || text.starts_with("as")) text.remove_prefix(2);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

/// The names that makers of such files use.
void read_as(const MmdbRecord& record, Place& place) {
  if (const auto number = record.number({"autonomous_system_number"});
      number && *number <= UINT32_MAX) {
    place.as_number = static_cast<std::uint32_t>(*number);
  } else if (const auto text = record.text({"asn"})) {
    place.as_number = as_number_of(*text);
  }
  for (const std::string_view name : {"autonomous_system_organization", "as_name", "name"}) {
    if (const auto text = record.text({name}); text && place.as_name.empty())
      place.as_name = bounded(*text);
  }
}

void read_country(const MmdbRecord& record, Place& place) {
  for (const auto& found :
       {record.text({"country", "iso_code"}), record.text({"country_code"}),
        record.text({"country"}), record.text({"registered_country", "iso_code"})}) {
    const bool is_code = found && found->size() == 2 && ascii::is_alpha(found->front()) &&
                         ascii::is_alpha(found->back());
    if (!is_code) continue;
    place.country = *found;
    for (char& each : place.country) each = static_cast<char>(each & ~0x20);
    return;
  }
}

}  // namespace

std::optional<Places::Stamp> Places::stamp_of(const std::string& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  constexpr std::int64_t second = 1'000'000'000;
  return Stamp{.path = path,
               .device = found.st_dev,
               .inode = found.st_ino,
               .size = found.st_size,
               .changed = found.st_mtim.tv_sec * second + found.st_mtim.tv_nsec};
}

std::expected<std::shared_ptr<const Mmdb>, Finding> Places::read(const std::string& path,
                                                                 Stamp& stamp) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return refuse(path, "cannot be read: " + system_words(errno));
  struct stat found = {};
  const bool is_file = ::fstat(file, &found) == 0 && S_ISREG(found.st_mode);
  const bool fits = is_file && static_cast<std::uint64_t>(found.st_size) <= max_octets;
  std::string octets(fits ? static_cast<std::size_t>(found.st_size) : 0, '\0');
  // Read, not mapped: a file that somebody shortens must not take the program with it.
  std::size_t size = 0;
  ssize_t part = 1;
  while (size < octets.size() && part > 0) {
    part = ::read(file, octets.data() + size, octets.size() - size);
    if (part > 0) size += static_cast<std::size_t>(part);
  }
  const int error = part < 0 ? errno : 0;
  ::close(file);
  if (!is_file) return refuse(path, "is no file");
  if (!fits) return refuse(path, "is larger than 512 MiB");
  if (error != 0) return refuse(path, "cannot be read: " + system_words(error));
  octets.resize(size);
  auto mmdb = Mmdb::read(std::move(octets));
  if (!mmdb) return refuse(path, mmdb.error().what);
  stamp = stamp_of(path).value_or(Stamp{.path = path});
  return std::make_shared<const Mmdb>(std::move(*mmdb));
}

std::expected<Places, Finding> Places::open(const Files& files) {
  Places places;
  if (!files.as_numbers.empty()) {
    ASSAY_TRY(mmdb, read(files.as_numbers, places.as_stamp_));
    places.as_numbers_ = std::move(mmdb);
  }
  if (!files.countries.empty() && files.countries == files.as_numbers) {
    places.countries_ = places.as_numbers_;
    places.country_stamp_ = places.as_stamp_;
  } else if (!files.countries.empty()) {
    ASSAY_TRY(mmdb, read(files.countries, places.country_stamp_));
    places.countries_ = std::move(mmdb);
  }
  return places;
}

Place Places::find(const IpAddress& address) const {
  Place place;
  if (as_numbers_ != nullptr) {
    if (const auto record = as_numbers_->find(address)) read_as(*record, place);
  }
  if (countries_ != nullptr) {
    if (const auto record = countries_->find(address)) read_country(*record, place);
  }
  return place;
}

bool Places::is_stale() const {
  return std::ranges::any_of(std::array{as_stamp_, country_stamp_}, [](const Stamp& each) {
    return !each.path.empty() && stamp_of(each.path) != each;
  });
}

}  // namespace assay::places
