#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"

namespace assay::json {

struct Member;

/// A JSON value (RFC 8259) as read.
struct Value {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::string text = {};          ///< string: its octets, UTF-8; number, boolean: as written
  std::vector<Value> items = {};  ///< array
  std::vector<Member> members;    ///< object, in order, repeats included
};

struct Member {
  std::string name;
  Value value;
};

/// "an object", "a string", …: for error messages.
std::string_view describe(Value::Kind kind);

struct ReadLimits {
  std::size_t depth = 32;
  std::size_t values = 100'000;
};

/// What read gave: the value, as far as it was read before an error.
struct Reading {
  Value value = {};
  std::optional<Finding> error = {};
};

/// Reads one JSON text (RFC 8259), strictly: UTF-8 only, no half surrogate pairs, nothing behind
/// it. Total, linear. Errors: `json` with the offset; `json_depth`, `json_values` where a limit is
/// reached. An error leaves the members of objects that were complete by then in place, so that a
/// request's id can still be told.
Reading read(std::string_view text, const ReadLimits& limits = {});

}  // namespace assay::json
