#include "system/telling/letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/crypto/digest.h"
#include "assay/crypto/hmac.h"
#include "assay/mail/compose.h"
#include "assay/mail/mail_date.h"
#include "system/analysis/alerts.h"
#include "system/json/writer.h"

namespace assay::telling {
namespace {

using store::Alert;
using store::AlertChange;
using store::AlertEvent;
using store::Letter;
using store::LetterKind;

constexpr std::size_t max_told = 50;  ///< alerts in one letter in full
constexpr std::size_t max_subject = 200;

bool is_for(const config::Scoped& scoped, std::string_view domain) {
  const std::string& whose = scoped.domain;
  return domain == whose || (domain.size() > whose.size() && domain.ends_with(whose) &&
                             domain[domain.size() - whose.size() - 1] == '.');
}

std::string hex(std::string_view octets) {
  std::string text;
  for (const char c : octets) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string domain_of(std::string_view address) {
  return std::string(address.substr(address.rfind('@') + 1));
}

std::string_view headline_of(AlertEvent event) {
  switch (event) {
    case AlertEvent::opened:
    case AlertEvent::again:
      return "Alert";
    case AlertEvent::worse:
      return "Worse";
    case AlertEvent::over:
    case AlertEvent::closed:
      return "Over";
  }
  return "Alert";
}

AlertEvent event_of(const AlertChange& change) {
  return change.event.value_or(AlertEvent::opened);
}

/// One alert, as it stands in a mail.
std::string in_words(const AlertChange& change) {
  const Alert& alert = change.alert;
  const AlertEvent event = event_of(change);
  std::string text = fmt::format("{} ({}, {}): {}.\n", headline_of(event), alert.rule,
                                 store::to_text(alert.severity), alert.what);
  if (!alert.evidence.empty()) text += fmt::format("  Evidence: {}.\n", alert.evidence);
  if (event != AlertEvent::over && !alert.advice.empty()) {
    text += fmt::format("  To do: {}\n", alert.advice);
  }
  text += fmt::format("  Since {}{}; alert {}\n", to_rfc3339(alert.since),
                      alert.until ? ", over at " + to_rfc3339(*alert.until) : "", alert.id);
  return text;
}

std::string subject_of(std::span<const AlertChange> told) {
  const AlertChange& first = told.front();
  std::string text = fmt::format("{}: {}", headline_of(event_of(first)), first.alert.what);
  if (told.size() > 1) text = fmt::format("{} (and {} more)", text, told.size() - 1);
  return text;
}

std::string mail_text(std::span<const AlertChange> told) {
  std::string text;
  for (const AlertChange& each : told.first(std::min(told.size(), max_told))) {
    text += (text.empty() ? "" : "\n") + in_words(each);
  }
  if (told.size() > max_told) {
    text += fmt::format("\n{} more: assay alert list\n", told.size() - max_told);
  }
  return text + "\nassay alert list shows what is open, assay alert close ID closes an alert.\n";
}

/// {"type":"alerts","at":…,"alerts":[{"event":…,"alert":{…}}]}
std::string webhook_body(std::span<const AlertChange> told, Instant now) {
  json::Writer out;
  out.begin_object();
  out.member("type", "alerts");
  out.member("at", to_rfc3339(now));
  out.key("alerts");
  out.begin_array();
  for (const AlertChange& each : told) {
    out.begin_object();
    out.member("event", store::to_text(event_of(each)));
    out.key("alert");
    out.raw(analysis::to_json(each.alert));
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take();
}

/// A line of text in a header, folded by encoded words where it must be (RFC 2047 §5). The words of
/// a Subject are short enough for one or a few.
std::string header_text(std::string_view text) {
  const std::string line = mail::one_line(text, max_subject);
  if (ascii::is_ascii(line)) return line;
  std::string out;
  constexpr std::size_t most = 42;  // octets of an encoded word, so that its line stays below 76
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = std::min(at + most, line.size());
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80) --end;
    std::string encoded;
    mail::append_base64(encoded, std::string_view(line).substr(at, end - at));
    std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
    out += (out.empty() ? "=?utf-8?B?" : "\r\n =?utf-8?B?") + encoded + "?=";
    at = end;
  }
  return out;
}

void append_part(std::string& out, std::string_view type, std::string_view text) {
  out += "Content-Type: " + std::string(type) +
         "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  std::string lines;
  for (const char c : text) {
    if (c == '\n') lines += '\r';
    lines += c;
  }
  mail::append_base64(out, lines);
}

using ByRecipient = std::map<std::string, std::vector<AlertChange>>;

ByRecipient sorted_out(std::span<const config::Scoped> recipients,
                       std::span<const AlertChange> told) {
  ByRecipient all;
  for (const AlertChange& each : told) {
    for (const std::string& to : recipients_for(recipients, each.alert.domain)) {
      all[to].push_back(each);
    }
  }
  // What matters most stands first.
  for (auto& [to, list] : all) {
    std::ranges::sort(list, [](const AlertChange& one, const AlertChange& other) {
      const store::Alert& a = one.alert;
      const store::Alert& b = other.alert;
      if (a.severity != b.severity) return a.severity > b.severity;
      return std::tie(a.domain, a.rule, a.cause) < std::tie(b.domain, b.rule, b.cause);
    });
  }
  return all;
}

std::string about(std::size_t number) {
  return number == 1 ? "1 alert" : std::to_string(number) + " alerts";
}

}  // namespace

std::vector<std::string> recipients_for(std::span<const config::Scoped> all,
                                        std::string_view domain) {
  std::vector<std::string> found;
  const auto add = [&](const config::Scoped& each) {
    if (std::ranges::find(found, each.value) == found.end()) found.push_back(each.value);
  };
  for (const config::Scoped& each : all) {
    if (each.domain.empty() || (!domain.empty() && is_for(each, domain))) add(each);
  }
  if (!found.empty() || !domain.empty()) return found;
  std::ranges::for_each(all, add);
  return found;
}

std::set<std::string> domains_for(std::span<const config::Scoped> all, std::string_view recipient,
                                  std::span<const std::string> domains) {
  std::set<std::string> found;
  for (const config::Scoped& each : all) {
    if (each.value != recipient) continue;
    if (each.domain.empty()) return {};
    found.insert(each.domain);  // also where nothing is known of it yet
    for (const std::string& domain : domains) {
      if (is_for(each, domain)) found.insert(domain);
    }
  }
  return found;
}

// RFC 3834 §5: nobody's program answers it. RFC 2046 §5.1.4: the best form stands last.
std::string compose(const WordsMail& mail) {
  const std::string id =
      hex(crypto::digest(crypto::DigestKind::sha256, mail.to + '\n' + mail.subject + '\n' +
                                                         to_rfc3339(mail.date) + '\n' + mail.text));
  constexpr std::size_t id_octets = 32;
  const std::string name = id.substr(0, id_octets);
  std::string out = "From: " + mail::from_value("Assay", mail.from) + "\r\n";
  out += "To: " + mail::to_value(std::vector{mail.to}) + "\r\n";
  out += "Date: " + mail::to_mail_date(mail.date) + "\r\n";
  out += "Message-ID: <" + name + "@" + mail::clean_address(domain_of(mail.from)) + ">\r\n";
  out += "Subject: " + header_text(mail.subject) + "\r\n";
  out += "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\nPrecedence: bulk\r\n";
  if (mail.html.empty()) {
    append_part(out, "text/plain", mail.text);
    return out;
  }
  const std::string boundary = "=_" + name;  // no line of base64 holds it
  out += "Content-Type: multipart/alternative;\r\n boundary=\"" + boundary + "\"\r\n\r\n";
  out += "--" + boundary + "\r\n";
  append_part(out, "text/plain", mail.text);
  out += "\r\n--" + boundary + "\r\n";
  append_part(out, "text/html", mail.html);
  return out + "\r\n--" + boundary + "--\r\n";
}

std::vector<Letter> write_alerts(const Telling& telling, std::span<const AlertChange> told,
                                 Instant now) {
  std::vector<Letter> letters;
  for (const auto& [to, list] : sorted_out(telling.mails, told)) {
    letters.push_back({.kind = LetterKind::mail,
                       .to = to,
                       .about = about(list.size()),
                       .octets = compose({.from = telling.from,
                                          .to = to,
                                          .subject = subject_of(list),
                                          .date = now,
                                          .text = mail_text(list)}),
                       .created = now,
                       .next = now});
  }
  for (const auto& [to, list] : sorted_out(telling.webhooks, told)) {
    letters.push_back({.kind = LetterKind::webhook,
                       .to = to,
                       .about = about(list.size()),
                       .octets = webhook_body(list, now),
                       .created = now,
                       .next = now});
  }
  return letters;
}

Letter write_digest(const Telling& telling, const std::string& to,
                    const analysis::WeekDigest& digest, Instant now) {
  return {.kind = LetterKind::mail,
          .to = to,
          .about = "digest of " + analysis::to_text(digest.week.from),
          .octets = compose({.from = telling.from,
                             .to = to,
                             .subject = analysis::subject_of(digest),
                             .date = now,
                             .text = analysis::to_text(digest),
                             .html = analysis::to_html(digest)}),
          .created = now,
          .next = now};
}

std::string signature_of(std::string_view secret, std::string_view body, Instant now) {
  const std::string time = std::to_string(now.time_since_epoch().count());
  const std::string signed_text = time + "." + std::string(body);
  return "t=" + time + ",v1=" + hex(crypto::hmac_sha256(secret, signed_text));
}

}  // namespace assay::telling
