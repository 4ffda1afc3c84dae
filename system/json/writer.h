#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace assay::json {

/// Writes JSON text, members in the order given. Total: octets that are no UTF-8 become U+FFFD, and
/// what a terminal must not get (control characters, invisible ones, turners of the direction of
/// writing) is escaped, so that any octets of a message or of the DNS may be handed in.
///
///     Writer out;
///     out.begin_object();
///     out.member("result", "pass");
///     out.end_object();
///     out.text();   // {"result":"pass"}
class Writer {
 public:
  /// Makes room for text of about so many octets, so that it need not be moved while it grows.
  void reserve(std::size_t octets) { out_.reserve(octets); }

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  /// The name of the next value.
  void key(std::string_view name);

  void string(std::string_view octets);
  void number(std::uint64_t value);
  void boolean(bool value);
  /// With one decimal.
  void tenths(double value);
  /// A value that is JSON text already.
  void raw(std::string_view json);

  // Members; a name must be printable ASCII without quotation mark and backslash.
  /// Left out when the text is empty: what is absent is absent.
  void member(std::string_view name, std::string_view octets);
  /// Stands there although its text may be empty.
  void member_always(std::string_view name, std::string_view octets);
  void member_number(std::string_view name, std::uint64_t value);
  void member_boolean(std::string_view name, bool value);
  /// An array of strings, left out when there are none.
  void member(std::string_view name, std::span<const std::string> texts);
  /// The same, [] when there are none.
  void member_always(std::string_view name, std::span<const std::string> texts);

  /// What has been written; the writer is empty afterwards.
  std::string take();

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void plain_key(std::string_view name);
  void append_plain(std::string_view octets);
  void append_with_escapes(std::string_view octets);

  std::string out_;
  bool first_ = true;  ///< nothing stands yet in the innermost object or array
};

}  // namespace assay::json
