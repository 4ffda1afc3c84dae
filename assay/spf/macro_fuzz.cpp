// A macro-string is written as it was read; a name, which is put together from the right and only
// as far as it counts, is what cutting the whole expansion gives.

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/spf/macro.h"

namespace {

using namespace assay;

void require(bool holds) {
  if (!holds) std::abort();
}

/// RFC 7208 §7.3, taken by the word.
std::string cut_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  while (name.size() > 253) {
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) return {};
    name.remove_prefix(dot + 1);
  }
  return std::string(name);
}

void check(const std::string& text, spf::MacroPlace place, const spf::MacroValues& values) {
  const auto macros = spf::parse_macro_string(text, place);
  if (!macros) {
    require(macros.error().at < text.size());
    return;
  }
  const std::string written = spf::to_text(*macros);
  require(spf::parse_macro_string(written, place).value() == *macros);
  require(spf::to_text(spf::parse_macro_string(written, place).value()) == written);

  const std::string whole = spf::expand_text(*macros, values, std::size_t{1} << 24U);
  require(whole.starts_with(spf::expand_text(*macros, values, 40)));
  if (macros->pieces.size() > 1024) return;
  const std::string name = spf::expand_name(*macros, values);
  const std::string expected = cut_name(whole);
  require(name.size() > 253 ? expected.empty() : name == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const auto place =
      input.PickValueInArray({spf::MacroPlace::domain_spec, spf::MacroPlace::unknown_modifier,
                              spf::MacroPlace::explanation});
  std::array<std::uint8_t, 16> address = {};
  input.ConsumeData(address.data(), address.size());
  const std::string local_part = input.ConsumeRandomLengthString(700);
  const std::string domain = input.ConsumeRandomLengthString(300);
  const std::string helo = input.ConsumeRandomLengthString(700);
  const spf::MacroValues values{
      .client = input.ConsumeBool()
                    ? IpAddress::from_v6(address)
                    : IpAddress::from_v4({address[0], address[1], address[2], address[3]}),
      .local_part = local_part,
      .sender_domain = "example.org",
      .domain = domain,
      .helo = helo,
      .validated_name = "mail.example.net",
      .receiver = "mx.example.com",
      .now = Instant(std::chrono::seconds(input.ConsumeIntegral<std::int32_t>()))};
  check(input.ConsumeRemainingBytesAsString(), place, values);
  return 0;
}
