#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/uri.h"
#include "assay/dmarc/detail/tags.h"
#include "assay/dmarc/record.h"

namespace assay::dmarc {
namespace {

// RFC 9989 §4.8: obs-dmarc-report-size = "!" 1*DIGIT [ "k" / "m" / "g" / "t" ]
bool is_report_size(std::string_view text) {
  if (!text.empty() && std::string_view("kmgt").contains(ascii::to_lower(text.back()))) {
    text.remove_suffix(1);
  }
  return !text.empty() && std::ranges::all_of(text, ascii::is_digit);
}

std::unexpected<Finding> bad_uri(std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = "bad_uri", .what = std::move(what), .at = at});
}

void note_uri(const ReportUri& uri, const Uri& parts, std::size_t at, PolicyRecord& record) {
  if (!uri.size.empty()) {
    // RFC 9989 §4.8: the size is read and has no effect.
    detail::note(record, {.code = "report_size",
                          .what = "the size limit !" + ascii::printable(uri.size, 40) +
                                  " is obsolete: RFC 9989 ignores it",
                          .at = at,
                          .level = Level::warning});
  }
  if (uri.supported) return;
  const bool mailto = ascii::iequals(parts.scheme, "mailto");
  detail::note(record, {.code = mailto ? "bad_address" : "unsupported_scheme",
                        .what = mailto ? "no mail address of ASCII letters stands in " +
                                             ascii::printable(uri.uri, 80)
                                       : "reports are sent to mailto URIs only, not to " +
                                             ascii::printable(uri.uri, 80),
                        .at = at,
                        .level = mailto ? Level::error : Level::warning});
}

}  // namespace

std::expected<ReportUri, Finding> parse_report_uri(std::string_view item) {
  const std::size_t bang = std::min(item.find('!'), item.size());
  ReportUri report_uri;
  if (bang < item.size()) {
    // RFC 9989 §4.8: commas and exclamation points are encoded in a dmarc-uri.
    if (!is_report_size(item.substr(bang + 1))) {
      return bad_uri("an exclamation mark in a URI is written %21", bang);
    }
    report_uri.size = item.substr(bang + 1);
  }
  const std::string_view text = item.substr(0, bang);
  const std::size_t comma = text.find(',');
  if (comma != std::string_view::npos) return bad_uri("a comma in a URI is written %2C", comma);
  const auto parts = parse_uri(text);
  if (!parts) return std::unexpected(parts.error());
  report_uri.uri = text;
  // RFC 9989 §4.7: only mailto must be supported; other schemes are ignored when sending.
  if (auto address = mailto_address(*parts)) {
    report_uri.supported = true;
    report_uri.address = std::move(*address);
  }
  return report_uri;
}

namespace detail {

std::vector<ReportUri> read_uris(const Piece& piece, PolicyRecord& record) {
  std::vector<ReportUri> uris;
  // RFC 9989 §4.8: *WSP "," *WSP between the URIs, so that a tab is no error here.
  for (const std::string_view between : ascii::Pieces(piece.value, ',')) {
    const std::string_view item = ascii::trim_wsp(between);
    const std::size_t at =
        piece.value_at + static_cast<std::size_t>(item.data() - piece.value.data());
    if (uris.size() == max_report_uris) {
      note(record, {.code = "many_uris",
                    .what = "more than 100 URIs; those from here on are ignored",
                    .at = at});
      break;
    }
    auto uri = parse_report_uri(item);
    if (!uri) {  // RFC 9989 §4.10.1 asks for at least one valid URI, so its neighbours stay.
      note(record, {.code = "bad_uri",
                    .what = ascii::to_lower(piece.name) + " holds no URI in \"" +
                            ascii::printable(item, 80) + "\": " + uri.error().what,
                    .at = at + uri.error().at});
      continue;
    }
    note_uri(*uri, parse_uri(uri->uri).value(), at, record);
    uris.push_back(std::move(*uri));
  }
  return uris;
}

}  // namespace detail
}  // namespace assay::dmarc
