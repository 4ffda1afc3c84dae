#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <cstdlib>

#include "assay/authres/authres.h"
#include "assay/base/ascii.h"

namespace {

using namespace assay;

void require(bool holds) {
  if (!holds) std::abort();
}

authres::AuthenticationResults make_value(FuzzedDataProvider& input) {
  const auto text = [&] { return input.ConsumeRandomLengthString(600); };
  authres::AuthenticationResults value{.authserv_id = text(), .version = text()};
  while (input.remaining_bytes() > 0 && value.results.size() < 5) {
    value.results.push_back({.method = text(),
                             .version = text(),
                             .result = text(),
                             .reason = text(),
                             .comment = text()});
    while (input.ConsumeBool()) {
      value.results.back().properties.push_back(
          {.ptype = text(), .property = text(), .value = text()});
    }
  }
  return value;
}

/// One field: each line but the first begins with white space and goes on, none is too long, and no
/// octet stands there that has no place in a header (RFC 5322 §2.1.1, §2.2.3).
void check_lines(std::string_view field, authres::Characters characters) {
  require(field.starts_with("Authentication-Results:"));
  bool first = true;
  for (std::string_view line : ascii::split(field, '\n')) {
    const bool last = line.data() + line.size() == field.data() + field.size();
    if (!last) require(line.ends_with('\r'));
    if (!last) line.remove_suffix(1);
    require(line.size() <= 998);
    if (!first) require(line.size() > 1 && line[0] == '\t' && ascii::is_graph(line[1]));
    for (const char c : line) {
      const bool utf8 = ascii::is_octet_above_127(c) && characters == authres::Characters::utf8;
      require(c == '\t' || (c >= ' ' && c <= '~') || utf8);
    }
    first = false;
  }
}

void check(const authres::AuthenticationResults& value, authres::Characters characters) {
  const std::string field = authres::to_field(value, characters);
  check_lines(field, characters);
  const std::string_view text = std::string_view(field).substr(field.find(':') + 1);
  const auto parsed = authres::parse(text);
  authres::AuthenticationResults clean = authres::cleaned(value, characters);
  for (authres::MethodResult& result : clean.results) result.comment.clear();
  require(parsed.has_value());
  require(parsed->authserv_id == clean.authserv_id && parsed->results == clean.results);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const auto characters =
      input.ConsumeBool() ? authres::Characters::utf8 : authres::Characters::ascii;
  check(make_value(input), characters);
  return 0;
}
