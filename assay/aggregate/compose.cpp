#include "assay/aggregate/compose.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/time.h"
#include "assay/base/utf8.h"

namespace assay::aggregate {
namespace {

constexpr std::size_t line_octets = 76;  // RFC 2045 §6.8

/// One line of harmless UTF-8: control characters and line breaks are spaces.
std::string one_line(std::string_view octets) {
  std::string text;
  while (!octets.empty()) {
    const utf8::CodePoint next = utf8::decode(octets);
    const std::size_t size = std::max<std::size_t>(next.octets, 1);
    if (next.octets == 0) {
      utf8::append(text, utf8::replacement);
    } else if (utf8::is_harmless(next.value)) {
      text += octets.substr(0, size);
    } else {
      text += ' ';
    }
    octets.remove_prefix(size);
  }
  return text;
}

bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, ascii::is_octet_above_127);
}

/// The same without what an address cannot hold; no comma can add another.
std::string address(std::string_view text) {
  std::string clean;
  for (const char c : text) {
    const bool special = c == ',' || c == '<' || c == '>' || c == ';' || c == '(' || c == ')';
    if (!special && (ascii::is_graph(c) || ascii::is_octet_above_127(c))) clean += c;
  }
  return clean;
}

/// Encoded words (RFC 2047 §2) of at most 75 octets each, none of which divides a character.
std::string encoded_words(std::string_view text) {
  constexpr std::size_t most = 42;  // octets whose base64, with the frame, stay below 75
  std::string words;
  while (!text.empty()) {
    std::size_t size = 0;
    while (size < text.size()) {
      const std::size_t next = std::max<std::size_t>(utf8::decode(text.substr(size)).octets, 1);
      if (size + next > most) break;
      size += next;
    }
    if (!words.empty()) words += "\r\n ";
    words += "=?UTF-8?B?" + base64::encode(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return words;
}

std::string display_name(std::string_view name) {
  const std::string text = one_line(name.substr(0, 200));
  if (!is_ascii(text)) return encoded_words(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string from_field(const ReportMail& mail) {
  const std::string angle = "<" + address(mail.from_address) + ">";
  return mail.from_name.empty() ? angle : display_name(mail.from_name) + "\r\n " + angle;
}

std::string to_field(const ReportMail& mail) {
  std::string field;
  for (const std::string& to : mail.to) {
    if (!field.empty()) field += ",\r\n ";
    field += "<" + address(to) + ">";
  }
  return field;
}

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
  append_wrapped(text, one_line("This is a DMARC aggregate report (RFC 9990) about mail that says "
                                "it comes from " +
                                name.policy_domain + "."));
  text += "\r\n";
  append_wrapped(text, one_line("Reported by: " + name.receiver));
  append_wrapped(text, "Period: " + to_rfc3339(name.begin) + " to " + to_rfc3339(name.end));
  if (!name.unique_id.empty()) append_wrapped(text, one_line("Report-ID: " + name.unique_id));
  append_wrapped(text, "Messages: " + std::to_string(mail.messages) + ", in " +
                           std::to_string(mail.records) + " records");
  if (!mail.contact.empty()) append_wrapped(text, one_line("Contact: " + mail.contact));
  if (!mail.notes.empty()) text += "\r\n";
  for (const std::string& note : mail.notes) append_wrapped(text, "* " + one_line(note));
  text += "\r\n";
  append_wrapped(text,
                 "The report itself is attached. It is meant for programs to read. Nobody "
                 "reads answers to this mail unless a contact is named above.");
  return text;
}

void append_base64(std::string& out, std::string_view octets) {
  constexpr std::size_t octets_per_line = line_octets / 4 * 3;
  constexpr std::size_t block = octets_per_line * 1'000;
  out.reserve(out.size() + octets.size() / octets_per_line * (line_octets + 2) + 2 * line_octets);
  while (!octets.empty()) {
    const std::string text = base64::encode(octets.substr(0, block));
    for (std::size_t at = 0; at < text.size(); at += line_octets) {
      out.append(text, at, line_octets);
      out += "\r\n";
    }
    octets.remove_prefix(std::min(block, octets.size()));
  }
}

void append_text_part(std::string& out, const ReportMail& mail) {
  const std::string text = text_for_people(mail);
  // RFC 5321 §4.5.3.1.6: a longer line may be broken on the way.
  const bool plain =
      is_ascii(text) &&
      std::ranges::all_of(ascii::Pieces(text, '\n'), [](auto line) { return line.size() < 900; });
  out += "Content-Type: text/plain; charset=utf-8\r\n";
  out += plain ? "Content-Transfer-Encoding: 7bit\r\n\r\n"
               : "Content-Transfer-Encoding: base64\r\n\r\n";
  if (plain) {
    out += text;
  } else {
    append_base64(out, text);
  }
}

std::string message_id(const ReportMail& mail, const std::string& file) {
  const std::string left = is_unique_id(mail.name.unique_id) ? mail.name.unique_id : [&] {
    std::string clean;  // the name of the file, with "!" which a dot-atom may hold
    for (const char c : file) clean += ascii::is_alnum(c) || c == '-' || c == '!' ? c : '_';
    return clean;
  }();
  std::string domain = address(mail.name.receiver);
  std::erase(domain, '@');
  return "<" + left + "@" + domain + ">";
}

}  // namespace

std::string to_mail_date(Instant at) {
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::weekday weekday{day};
  const std::chrono::year_month_day date{day};
  const std::string iso = to_rfc3339(at);  // 2026-05-01T12:00:00Z
  return std::string(days.substr(std::size_t{3} * weekday.c_encoding(), 3)) + ", " +
         iso.substr(8, 2) + " " +
         std::string(months.substr(std::size_t{3} * (static_cast<unsigned>(date.month()) - 1), 3)) +
         " " + iso.substr(0, 4) + " " + iso.substr(11, 8) + " +0000";
}

std::string compose(const ReportMail& mail) {
  const std::string file = file_name(mail.name);
  // No line of the parts begins with two hyphens: not in base64, and append_line sees to the text.
  const std::string boundary = "=_report_" + std::to_string(mail.date.time_since_epoch().count()) +
                               "_" + std::to_string(mail.attachment.size());
  std::string out = "From: " + from_field(mail) + "\r\n";
  out += "To: " + to_field(mail) + "\r\n";
  out += "Date: " + to_mail_date(mail.date) + "\r\n";
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
  append_base64(out, mail.attachment);
  out += "\r\n--" + boundary + "--\r\n";
  return out;
}

}  // namespace assay::aggregate
