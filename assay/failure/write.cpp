#include "assay/failure/write.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/failure/detail/text.h"
#include "assay/mail/compose.h"
#include "assay/mail/encoded_word.h"
#include "assay/mail/header.h"
#include "assay/mail/mail_date.h"

namespace assay::failure {
namespace {

using detail::append_field;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string message_id(const Envelope& envelope) {
  std::string left;
  for (const char c : envelope.id.substr(0, 100)) {
    left += ascii::is_alnum(c) || c == '-' || c == '.' ? c : '_';
  }
  const std::string address = mail::clean_address(envelope.from_address);
  return "<" + left + "@" + detail::clean_domain(address.substr(address.rfind('@') + 1)) + ">";
}

void append_field_unless_empty(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) append_field(out, name, value);
}

void append_base64_field(std::string& out, std::string_view name, std::string_view octets) {
  if (octets.empty()) return;
  out += name;
  out += ":\r\n";
  mail::append_base64(out, octets, " ");
}

/// RFC 6591 §3.2
void append_dkim_fields(std::string& out, const Report& report) {
  append_field_unless_empty(out, "DKIM-Domain", report.dkim_domain);
  append_field_unless_empty(out, "DKIM-Identity", report.dkim_identity);
  append_field_unless_empty(out, "DKIM-Selector", report.dkim_selector);
  if (!report.dkim_selector_dns.empty()) {
    append_field(out, "DKIM-Selector-DNS", mail::quoted(report.dkim_selector_dns));
  }
  if (!report.dkim_adsp_dns.empty()) {
    append_field(out, "DKIM-ADSP-DNS", mail::quoted(report.dkim_adsp_dns));
  }
  append_base64_field(out, "DKIM-Canonicalized-Header", report.dkim_canonicalized_header);
  append_base64_field(out, "DKIM-Canonicalized-Body", report.dkim_canonicalized_body);
}

/// Source-IP as RFC 5321 §4.1.3 has addresses (RFC 5965 §3.2).
void append_source(std::string& out, const Report& report) {
  const bool is_v6 = report.source_ip.contains(':');
  append_field_unless_empty(out, "Source-IP", (is_v6 ? "IPv6:" : "") + report.source_ip);
  if (report.source_port) append_field(out, "Source-Port", std::to_string(*report.source_port));
}

/// message/feedback-report (RFC 5965 §3) of a normalized report.
std::string feedback(const Report& report) {
  std::string out;
  append_field(out, "Feedback-Type", report.feedback_type);
  append_field(out, "User-Agent", report.user_agent);
  append_field(out, "Version", report.version);
  append_field_unless_empty(out, "Auth-Failure", report.auth_failure);
  for (const std::string& results : report.authentication_results) {
    append_field(out, "Authentication-Results", results);
  }
  append_field_unless_empty(out, "Identity-Alignment", joined(report.identity_alignment));
  append_field_unless_empty(out, "Delivery-Result", report.delivery_result);
  append_dkim_fields(out, report);
  for (const SpfDns& record : report.spf_dns) {
    append_field(out, "SPF-DNS",
                 record.type + " : " + record.domain + " : " + mail::quoted(record.record));
  }
  append_field_unless_empty(out, "Original-Envelope-Id", report.original_envelope_id);
  append_field_unless_empty(out, "Original-Mail-From", report.original_mail_from);
  for (const std::string& to : report.original_rcpt_to) append_field(out, "Original-Rcpt-To", to);
  append_field_unless_empty(out, "Arrival-Date", report.arrival_date);
  append_field_unless_empty(out, "Reporting-MTA", report.reporting_mta);
  append_source(out, report);
  for (const std::string& domain : report.reported_domain) {
    append_field(out, "Reported-Domain", domain);
  }
  for (const std::string& uri : report.reported_uri) append_field(out, "Reported-URI", uri);
  if (report.incidents > 1) append_field(out, "Incidents", std::to_string(report.incidents));
  for (const OtherField& field : report.other_fields) append_field(out, field.name, field.value);
  return out;
}

std::string text_for_people(const Report& report, const Envelope& envelope) {
  std::string first = "This is an authentication failure report (RFC 9991) for an email message";
  if (!report.source_ip.empty()) first += " received from IP " + report.source_ip;
  if (!report.arrival_date.empty()) first += " on " + report.arrival_date;
  std::string out;
  detail::append_wrapped(out, first + ".");
  out += "\r\n";
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) detail::append_wrapped(out, std::string(name) + ": " + value);
  };
  line("Domain", joined(report.reported_domain));
  line("Failure", report.auth_failure);
  line("Failed to give an aligned pass", joined(report.identity_alignment));
  line("What became of the message", report.delivery_result);
  if (report.incidents > 1) line("Messages that failed alike", std::to_string(report.incidents));
  line("Contact", detail::clean_text(envelope.contact, 300));
  out += "\r\n";
  detail::append_wrapped(
      out,
      "What the message held may have been shortened, and addresses replaced, to "
      "keep private what is. Nobody reads answers to this mail unless a contact "
      "is named above.");
  return out;
}

bool is_plain(std::string_view octets) {
  return ascii::is_ascii(octets) && !octets.contains('\0') &&
         std::ranges::all_of(ascii::Pieces(octets, '\n'),
                             [](auto line) { return line.size() < 990; });
}

/// The third part with its header. RFC 2046 §5.2.1: message/rfc822 has no encoding but 7bit, 8bit.
std::string third_part(const Original& original) {
  const bool plain = is_plain(original.octets);
  if (original.form == OriginalForm::message) {
    return "Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n"
           "Content-Transfer-Encoding: " +
           std::string(ascii::is_ascii(original.octets) ? "7bit" : "8bit") + "\r\n\r\n" +
           original.octets;
  }
  std::string out = "Content-Type: text/rfc822-headers\r\nContent-Disposition: inline\r\n";
  out += std::string("Content-Transfer-Encoding: ") + (plain ? "7bit" : "base64") + "\r\n\r\n";
  if (plain) {
    out += original.octets;
  } else {
    mail::append_base64(out, original.octets);
  }
  return out;
}

/// A boundary that stands nowhere in the parts.
std::string boundary_for(const Envelope& envelope, const std::string& parts) {
  const std::string stem =
      "=_failure_" + std::to_string(envelope.date.time_since_epoch().count()) + "_";
  for (std::size_t number = parts.size();; ++number) {
    std::string boundary = stem + std::to_string(number);
    if (!parts.contains(boundary)) return boundary;
  }
}

}  // namespace

std::string subject(std::string_view header, std::string_view domain) {
  const mail::Header parsed = mail::parse_header(header);
  const auto fields = mail::fields_named(parsed, "Subject");
  if (fields.empty()) return "FW: authentication failure for " + detail::clean_domain(domain);
  const std::string raw = detail::unfolded(fields.front()->value);
  if (ascii::is_ascii(raw)) return "FW: " + detail::clean_text(raw, 400);
  // As encoded words, so that the field stays ASCII (RFC 5322 §2.2).
  return "FW: " + detail::clean_text(mail::encode_words(mail::one_line(raw, 200)), 400);
}

std::string write(const Report& report, const Envelope& envelope) {
  const Report clean = normalized(report);
  const std::string text = text_for_people(clean, envelope);
  const std::string fields = feedback(clean);
  const std::string third = third_part(clean.original);
  const std::string boundary = boundary_for(envelope, text + fields + third);
  const bool is_7bit = ascii::is_ascii(third);
  std::string out = "From: " + mail::from_value(envelope.from_name, envelope.from_address) +
                    "\r\nTo: " + mail::to_value(envelope.to) + "\r\n";
  out += "Date: " + mail::to_mail_date(envelope.date) + "\r\n";
  out += "Message-ID: " + message_id(envelope) + "\r\n";
  append_field(out, "Subject",
               subject(clean.original.octets,
                       clean.reported_domain.empty() ? "a domain" : clean.reported_domain.front()));
  out += "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n";  // RFC 3834 §5
  // RFC 5965 §2
  out += "Content-Type: multipart/report; report-type=feedback-report;\r\n boundary=\"" + boundary +
         "\"\r\n";
  out += std::string("Content-Transfer-Encoding: ") + (is_7bit ? "7bit" : "8bit") + "\r\n\r\n";
  out += "--" + boundary + "\r\n";
  out += "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n";
  out += text + "\r\n--" + boundary + "\r\n";
  // RFC 5965 §2 item e: this part is 7bit.
  out += "Content-Type: message/feedback-report\r\nContent-Transfer-Encoding: 7bit\r\n\r\n";
  out += fields;
  if (clean.original.form != OriginalForm::none) out += "\r\n--" + boundary + "\r\n" + third;
  return out + "\r\n--" + boundary + "--\r\n";
}

}  // namespace assay::failure
