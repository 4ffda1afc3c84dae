#include "assay/base/time.h"

#include <cstdint>
#include <cstdio>
#include <utility>

#include "assay/base/ascii.h"

namespace assay {

namespace chrono = std::chrono;

std::string to_rfc3339(Instant at) {
  const auto day = chrono::floor<chrono::days>(at);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{at - day};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

namespace {

/// Takes `digits` digits and then `after` (unless NUL) from the front.
std::optional<int> take(std::string_view& text, std::size_t digits, char after) {
  const auto number = ascii::parse_number(text.substr(0, digits));
  const std::size_t length = digits + (after != 0 ? 1 : 0);
  if (!number || text.size() < length || (after != 0 && text[digits] != after)) return std::nullopt;
  text.remove_prefix(length);
  return static_cast<int>(*number);
}

/// What stands behind the seconds: an optional fraction, then Z or an offset.
std::optional<chrono::minutes> take_zone(std::string_view text) {
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    if (text.empty() || !ascii::is_digit(text.front())) return std::nullopt;
    while (!text.empty() && ascii::is_digit(text.front())) text.remove_prefix(1);
  }
  if (text == "Z" || text == "z") return chrono::minutes{0};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const bool west = text[0] == '-';
  text.remove_prefix(1);
  const auto hours = take(text, 2, ':');
  const auto minutes = hours ? take(text, 2, 0) : std::nullopt;
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const chrono::minutes offset = chrono::hours{*hours} + chrono::minutes{*minutes};
  return west ? -offset : offset;
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
  constexpr Instant last_second{chrono::seconds{253'402'300'799}};  // of the year 9999
  if (const auto seconds = ascii::parse_number(text); seconds && *seconds <= 253'402'300'799ULL) {
    return Instant{chrono::seconds{static_cast<long long>(*seconds)}};
  }
  const auto year = take(text, 4, '-');
  const auto month = year ? take(text, 2, '-') : std::nullopt;
  if (!month || text.size() < 3 || (text[2] != 'T' && text[2] != 't' && text[2] != ' ')) {
    return std::nullopt;
  }
  const auto day = take(text, 2, text[2]);
  const auto hour = day ? take(text, 2, ':') : std::nullopt;
  const auto minute = hour ? take(text, 2, ':') : std::nullopt;
  const auto second = minute ? take(text, 2, 0) : std::nullopt;
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const chrono::year_month_day date{chrono::year{*year},
                                    chrono::month{static_cast<unsigned>(*month)},
                                    chrono::day{static_cast<unsigned>(*day)}};
  const auto offset = take_zone(text);
  if (!date.ok() || !offset) return std::nullopt;
  const Instant at = chrono::sys_days{date} + chrono::hours{*hour} + chrono::minutes{*minute} +
                     chrono::seconds{*second} - *offset;
  // An offset or a leap second may lead out of the years that RFC 3339 §1 can write.
  if (at < chrono::sys_days{chrono::year{0} / 1 / 1} || at > last_second) return std::nullopt;
  return at;
}

namespace {

constexpr std::uint64_t last_loose_second = 7'258'118'399ULL;  // of the year 2199

/// "20260501" and "20260501120000" as RFC 3339; empty where that is no date.
std::string from_digits(std::string_view digits) {
  constexpr std::string_view midnight = "000000";
  if (digits.size() != 8 && digits.size() != 14) return {};
  const std::string_view time = digits.size() == 14 ? digits.substr(8) : midnight;
  const auto piece = [](std::string_view text, std::size_t at) {
    return std::string(text.substr(at, 2));
  };
  return std::string(digits.substr(0, 4)) + "-" + piece(digits, 4) + "-" + piece(digits, 6) + "T" +
         piece(time, 0) + ":" + piece(time, 2) + ":" + piece(time, 4) + "Z";
}

std::optional<Instant> from_number(std::string_view digits) {
  auto number = ascii::parse_number(digits);
  if (!number) return std::nullopt;
  if (const auto date = parse_instant(from_digits(digits))) return date;
  // As many digits as seconds have since 2001, and three more for each finer unit.
  for (std::size_t size = digits.size(); size > 10; size -= 3) {
    if (size != 13 && size != 16 && size != 19) return std::nullopt;
    *number /= 1'000;
  }
  if (*number > last_loose_second) return std::nullopt;
  return Instant{chrono::seconds{static_cast<long long>(*number)}};
}

/// Takes "UTC" or "GMT" off the end, or puts the colon into an offset: "+0200" is "+02:00".
std::string plain_zone(std::string iso) {
  for (const std::string_view zone : {"UTC", "GMT", "utc", "gmt"}) {
    if (!iso.ends_with(zone)) continue;
    iso.resize(iso.size() - zone.size());
    return iso + (iso.ends_with('Z') ? "" : "Z");
  }
  const std::size_t sign = iso.find_last_of("+-");
  const bool offset = sign != std::string::npos && sign > 10;
  if (offset && iso.size() - sign == 5 && iso.find(':', sign) == std::string::npos) {
    iso.insert(sign + 3, ":");
  } else if (offset && iso.size() - sign == 3) {
    iso += ":00";
  }
  return iso;
}

}  // namespace

std::optional<Instant> parse_loose_instant(std::string_view text) {
  constexpr std::size_t longest = 50;
  constexpr std::size_t date_size = 10;
  text = ascii::trim_fws(text);
  if (text.size() > longest) return std::nullopt;
  if (const auto number = from_number(text)) return number;
  std::string iso(text.substr(0, date_size));
  for (char& c : iso) {
    if (c == '/') c = '-';
  }
  for (const char c : text.substr(iso.size())) {
    if (c != ' ' || iso.size() == date_size) iso += iso.size() == date_size && c == ' ' ? 'T' : c;
  }
  iso = plain_zone(std::move(iso));
  for (const std::string_view more : {"", "Z", "T00:00:00Z"}) {
    const auto at = parse_instant(iso + std::string(more));
    const bool permitted = at && at->time_since_epoch().count() >= 0 &&
                           at->time_since_epoch().count() <=
                               static_cast<std::int64_t>(last_loose_second);
    if (permitted) return at;
  }
  return std::nullopt;
}

}  // namespace assay
