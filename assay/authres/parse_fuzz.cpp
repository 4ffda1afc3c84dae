#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "assay/authres/authres.h"
#include "assay/base/ascii.h"

namespace {

using namespace assay;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Octets that no configured authserv-id has.
bool is_odd(char c) {
  return c <= ' ' || c == '\x7f';
}

/// What parse takes for the writer of a field, must_remove takes for it too.
void check_forgery(std::string_view value) {
  const mail::Field field{.raw = value, .name = "Authentication-Results", .value = value};
  const auto parsed = authres::parse(value);
  if (!parsed) {
    require(parsed.error().at <= value.size());
    if (parsed.error().code == "unknown_version") {
      require(authres::must_remove(field, "mx.example.com"));
    }
    return;
  }
  const std::string& id = parsed->authserv_id;
  const bool nameless = std::ranges::any_of(
      parsed->findings, [](const Finding& one) { return one.code == "no_authserv_id"; });
  const bool plain =
      std::ranges::none_of(id, [](char c) { return is_odd(c) && !ascii::is_octet_above_127(c); });
  if (!nameless && plain) require(authres::must_remove(field, id));
}

/// What was read is written so that it is read again, and cleaning twice is cleaning once.
void check_round_trip(std::string_view value, authres::Characters characters) {
  const auto parsed = authres::parse(value);
  if (!parsed) return;
  const authres::AuthenticationResults clean = authres::cleaned(*parsed, characters);
  require(authres::cleaned(clean, characters).results == clean.results);
  const std::string field = authres::to_field(*parsed, characters);
  const auto again = authres::parse(std::string_view(field).substr(field.find(':') + 1));
  require(again && again->authserv_id == clean.authserv_id && again->results == clean.results);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  check_forgery(value);
  check_round_trip(value, authres::Characters::ascii);
  check_round_trip(value, authres::Characters::utf8);
  const auto instance = authres::parse_arc_instance(value);
  if (instance) require(instance->instance >= 1 && instance->instance <= 50);
  if (instance) require(instance->rest.size() < size && value.ends_with(instance->rest));
  return 0;
}
