#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "assay/mail/header.h"

namespace {

using assay::mail::Header;

void require(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

bool is_line_end(std::string_view octets) {
  return octets == "\r\n" || octets == "\n" || octets.empty();
}

/// Fields and pieces left out, with the line ends between them, are the octets read, in order.
std::size_t reproduce(const Header& header, std::string_view octets) {
  auto field = header.fields.begin();
  auto piece = header.left_out.begin();
  std::size_t at = 0;
  while (field != header.fields.end() || piece != header.left_out.end()) {
    const bool is_field = field != header.fields.end() && field->raw.data() == octets.data() + at;
    require(is_field || (piece != header.left_out.end() && piece->data() == octets.data() + at));
    const std::string_view raw = is_field ? (field++)->raw : *piece++;
    require(!raw.empty() && inside(raw, octets));
    at += raw.size();
    if (octets.substr(at, 1) == "\r") ++at;
    if (at < octets.size()) require(octets[at++] == '\n');
  }
  return at;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string octets(reinterpret_cast<const char*>(data), size);
  const Header header = assay::mail::parse_header(octets);
  require(!header.truncated);
  for (const assay::mail::Field& field : header.fields) {
    require(field.raw.starts_with(field.name) && field.raw.ends_with(field.value));
    require(!field.name.empty() && std::ranges::all_of(field.name, assay::ascii::is_graph));
    const std::string_view gap = field.raw.substr(
        field.name.size(), field.raw.size() - field.name.size() - field.value.size());
    require(gap.ends_with(':') && assay::ascii::trim_wsp(gap) == ":");
  }
  const std::string_view rest = std::string_view(octets).substr(reproduce(header, octets));
  const std::size_t body = assay::mail::find_body(octets);
  require(rest.empty() == (body == std::string::npos));
  if (body != std::string::npos) {
    require(is_line_end(rest.substr(0, body - (octets.size() - rest.size()))));
    // What stands behind the empty line never matters.
    require(assay::mail::parse_header(std::string_view(octets).substr(0, body)).fields.size() ==
            header.fields.size());
  }
  // A smaller limit gives a beginning of the same fields.
  const Header cut = assay::mail::parse_header(octets, {.octets = size / 2, .fields = 3});
  require(cut.fields.size() <= header.fields.size());
  for (std::size_t i = 0; i < cut.fields.size(); ++i) {
    require(cut.fields[i].raw == header.fields[i].raw);
  }
  return 0;
}
