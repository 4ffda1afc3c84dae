#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "assay/base/ip_address.h"
#include "system/ops/clock.h"

/// One line for each event, as logfmt or JSON. Values may be any octets: a line stays one line, and
/// a terminal that shows it is safe.
///
///     ops::Log log({.format = ops::LogFormat::json}, clock);
///     log.write(ops::LogLevel::info, "message", [&](ops::Fields& fields) {
///       fields.text("result", "pass");
///       fields.mail_address("from", sender);
///     });
namespace assay::ops {

enum class LogLevel : std::uint8_t { error, warning, info, debug };
enum class LogFormat : std::uint8_t { logfmt, json };
/// Whether mail and client addresses are shown whole (RFC 9991 §7).
enum class Addresses : std::uint8_t { shown, masked };

struct LogOptions {
  int descriptor = 1;  ///< not closed by the log
  LogFormat format = LogFormat::logfmt;
  LogLevel level = LogLevel::info;  ///< what is less urgent is not written
  Addresses addresses = Addresses::shown;
};

/// Longer values are cut, with "..." behind.
constexpr std::size_t max_log_value = 4000;

/// The fields of one line, in the order given. Names are words of a-z, 0-9 and _.
class Fields {
 public:
  Fields(LogFormat format, Addresses addresses, std::string& line)
      : format_(format), addresses_(addresses), line_(line) {}

  /// An empty text is left out.
  void text(std::string_view name, std::string_view octets);
  template <std::integral Number>
  void number(std::string_view name, Number value) {
    if constexpr (std::signed_integral<Number>) {
      signed_number(name, value);
    } else {
      unsigned_number(name, value);
    }
  }
  void boolean(std::string_view name, bool value);
  /// As milliseconds with three decimals.
  void milliseconds(std::string_view name, std::chrono::microseconds value);
  /// A reverse-path or recipient, masked where so asked.
  void mail_address(std::string_view name, std::string_view address);
  /// A text that may hold mail addresses, such as a server's reply; these masked where so asked.
  void text_with_addresses(std::string_view name, std::string_view octets);
  /// A client's address, masked where so asked.
  void ip_address(std::string_view name, const IpAddress& address);

 private:
  void begin(std::string_view name);
  void signed_number(std::string_view name, std::int64_t value);
  void unsigned_number(std::string_view name, std::uint64_t value);

  LogFormat format_;
  Addresses addresses_;
  std::string& line_;
};

/// "alice@example.com" as "a***@example.com"; "" stays.
std::string mask_mail_address(std::string_view address);
/// Every mail address in a text likewise: "<alice@example.com>: no" as "<a***@example.com>: no".
std::string mask_mail_addresses(std::string_view text);
/// 192.0.2.7 as "192.0.2.0/24", an IPv6 address with /48.
std::string mask_ip_address(const IpAddress& address);

/// Thread-safe. A reader of the descriptor that stalls holds nobody up for longer than a moment:
/// lines that it does not take are dropped, counted, and reported when it takes lines again.
class Log {
 public:
  /// `clock` must outlive the log.
  Log(const LogOptions& options, const Clock& clock) : options_(options), clock_(clock) {}
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool writes(LogLevel level) const { return level <= level_.load(std::memory_order_relaxed); }
  /// For a reload; the other options need a restart.
  void set_level(LogLevel level) { level_ = level; }

  /// Writes one line; `fill(Fields&)` is called only when the level is written.
  template <std::invocable<Fields&> Fill>
  void write(LogLevel level, std::string_view event, const Fill& fill) {
    if (!writes(level)) return;
    std::string line = begin(level, event);
    Fields fields(options_.format, options_.addresses, line);
    fill(fields);
    end(line);
  }
  void write(LogLevel level, std::string_view event) {
    write(level, event, [](Fields&) {});
  }

  /// Lines that could not be written.
  std::uint64_t dropped() const { return dropped_; }

 private:
  std::string begin(LogLevel level, std::string_view event) const;
  void end(std::string& line);
  void report_dropped();
  bool put(std::string& whole);

  LogOptions options_;
  const Clock& clock_;
  std::atomic<LogLevel> level_ = options_.level;
  std::mutex mutex_ = {};  // of the descriptor and what stands below
  std::atomic<std::uint64_t> dropped_ = 0;
  std::uint64_t reported_ = 0;
  bool stalled_ = false;  // the last line was dropped: do not wait for the next
  bool torn_ = false;     // a line was written in part
};

}  // namespace assay::ops
