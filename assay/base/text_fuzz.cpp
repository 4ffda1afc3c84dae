#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/ip_address.h"
#include "assay/base/loose_time.h"
#include "assay/base/tag_list.h"
#include "assay/base/time.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_base64(const std::string& text) {
  require(assay::base64::decode(assay::base64::encode(text)) == text);
  if (const auto octets = assay::base64::decode(text)) {
    require(assay::base64::encode(*octets) == assay::ascii::without_fws(text));
  }
}

/// Every tag is a view into the text, none twice, and the list written from them is the same list.
void check_tags(const std::string& text) {
  const assay::TagList list = assay::split_tags(text);
  std::string written;
  for (const assay::Tag& tag : list.tags) {
    require(text.compare(tag.at, tag.name.size(), tag.name) == 0);
    require(text.compare(tag.value_at, tag.value.size(), tag.value) == 0);
    written += std::string(tag.name) + "=" + std::string(tag.value) + ";";
  }
  const auto again = assay::strict_tags(written);
  require(again && again->size() == list.tags.size());
  for (std::size_t i = 0; i < again->size(); ++i) {
    require((*again)[i].name == list.tags[i].name && (*again)[i].value == list.tags[i].value);
  }
}

void check_values(const std::string& text) {
  if (const auto at = assay::parse_instant(text)) {
    require(assay::parse_instant(assay::to_rfc3339(*at)) == *at);
  }
  if (const auto at = assay::parse_loose_instant(text)) {
    require(at->time_since_epoch().count() >= 0);
    require(assay::parse_loose_instant(assay::to_rfc3339(*at)) == *at);
    const bool number = assay::ascii::parse_number(assay::ascii::trim_fws(text)).has_value();
    require(number || assay::parse_instant(text).value_or(*at) == *at);  // which may be no seconds
  }
  if (const auto address = assay::IpAddress::parse(text)) {
    require(assay::IpAddress::parse(to_text(*address)) == *address);
    require(address->in_network(*address, address->bits()));
  }
  for (const char c : assay::ascii::printable(text)) {
    require(assay::ascii::is_graph(c) || c == ' ');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_base64(text);
  check_tags(text);
  check_values(text);
  return 0;
}
