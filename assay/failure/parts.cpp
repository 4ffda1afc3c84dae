#include "assay/failure/detail/parts.h"

#include <algorithm>
#include <cstdint>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/failure/detail/text.h"
#include "assay/mail/header.h"

namespace assay::failure::detail {
namespace {

void warn(Findings& findings, std::string_view code, std::string what) {
  add_bounded(findings, {.code = code, .what = std::move(what), .level = Level::warning});
}

/// RFC 2045 §6.7
std::string decode_quoted_printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("=\r\n")) {
      i += 2;
    } else if (rest.starts_with("=\n")) {
      i += 1;
    } else if (rest.size() > 2 && rest[0] == '=' && ascii::hex_value(rest[1]) >= 0 &&
               ascii::hex_value(rest[2]) >= 0) {
      out += static_cast<char>(ascii::hex_value(rest[1]) * 16 + ascii::hex_value(rest[2]));
      i += 2;
    } else {
      out += rest[0];
    }
  }
  return out;
}

std::string first_value(const mail::Header& header, std::string_view name) {
  const auto fields = mail::fields_named(header, name);
  return fields.empty() ? std::string() : unfolded(fields.front()->value);
}

/// Whether the line, without its end, is a delimiter, and then whether it is the last
/// (RFC 2046 §5.1.1).
enum class Delimiter : std::uint8_t { none, between, last };
Delimiter delimiter_of(std::string_view line, std::string_view boundary) {
  if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) return Delimiter::none;
  const std::string_view rest = ascii::trim_fws(line.substr(2 + boundary.size()));
  if (rest.empty()) return Delimiter::between;
  return rest == "--" ? Delimiter::last : Delimiter::none;
}

std::string_view without_last_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// What stands between the delimiters. The line end before one belongs to it.
std::vector<std::string_view> between(std::string_view body, std::string_view boundary,
                                      std::size_t most, Findings& findings) {
  std::vector<std::string_view> pieces;
  std::size_t begin = std::string_view::npos;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t feed = body.find('\n', at);
    const std::size_t next = feed == std::string_view::npos ? body.size() : feed + 1;
    const Delimiter found = delimiter_of(body.substr(at, next - at), boundary);
    if (found != Delimiter::none && begin != std::string_view::npos) {
      if (pieces.size() == most) {
        warn(findings, "too_many_parts", "The mail has more parts than are read.");
        return pieces;
      }
      pieces.push_back(at == begin ? std::string_view()
                                   : without_last_line_end(body.substr(begin, at - begin)));
    }
    if (found == Delimiter::last) return pieces;
    if (found == Delimiter::between) begin = next;
    at = next;
  }
  warn(findings, "unterminated_multipart", "The mail ends without its closing boundary.");
  if (begin != std::string_view::npos) pieces.push_back(body.substr(begin));
  return pieces;
}

/// One level of the walk.
class Walk {
 public:
  Walk(const PartLimits& limits, Parts& parts) : limits_(limits), parts_(parts) {}

  void take(std::string_view entity, int depth) {  // NOLINT(misc-no-recursion): bounded by depth
    const bool no_header = entity.starts_with('\n') || entity.starts_with("\r\n");
    const std::size_t found = no_header ? entity.find('\n') + 1 : mail::find_body(entity);
    const std::string_view body =
        found == std::string_view::npos ? std::string_view() : entity.substr(found);
    const mail::Header header =
        mail::parse_header(no_header ? std::string_view() : entity.substr(0, found));
    Part part{
        .type = parse_content_field(first_value(header, "Content-Type")),
        .disposition = parse_content_field(first_value(header, "Content-Disposition")),
        .encoding = clean_token(without_comments(first_value(header, "Content-Transfer-Encoding"))),
        .body = body};
    if (depth == 0) parts_.outer = part.type;
    if (part.type.value.starts_with("multipart/") && open(part, depth)) return;
    if (part.type.value.empty()) part.type.value = "text/plain";
    if (parts_.leaves.size() < limits_.parts) parts_.leaves.push_back(std::move(part));
  }

 private:
  /// Whether the multipart could be opened.
  bool open(const Part& part, int depth) {  // NOLINT(misc-no-recursion): bounded by depth
    const std::string_view boundary = part.type["boundary"];
    if (boundary.empty()) {
      warn(parts_.findings, "no_boundary", "A multipart names no boundary.");
      return false;
    }
    if (depth == limits_.depth) {
      warn(parts_.findings, "deep_multipart", "The mail has multiparts in multiparts too deep.");
      return false;
    }
    const auto pieces = between(part.body, boundary, limits_.parts, parts_.findings);
    for (const std::string_view piece : pieces) {
      if (parts_.leaves.size() >= limits_.parts) break;
      take(piece, depth + 1);
    }
    return true;
  }

  PartLimits limits_;
  Parts& parts_;
};

}  // namespace

std::string decode_base64(std::string_view text) {
  std::string digits;
  for (const char c : text) {  // RFC 6591 §2.3: octets outside of the alphabet are ignored
    if (c == '=') break;       // what stands behind the end is no longer data
    if (ascii::is_alnum(c) || c == '+' || c == '/') digits += c;
  }
  if (digits.size() % 4 == 1) digits.pop_back();
  // Bits behind the last octet do not matter: cut them off.
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t rest = digits.size() % 4;
  if (rest != 0) {
    const std::size_t value = alphabet.find(digits.back());
    digits.back() = alphabet[value & (rest == 2 ? 0x30U : 0x3cU)];
    digits.append(4 - rest, '=');
  }
  return base64::decode(digits).value_or("");
}

std::string_view ContentField::operator[](std::string_view name) const {
  const auto found = std::ranges::find_if(
      parameters, [&](const auto& parameter) { return parameter.first == name; });
  return found == parameters.end() ? std::string_view() : std::string_view(found->second);
}

ContentField parse_content_field(std::string_view value) {
  ContentField field;
  const auto pieces = split_outside(value.substr(0, 4'000), ';');
  field.value = ascii::to_lower(pieces.front());
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const std::size_t equals = pieces[i].find('=');
    if (equals == std::string::npos) continue;
    const std::string_view piece = pieces[i];
    field.parameters.emplace_back(ascii::to_lower(ascii::trim_fws(piece.substr(0, equals))),
                                  unquoted(ascii::trim_fws(piece.substr(equals + 1))));
  }
  return field;
}

std::string Part::decoded() const {
  if (encoding == "base64") return decode_base64(body);
  if (encoding == "quoted-printable") return decode_quoted_printable(body);
  return std::string(body);
}

Parts split_parts(std::string_view mail, const PartLimits& limits) {
  Parts parts;
  Walk(limits, parts).take(mail, 0);
  return parts;
}

}  // namespace assay::failure::detail
