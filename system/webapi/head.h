#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// The head of a request, read strictly before anything else looks at it: what two readers could
/// take for two things is refused (RFC 9112 §11.2).
namespace assay::webapi {

inline constexpr std::size_t max_head = 32U << 10;  ///< octets, with the empty line
inline constexpr std::size_t max_fields = 100;

struct Head {
  std::string method = {};
  std::string target = {};
  std::map<std::string, std::string, std::less<>> fields = {};  ///< names in lower case
  std::uint64_t length = 0;                                     ///< Content-Length
  bool chunked = false;

  bool has_body() const { return chunked || length > 0; }
};

/// Why a head is refused.
struct BadHead {
  int status = 400;
  std::string_view what = {};
};

/// Reads a head with its empty line; lines end in CR LF. Total. Refused are: other methods than
/// GET, HEAD, POST, PUT, PATCH and DELETE (405); another version than 1.0 and 1.1 (505); folded
/// fields, names that are none, control characters; other than one Host; a field given twice of
/// those that decide where a body ends or who asks; Content-Length beside Transfer-Encoding, or
/// codings other than chunked (501); more than max_fields (431).
std::expected<Head, BadHead> read_head(std::string_view text);

/// The head as the library behind is given it: without ranges, connection fields and codings that
/// it would use but must not.
std::string write_head(const Head& head);

}  // namespace assay::webapi
