/// A pattern that is accepted is kept as it is when it is given again, and sees what it should.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "system/accounts/scope.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::accounts;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string pattern = normal_pattern(text);
  if (pattern.empty()) return 0;
  require(normal_pattern(pattern) == pattern);
  const std::string patterns[] = {pattern};
  const Scope scope = Scope::of(patterns);
  if (pattern == "*") {
    require(scope.sees_all());
  } else if (pattern.starts_with("*.")) {
    require(scope.sees("a" + pattern.substr(1)) && !scope.sees(pattern.substr(2)));
  } else {
    require(scope.sees(pattern) && !scope.sees("a." + pattern) && !scope.sees_all());
  }
  return 0;
}
