#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/ops/http.h"

namespace assay::ops {

/// The first line of a request (RFC 9112 §3), as far as it matters here.
struct HttpRequest {
  enum class Kind : std::uint8_t { incomplete, bad, other_method, get, head };
  Kind kind = Kind::incomplete;
  std::string_view path = {};  ///< of get and head, without its query; a view of the octets
};

/// Reads what has come so far; incomplete until the empty line behind the header.
HttpRequest read_request(std::string_view octets);

/// The whole answer; of a HEAD without the body.
std::string write_answer(const HttpAnswer& answer, HttpRequest::Kind kind);

}  // namespace assay::ops
