#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// The table of endpoints (api/README.md).
namespace assay::webapi {

struct Call;
struct Response;

/// The least that is needed.
enum class Needs : std::uint8_t { nobody, viewer, analyst, administrator };

enum class Effect : std::uint8_t {
  none,     ///< may be asked in read-only mode, without CSRF where it is a GET
  session,  ///< signs in or out: also in read-only mode; noted in the audit log
  change,   ///< not in read-only mode; noted in the audit log
};

enum class Takes : std::uint8_t { nothing, json, message, octets };

struct Route {
  std::string_view method;
  std::string_view pattern;  ///< below /api/v1; `:name` stands for one segment
  Needs needs;
  Effect effect;
  Takes takes;
  std::string_view action;  ///< in the audit log
  Response (*handle)(Call& call);
};

std::span<const Route> routes();

/// "everyone", "viewer", …
std::string_view to_text(Needs needs);

}  // namespace assay::webapi
