// Properties: what our reader reads is JSON to another reader too, with the same strings, and the
// other way round; what the writer writes of any octets is JSON; no request makes a parser fail.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "system/json/answer.h"
#include "system/json/record_answer.h"
#include "system/json/request.h"
#include "system/json/value.h"
#include "system/json/writer.h"

#include <nlohmann/json.hpp>

namespace {

using assay::json::Value;
using Other = nlohmann::ordered_json;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Objects with repeated members are not compared: the other reader keeps the last only.
bool has_repeats(const Value& value) {
  for (std::size_t i = 0; i < value.members.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (value.members[i].name == value.members[k].name) return true;
    }
    if (has_repeats(value.members[i].value)) return true;
  }
  for (const Value& item : value.items) {
    if (has_repeats(item)) return true;
  }
  return false;
}

void require_same(const Value& ours, const Other& other) {
  switch (ours.kind) {
    case Value::Kind::null:
      return require(other.is_null());
    case Value::Kind::boolean:
      return require(other.is_boolean());
    case Value::Kind::number:
      return require(other.is_number());
    case Value::Kind::string:
      return require(other.is_string() && other.get<std::string>() == ours.text);
    case Value::Kind::array: {
      require(other.is_array() && other.size() == ours.items.size());
      for (std::size_t i = 0; i < ours.items.size(); ++i) require_same(ours.items[i], other[i]);
      return;
    }
    case Value::Kind::object: {
      require(other.is_object() && other.size() == ours.members.size());
      for (const auto& member : ours.members) require_same(member.value, other.at(member.name));
    }
  }
}

void compare_readers(std::string_view text) {
  const auto reading = assay::json::read(text);
  const bool limited = reading.error && reading.error->code != "json";
  // The other reader passes over a byte order mark, takes NUL for the end, and refuses numbers that
  // overflow.
  const bool nul = text.find('\0') != std::string_view::npos;
  if (limited || nul || text.starts_with("\xef\xbb\xbf")) return;
  try {
    const Other other = Other::parse(text);
    require(!reading.error);
    if (!has_repeats(reading.value)) require_same(reading.value, other);
  } catch (const Other::out_of_range&) {
    require(!reading.error);
  } catch (const Other::parse_error&) {
    require(reading.error.has_value());
  }
}

void write_any(std::string_view octets) {
  assay::json::Writer out;
  out.begin_object();
  out.key(octets);
  out.string(octets);
  out.end_object();
  require(Other::accept(out.take()));
}

/// Whatever the request was, the line that answers it is one line of JSON with its id.
void answer(std::string_view line) {
  const auto request = assay::json::parse_verify_request(line);
  const std::string id = request ? request->common.id : request.error().id;
  const std::string error = assay::json::error_line(id, request ? "none" : request.error().what);
  require(Other::accept(error) && error.find('\n') == std::string::npos);
  if (!request) require(!request.error().what.empty());
  static_cast<void>(assay::json::parse_spf_request(line));
  static_cast<void>(assay::json::parse_dmarc_request(line));
  static_cast<void>(assay::json::parse_author_request(line));
  static_cast<void>(assay::json::parse_record_request(line));
}

void read_record(std::string_view octets) {
  using enum assay::json::RecordKind;
  for (const auto kind : {dmarc, spf, dkim, authres, tlsrpt}) {
    const std::string line = assay::json::record_line("1", kind, octets);
    require(Other::accept(line) && line.find('\n') == std::string::npos);
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  compare_readers(octets);
  write_any(octets);
  answer(octets);
  read_record(octets);
  return 0;
}
