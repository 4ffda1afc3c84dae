#include "system/journal/time_text.h"

#include <algorithm>
#include <chrono>
#include <ranges>

#include "assay/base/ascii.h"
#include "assay/base/time.h"

namespace assay::journal {
namespace {

namespace chrono = std::chrono;

constexpr Time first{chrono::sys_days{chrono::year{0} / 1 / 1}};
constexpr Time last{chrono::sys_days{chrono::year{10'000} / 1 / 1} - chrono::milliseconds{1}};

/// Writes calendar and clock by a pattern: Y, M, D, h, m, s and f (milliseconds) stand for a digit,
/// anything else for itself. snprintf would cost more than all the rest of a line.
std::string write_time(Time at, std::string_view pattern) {
  const Time time = std::clamp(at, first, last);
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date{day};
  const auto clock = static_cast<unsigned>((time - day).count());
  unsigned year = static_cast<unsigned>(static_cast<int>(date.year()));
  unsigned month = static_cast<unsigned>(date.month());
  unsigned of_month = static_cast<unsigned>(date.day());
  unsigned hours = clock / 3'600'000;
  unsigned minutes = clock / 60'000 % 60;
  unsigned seconds = clock / 1'000 % 60;
  unsigned thousandths = clock % 1'000;
  const auto last_digit = [](unsigned& number) {
    const char digit = static_cast<char>('0' + number % 10);
    number /= 10;
    return digit;
  };
  std::string text(pattern);
  for (char& c : std::views::reverse(text)) {
    if (c == 'Y')
      c = last_digit(year);
    else if (c == 'M')
      c = last_digit(month);
    else if (c == 'D')
      c = last_digit(of_month);
    else if (c == 'h')
      c = last_digit(hours);
    else if (c == 'm')
      c = last_digit(minutes);
    else if (c == 's')
      c = last_digit(seconds);
    else if (c == 'f')
      c = last_digit(thousandths);
  }
  return text;
}

}  // namespace

std::string to_rfc3339(Time at) {
  return write_time(at, "YYYY-MM-DDThh:mm:ss.fffZ");
}

std::string hour_text(Time at) {
  return write_time(at, "YYYYMMDDThh");
}

std::string start_text(Time at) {
  return write_time(at, "YYYYMMDDThhmmssfff");
}

std::optional<Time> parse_time(std::string_view text) {
  constexpr std::size_t behind_seconds = 19;
  // Unix seconds, which parse_instant takes too, are no time of a line.
  if (text.size() <= behind_seconds || text[4] != '-') return std::nullopt;
  const auto instant = parse_instant(text);
  if (!instant) return std::nullopt;
  int thousandths = 0;
  int weight = 100;
  if (text[behind_seconds] == '.') {
    for (const char c : text.substr(behind_seconds + 1, 3)) {
      if (!ascii::is_digit(c)) break;
      thousandths += (c - '0') * weight;
      weight /= 10;
    }
  }
  return Time{*instant} + chrono::milliseconds{thousandths};
}

}  // namespace assay::journal
