#include "assay/aggregate/compose.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/mail/compose.h"
#include "assay/mail/mail_date.h"

namespace assay::aggregate {
namespace {

constexpr std::size_t line_octets = 76;  // RFC 2045 §6.8

/// Folded before each word that names what follows (RFC 9990 §3.5.2).
std::string folded(std::string text) {
  for (const std::string_view word : {" Submitter:", " Report-ID:"}) {
    if (const std::size_t at = text.find(word); at != std::string::npos) text.insert(at, "\r\n");
  }
  return text;
}

/// A line that is no boundary of parts, whatever it holds.
void append_line(std::string& out, std::string_view line) {
  if (line.starts_with("--")) out += ' ';
  out += line;
  out += "\r\n";
}

/// Lines of at most 76 octets, broken at spaces where there are some.
void append_wrapped(std::string& out, std::string_view text) {
  while (text.size() > line_octets) {
    std::size_t end = text.rfind(' ', line_octets);
    if (end == std::string_view::npos || end == 0) end = text.find(' ', line_octets);
    if (end == std::string_view::npos) break;
    append_line(out, text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  append_line(out, text);
}

std::string text_for_people(const ReportMail& mail) {
  const ReportName& name = mail.name;
  std::string text;
  append_wrapped(text,
                 mail::one_line("This is a DMARC aggregate report (RFC 9990) about mail that says "
                                "it comes from " +
                                name.policy_domain + "."));
  text += "\r\n";
  append_wrapped(text, mail::one_line("Reported by: " + name.receiver));
  append_wrapped(text, "Period: " + to_rfc3339(name.begin) + " to " + to_rfc3339(name.end));
  if (!name.unique_id.empty()) append_wrapped(text, mail::one_line("Report-ID: " + name.unique_id));
  append_wrapped(text, "Messages: " + std::to_string(mail.messages) + ", in " +
                           std::to_string(mail.records) + " records");
  if (!mail.contact.empty()) append_wrapped(text, mail::one_line("Contact: " + mail.contact));
  if (!mail.notes.empty()) text += "\r\n";
  for (const std::string& note : mail.notes) append_wrapped(text, "* " + mail::one_line(note));
  text += "\r\n";
  append_wrapped(text,
                 "The report itself is attached. It is meant for programs to read. Nobody "
                 "reads answers to this mail unless a contact is named above.");
  return text;
}

void append_text_part(std::string& out, const ReportMail& mail) {
  const std::string text = text_for_people(mail);
  // RFC 5321 §4.5.3.1.6: a longer line may be broken on the way.
  const bool plain =
      ascii::is_ascii(text) &&
      std::ranges::all_of(ascii::Pieces(text, '\n'), [](auto line) { return line.size() < 900; });
  out += "Content-Type: text/plain; charset=utf-8\r\n";
  out += plain ? "Content-Transfer-Encoding: 7bit\r\n\r\n"
               : "Content-Transfer-Encoding: base64\r\n\r\n";
  if (plain) {
    out += text;
  } else {
    mail::append_base64(out, text);
  }
}

std::string message_id(const ReportMail& mail, const std::string& file) {
  const std::string left = is_unique_id(mail.name.unique_id) ? mail.name.unique_id : [&] {
    std::string clean;  // the name of the file, with "!" which a dot-atom may hold
    for (const char c : file) clean += ascii::is_alnum(c) || c == '-' || c == '!' ? c : '_';
    return clean;
  }();
  std::string domain = mail::clean_address(mail.name.receiver);
  std::erase(domain, '@');
  return "<" + left + "@" + domain + ">";
}

}  // namespace

std::string compose(const ReportMail& mail) {
  const std::string file = file_name(mail.name);
  // No line of the parts begins with two hyphens: not in base64, and append_line sees to the text.
  const std::string boundary = "=_report_" + std::to_string(mail.date.time_since_epoch().count()) +
                               "_" + std::to_string(mail.attachment.size());
  std::string out = "From: " + mail::from_value(mail.from_name, mail.from_address) + "\r\n";
  out += "To: " + mail::to_value(mail.to) + "\r\n";
  out += "Date: " + mail::to_mail_date(mail.date) + "\r\n";
  out += "Message-ID: " + message_id(mail, file) + "\r\n";
  out += "Subject: " +
         folded(subject(mail.name.policy_domain, mail.name.receiver, mail.name.unique_id)) + "\r\n";
  out += "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n";  // RFC 3834 §5
  out += "Content-Type: multipart/mixed;\r\n boundary=\"" + boundary + "\"\r\n\r\n";
  out += "--" + boundary + "\r\n";
  append_text_part(out, mail);
  out += "\r\n--" + boundary + "\r\n";
  // RFC 9990 §3.5.2
  out += mail.name.packing == Packing::gzip ? "Content-Type: application/gzip;\r\n"
                                            : "Content-Type: text/xml; charset=utf-8;\r\n";
  out += " name=\"" + file + "\"\r\n";
  out += "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n filename=\"" +
         file + "\"\r\n\r\n";
  mail::append_base64(out, mail.attachment);
  out += "\r\n--" + boundary + "--\r\n";
  return out;
}

}  // namespace assay::aggregate
