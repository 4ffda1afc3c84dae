#include "system/ops/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"

namespace assay::ops {

namespace {

/// A pipe that says it is ready takes so many octets without waiting (POSIX: PIPE_BUF).
constexpr std::size_t sure_octets = 4096;
constexpr int patience_ms = 200;

constexpr bool is_plain(char c) {
  return c >= ' ' && c < '\x7f' && c != '"' && c != '\\';
}

/// In quotes, as JSON has it (RFC 8259 §7), which logfmt readers take as well.
void append_quoted(std::string& out, std::string_view octets) {
  out += '"';
  const bool cut = octets.size() > max_log_value;
  octets = octets.substr(0, max_log_value);
  while (!octets.empty()) {
    const auto plain_end = std::ranges::find_if_not(octets, is_plain);
    const auto plain = static_cast<std::size_t>(plain_end - octets.begin());
    out.append(octets.substr(0, plain));
    octets.remove_prefix(plain);
    if (octets.empty()) break;
    const utf8::CodePoint point = utf8::decode(octets);
    utf8::append_json(out, point.octets == 0 ? utf8::replacement : point.value);
    octets.remove_prefix(std::max<std::size_t>(point.octets, 1));
  }
  out += cut ? "...\"" : "\"";
}

template <class Number>
void append_number(std::string& out, Number value) {
  char digits[std::numeric_limits<Number>::digits10 + 3];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  out.append(std::begin(digits), end);
}

/// The three digits of a number below 1000.
void append_thousandths(std::string& out, std::int64_t value) {
  for (const std::int64_t unit : {100, 10, 1}) out += static_cast<char>('0' + value / unit % 10);
}

std::string_view word(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "error";
    case LogLevel::warning:
      return "warning";
    case LogLevel::info:
      return "info";
    case LogLevel::debug:
      break;
  }
  return "debug";
}

}  // namespace

void Fields::begin(std::string_view name) {
  if (format_ == LogFormat::json) {
    line_.append(",\"").append(name).append("\":");
  } else {
    line_.append(" ").append(name).append("=");
  }
}

void Fields::text(std::string_view name, std::string_view octets) {
  if (octets.empty()) return;
  begin(name);
  const auto is_bare = [](char c) { return is_plain(c) && c != ' ' && c != '='; };
  const bool bare = format_ == LogFormat::logfmt && octets.size() <= max_log_value &&
                    std::ranges::all_of(octets, is_bare);
  if (bare) {
    line_.append(octets);
  } else {
    append_quoted(line_, octets);
  }
}

void Fields::signed_number(std::string_view name, std::int64_t value) {
  begin(name);
  append_number(line_, value);
}

void Fields::unsigned_number(std::string_view name, std::uint64_t value) {
  begin(name);
  append_number(line_, value);
}

void Fields::boolean(std::string_view name, bool value) {
  begin(name);
  line_ += value ? "true" : "false";
}

void Fields::milliseconds(std::string_view name, std::chrono::microseconds value) {
  begin(name);
  const std::int64_t thousandths = std::max<std::int64_t>(value.count(), 0);
  append_number(line_, thousandths / 1000);
  line_ += '.';
  append_thousandths(line_, thousandths);
}

void Fields::mail_address(std::string_view name, std::string_view address) {
  if (addresses_ == Addresses::shown) return text(name, address);
  text(name, mask_mail_address(address));
}

void Fields::text_with_addresses(std::string_view name, std::string_view octets) {
  if (addresses_ == Addresses::shown) return text(name, octets);
  text(name, mask_mail_addresses(octets));
}

void Fields::ip_address(std::string_view name, const IpAddress& address) {
  text(name, addresses_ == Addresses::shown ? to_text(address) : mask_ip_address(address));
}

std::string mask_mail_address(std::string_view address) {
  if (address.empty()) return {};
  const std::size_t at = address.rfind('@');
  const std::string_view local_part = address.substr(0, at);
  const std::size_t letter = std::max<std::size_t>(utf8::decode(local_part).octets, 1);
  std::string masked(local_part.substr(0, letter));
  masked += "***";
  if (at != std::string_view::npos) masked.append(address.substr(at));
  return masked;
}

std::string mask_mail_addresses(std::string_view text) {
  constexpr std::string_view ends = " \t\r\n<>(),;:\"[]'";
  std::string masked;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find_first_of(ends), text.size());
    const std::string_view word = text.substr(0, size);
    const bool is_address = word.contains('@') && !word.starts_with('@');
    if (is_address) {
      masked += mask_mail_address(word);
    } else {
      masked += word;
    }
    if (size < text.size()) masked += text[size];
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return masked;
}

std::string mask_ip_address(const IpAddress& address) {
  auto octets = address.octets();
  if (address.is_v4()) {
    return to_text(IpAddress::from_v4({octets[0], octets[1], octets[2], 0})) + "/24";
  }
  std::fill(octets.begin() + 6, octets.end(), std::uint8_t{0});
  return to_text(IpAddress::from_v6(octets)) + "/48";
}

std::string Log::begin(LogLevel level, std::string_view event) const {
  const auto now = clock_.now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto rest = std::chrono::floor<std::chrono::milliseconds>(now - seconds);
  std::string time = to_rfc3339(seconds);
  time.back() = '.';
  append_thousandths(time, rest.count());
  time += 'Z';

  std::string line;
  line.reserve(512);
  if (options_.format == LogFormat::json) {
    line.append("{\"time\":\"").append(time).append("\",\"level\":\"").append(word(level));
    line.append("\",\"event\":\"").append(event).append("\"");
  } else {
    line.append("time=").append(time).append(" level=").append(word(level));
    line.append(" event=").append(event);
  }
  return line;
}

void Log::end(std::string& line) {
  line += options_.format == LogFormat::json ? "}\n" : "\n";
  const std::scoped_lock lock(mutex_);
  if (reported_ != dropped_.load()) report_dropped();
  stalled_ = !put(line);
  if (stalled_) ++dropped_;
}

void Log::report_dropped() {
  const std::uint64_t dropped = dropped_;
  std::string line = begin(LogLevel::warning, "log_lines_dropped");
  Fields(options_.format, options_.addresses, line).number("lines", dropped - reported_);
  line += options_.format == LogFormat::json ? "}\n" : "\n";
  stalled_ = !put(line);
  if (!stalled_) reported_ = dropped;
}

/// False: the line was not taken, or not all of it.
bool Log::put(std::string& whole) {
  // What is left of a line that was cut off stays a line of its own.
  if (torn_) whole.insert(0, "\n");
  std::string_view line = whole;
  while (!line.empty()) {
    pollfd ready{.fd = options_.descriptor, .events = POLLOUT, .revents = 0};
    // A line that is half written is worth waiting for again.
    const int answer = ::poll(&ready, 1, stalled_ && line.size() == whole.size() ? 0 : patience_ms);
    if (answer < 0 && errno == EINTR) continue;
    if (answer <= 0) return false;
    const ssize_t written =
        ::write(options_.descriptor, line.data(), std::min(line.size(), sure_octets));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    line.remove_prefix(static_cast<std::size_t>(written));
    torn_ = !line.empty();
  }
  return true;
}

}  // namespace assay::ops
