#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/failure/detail/fields.h"
#include "assay/failure/detail/parts.h"
#include "assay/failure/detail/text.h"
#include "assay/failure/redact.h"
#include "assay/mail/compose.h"
#include "assay/mail/encoded_word.h"
#include "assay/mail/header.h"

namespace assay::failure {
namespace {

/// How a header field is shown.
enum class Treatment : std::uint8_t { left_out, as_it_is, text, addresses, media_type, signature };

struct FieldTreatment {
  std::string_view name;
  Treatment treatment;
};

constexpr std::array<FieldTreatment, 22> treatments = {{
    {"return-path", Treatment::text},
    {"received", Treatment::text},
    {"received-spf", Treatment::text},
    {"authentication-results", Treatment::text},
    {"arc-authentication-results", Treatment::text},
    {"arc-message-signature", Treatment::signature},
    {"arc-seal", Treatment::signature},
    {"dkim-signature", Treatment::signature},
    {"from", Treatment::addresses},
    {"sender", Treatment::addresses},
    {"reply-to", Treatment::addresses},
    {"to", Treatment::addresses},
    {"cc", Treatment::addresses},
    {"resent-from", Treatment::addresses},
    {"resent-sender", Treatment::addresses},
    {"subject", Treatment::text},
    {"date", Treatment::as_it_is},
    {"message-id", Treatment::as_it_is},
    {"mime-version", Treatment::as_it_is},
    {"auto-submitted", Treatment::as_it_is},
    {"content-type", Treatment::media_type},
    {"content-transfer-encoding", Treatment::as_it_is},
}};

Treatment treatment_of(std::string_view name, const Shown& shown) {
  const auto same = [&](std::string_view other) { return ascii::iequals(name, other); };
  const auto found = std::ranges::find_if(treatments, same, &FieldTreatment::name);
  if (found != treatments.end()) return found->treatment;
  return std::ranges::any_of(shown.also, same) ? Treatment::text : Treatment::left_out;
}

/// An address may hide in encoded words, and octets above 127 become such words.
std::string redact_text(const std::string& value, const Redactor& redactor) {
  const std::string decoded = mail::decode_encoded_words(value);
  if (decoded != value && decoded.contains('@')) {
    return redactor.local_part(value, "") + " (redacted)";
  }
  const std::string clean = without_links(redactor.text(value));
  return ascii::is_ascii(clean) ? clean : mail::encode_words(mail::one_line(clean, 1'000));
}

/// z= holds copies of header fields (RFC 6376 §3.5).
std::string redact_signature(const std::string& value, const Redactor& redactor) {
  std::string out;
  for (const std::string_view tag : ascii::Pieces(value, ';')) {
    const std::string_view name = ascii::trim_fws(tag.substr(0, tag.find('=')));
    if (name == "z" || name == "Z") continue;
    if (!out.empty()) out += "; ";
    out += redactor.text(ascii::trim_fws(tag));
  }
  return out;
}

std::string redact_value(const mail::Field& field, Treatment treatment, const Redactor& redactor) {
  std::string value = detail::unfolded(field.value);
  switch (treatment) {
    case Treatment::addresses:
      return redactor.addresses(value);
    case Treatment::media_type:
      return detail::parse_content_field(value).value;
    case Treatment::signature:
      return redact_signature(value, redactor);
    case Treatment::text:
      return redact_text(value, redactor);
    default:
      return value;
  }
}

bool describes_body(std::string_view name) {
  return ascii::istarts_with(name, "Content-") || ascii::iequals(name, "MIME-Version");
}

std::string redact_header(const Original& original, const Redactor& redactor, const Shown& shown,
                          OriginalForm form) {
  std::string out;
  const mail::Header header = mail::parse_header(original.octets);
  for (const mail::Field& field : header.fields) {
    const Treatment treatment = treatment_of(field.name, shown);
    if (treatment == Treatment::left_out) continue;
    // The body that is shown has its own.
    if (form == OriginalForm::message && describes_body(field.name)) continue;
    std::string line;
    detail::append_field(line, field.name,
                         detail::clean_text(redact_value(field, treatment, redactor)));
    if (out.size() + line.size() > shown.header_octets) break;
    out += line;
  }
  return out;
}

/// Charsets in which "@", ":" and "/" are those octets and nothing else is.
bool is_readable_charset(std::string_view charset) {
  constexpr std::array<std::string_view, 5> families = {"us-ascii", "utf-8", "iso-8859-",
                                                        "windows-125", "koi8-"};
  return std::ranges::any_of(families,
                             [&](std::string_view family) { return charset.starts_with(family); });
}

/// The plain text of a message, and notes for what is left out.
struct Body {
  std::string charset = {};
  std::string text = {};
};

Body body_of(const std::string& octets, const Redactor& redactor, std::size_t most) {
  Body body;
  for (const detail::Part& part : detail::split_parts(octets).leaves) {
    std::string charset = detail::clean_token(part.type["charset"]);
    if (charset.empty()) charset = "us-ascii";
    const bool shown = part.type.value == "text/plain" && part.disposition.value != "attachment" &&
                       is_readable_charset(charset) &&
                       (body.charset.empty() || body.charset == charset);
    if (shown) {
      body.charset = charset;
      body.text += without_links(redactor.text(part.decoded()));
    } else {
      body.text += "[left out: " + detail::clean_text(part.type.value, 80) + ", " +
                   std::to_string(part.body.size()) + " octets]";
    }
    body.text += "\r\n";
    if (body.text.size() >= most) break;
  }
  body.text.resize(std::min(body.text.size(), most));
  if (body.charset.empty()) body.charset = "us-ascii";
  return body;
}

Original redact_original(const Original& original, const Redactor& redactor, const Shown& shown) {
  if (original.form == OriginalForm::none) return original;
  const bool with_body = original.form == OriginalForm::message && shown.bodies == Bodies::text;
  const OriginalForm form = with_body ? OriginalForm::message : OriginalForm::headers;
  Original redacted{form, redact_header(original, redactor, shown, form)};
  if (!with_body) return redacted;
  const Body body = body_of(original.octets, redactor, shown.body_octets);
  redacted.octets += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=" + body.charset +
                     "\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  mail::append_base64(redacted.octets, body.text);
  return redacted;
}

}  // namespace

bool is_shown_field(std::string_view name) {
  return treatment_of(name, {}) != Treatment::left_out;
}

Report redact(Report report, const Redactor& redactor, const Shown& shown) {
  report.original_mail_from = redactor.text(report.original_mail_from);
  report.dkim_identity = redactor.text(report.dkim_identity);
  for (auto* texts : {&report.original_rcpt_to, &report.authentication_results}) {
    for (std::string& text : *texts) text = redactor.text(text);
  }
  for (std::string& uri : report.reported_uri) uri = without_links(redactor.text(uri));
  for (OtherField& field : report.other_fields) field.value = redactor.text(field.value);
  // RFC 6591 §3.2.4: never with redacted data.
  report.dkim_canonicalized_header.clear();
  report.dkim_canonicalized_body.clear();
  report.original = redact_original(report.original, redactor, shown);
  return report;
}

}  // namespace assay::failure
