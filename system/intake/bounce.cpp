#include "system/intake/bounce.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/mail/header.h"

namespace assay::intake {
namespace {

constexpr std::size_t most_recipients = 100;
constexpr std::size_t most_addresses = 50;
constexpr std::size_t most_report_ids = 20;
constexpr std::size_t longest_value = 500;
constexpr std::size_t longest_address = 320;
/// Of the text for people: what stands in front of the mail that comes back.
constexpr std::size_t longest_text = 32'768;

std::string unfolded(std::string_view value) {
  std::string text;
  for (const char c : ascii::trim_fws(value).substr(0, 4 * longest_value)) {
    const char plain = ascii::is_fws(c) ? ' ' : c;
    if (plain != ' ' || text.empty() || text.back() != ' ') text += plain;
  }
  return ascii::printable(text, longest_value);
}

/// What looks like an address, whatever stands around it.
void add_addresses(std::string_view text, std::vector<std::string>& addresses) {
  constexpr std::string_view around = " \t\r\n<>(),;\"[]";
  while (!text.empty() && addresses.size() < most_addresses) {
    const std::size_t end = std::min(text.find_first_of(around), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (word.ends_with(':') || word.ends_with('.')) word.remove_suffix(1);
    const std::size_t at = word.rfind('@');
    if (at == 0 || at >= word.size() - 1 || word.size() > longest_address) continue;
    if (std::ranges::all_of(word, ascii::is_graph)) addresses.emplace_back(word);
  }
}

/// "rfc822; user@example.com": the address alone.
std::string address_of(std::string_view value) {
  std::vector<std::string> found;
  add_addresses(value.substr(value.find(';') == std::string_view::npos ? 0 : value.find(';') + 1),
                found);
  return found.empty() ? std::string() : found.front();
}

// ---- Codes in text -----------------------------------------------------------------------------

/// The digits at a place.
std::string_view digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && ascii::is_digit(text[end])) ++end;
  return text.substr(at, end - at);
}

/// "5.1.1" where it begins at `at`, and is no piece of an address or a version (RFC 3463 §2).
std::optional<std::string_view> status_at(std::string_view text, std::size_t at) {
  constexpr std::string_view classes = "245";
  if (!classes.contains(text[at])) return std::nullopt;
  if (at > 0 && (ascii::is_alnum(text[at - 1]) || text[at - 1] == '.')) return std::nullopt;
  if (digits_at(text, at).size() != 1) return std::nullopt;
  std::size_t end = at + 1;
  for (int part = 0; part < 2; ++part) {
    if (end >= text.size() || text[end] != '.') return std::nullopt;
    const std::size_t size = digits_at(text, end + 1).size();
    if (size == 0 || size > 3) return std::nullopt;
    end += 1 + size;
  }
  const bool goes_on = end + 1 < text.size() && text[end] == '.' && ascii::is_digit(text[end + 1]);
  if (goes_on || (end < text.size() && ascii::is_alpha(text[end]))) return std::nullopt;
  return text.substr(at, end - at);
}

std::string find_status(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const auto status = status_at(text, at)) return std::string(*status);
  }
  return {};
}

/// The class of an SMTP reply, "550 no such user", that stands at the beginning of `line` or behind
/// a mark (RFC 5321 §4.2): '4', '5', or 0.
char reply_class(std::string_view line) {
  for (std::size_t at = 0; at + 3 < line.size(); ++at) {
    const bool begins = at == 0 || line[at - 1] == ' ' || line[at - 1] == ':' ||
                        line[at - 1] == '(' || line[at - 1] == '<' || line[at - 1] == ';';
    if (!begins || (line[at] != '4' && line[at] != '5')) continue;
    const std::string_view code = digits_at(line, at);
    const bool goes_on = line[at + 3] == ' ' || line[at + 3] == '-' || line[at + 3] == '#';
    if (code.size() == 3 && code[1] <= '5' && goes_on) return code[0];
  }
  return 0;
}

// ---- The delivery status (RFC 3464 §2) ---------------------------------------------------------

void read_field(const mail::Field& field, BouncedRecipient& one) {
  if (ascii::iequals(field.name, "Original-Recipient")) {
    one.original_recipient = address_of(field.value);
  } else if (ascii::iequals(field.name, "Final-Recipient")) {
    one.final_recipient = address_of(field.value);
  } else if (ascii::iequals(field.name, "Action")) {
    const std::string value = ascii::to_lower(unfolded(field.value));
    one.action = value.substr(0, std::min(value.find_first_of(" (;"), value.size()));
  } else if (ascii::iequals(field.name, "Status")) {
    one.status = find_status(field.value.substr(0, longest_value));
  } else if (ascii::iequals(field.name, "Diagnostic-Code")) {
    std::string text = unfolded(field.value);
    const std::size_t type = text.find(';');
    if (type < 20) text = std::string(ascii::trim_wsp(std::string_view(text).substr(type + 1)));
    one.diagnostic = std::move(text);
  }
}

/// The groups of fields of the part; the first is about the mail, the others about recipients. A
/// Final-Recipient begins another one also where the empty line was lost.
void read_status(std::string_view text, std::vector<BouncedRecipient>& recipients) {
  while (!text.empty() && recipients.size() < most_recipients) {
    const std::size_t end = mail::find_body(text);
    const mail::Header group = mail::parse_header(text, {.octets = 65'536, .fields = 1'000});
    BouncedRecipient one;
    const auto keep = [&] {
      const bool any = !one.final_recipient.empty() || !one.action.empty() || !one.status.empty();
      if (any && recipients.size() < most_recipients) recipients.push_back(std::move(one));
      one = {};
    };
    for (const mail::Field& field : group.fields) {
      if (ascii::iequals(field.name, "Final-Recipient") && !one.final_recipient.empty()) keep();
      read_field(field, one);
    }
    keep();
    if (end == std::string_view::npos) return;
    text.remove_prefix(end);
  }
}

// ---- The text for people -----------------------------------------------------------------------

/// Without the mail that comes back, which says what its sender wrote.
std::string_view in_front_of_copy(std::string_view text) {
  constexpr std::array<std::string_view, 6> marks = {
      "--- Below this line", "-- This is a copy",  "Original message headers",
      "-Original Message-",  "- Original message", "--- Returned mail"};
  text = text.substr(0, longest_text);
  for (const std::string_view mark : marks) text = text.substr(0, text.find(mark));
  return text;
}

template <std::size_t N>
bool has_any(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

/// Where no code is given, words of mail systems.
BounceFate fate_of_words(std::string_view text) {
  constexpr std::array<std::string_view, 8> passing = {
      "will be retried", "will retry",  "keep trying",    "still being retried",
      "still trying",    "not need to", "only a warning", "temporarily"};
  constexpr std::array<std::string_view, 12> for_good = {
      "permanent error", "permanent fatal", "permanent failure",   "i've given up",
      "user unknown",    "unknown user",    "no such user",        "no mailbox here",
      "does not exist",  "doesn't exist",   "mailbox unavailable", "recipient rejected"};
  const std::string words = ascii::to_lower(text);
  if (has_any(words, passing)) return BounceFate::temporary;
  return has_any(words, for_good) ? BounceFate::permanent : BounceFate::unknown;
}

/// The line that says most, and the code in it: one of the class 5 before one of the class 4.
BouncedRecipient read_text(std::string_view text) {
  BouncedRecipient found;
  char best = 0;
  for (const std::string_view line : ascii::Pieces(text, '\n')) {
    std::string status = find_status(line);
    if (status.starts_with('2')) status.clear();
    const char code = status.empty() ? reply_class(ascii::trim_fws(line)) : status.front();
    if (code <= best) continue;
    best = code;
    found.status = status.empty() ? std::string(1, code) + ".0.0" : std::move(status);
    found.diagnostic = unfolded(line);
  }
  const BounceFate words = best == 0 ? fate_of_words(text) : BounceFate::unknown;
  if (words == BounceFate::permanent) found.status = "5.0.0";
  if (words == BounceFate::temporary) found.status = "4.0.0";
  if (found.diagnostic.empty()) found.diagnostic = unfolded(text.substr(0, longest_value));
  return found;
}

// ---- The mail ----------------------------------------------------------------------------------

bool is_daemon(std::string_view from) {
  constexpr std::array<std::string_view, 4> names = {"mailer-daemon", "postmaster@", "mail-daemon",
                                                     "mailerdaemon"};
  return has_any(ascii::to_lower(from.substr(0, 1'000)), names);
}

bool is_subject_of_bounce(std::string_view subject) {
  constexpr std::array<std::string_view, 9> words = {"undeliver",
                                                     "delivery status notification",
                                                     "delivery failure",
                                                     "returned mail",
                                                     "failure notice",
                                                     "delivery failed",
                                                     "mail delivery",
                                                     "returning message to sender",
                                                     "could not be delivered"};
  return has_any(ascii::to_lower(subject.substr(0, 1'000)), words);
}

void read_fields(const mail::Header& header, Bounce& bounce, BouncedRecipient& named) {
  for (const std::string_view name : {"Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"}) {
    for (const mail::Field* field : mail::fields_named(header, name)) {
      add_addresses(field->value, bounce.addressed_to);
    }
  }
  const auto any = [&](std::string_view name, bool (*holds)(std::string_view)) {
    return std::ranges::any_of(mail::fields_named(header, name),
                               [&](const mail::Field* field) { return holds(field->value); });
  };
  bounce.is_notification = any("From", is_daemon) || any("Subject", is_subject_of_bounce);
  // Exim names the recipients in the header.
  for (const mail::Field* field : mail::fields_named(header, "X-Failed-Recipients")) {
    bounce.is_notification = true;
    if (named.final_recipient.empty()) named.final_recipient = address_of(field->value);
  }
}

/// "Report-ID: <x>" (RFC 9990 §3.5.2), also where the subject is folded or quoted.
void add_report_ids(std::string_view text, std::vector<std::string>& ids) {
  constexpr std::string_view mark = "Report-ID:";
  while (ids.size() < most_report_ids) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + mark.size());
    std::string_view rest = text.substr(0, 300);
    while (!rest.empty() && (ascii::is_fws(rest.front()) || rest.front() == '>')) {
      rest.remove_prefix(1);
    }
    if (!rest.starts_with('<') || !rest.contains('>')) continue;
    const std::string_view id = rest.substr(1, rest.find('>') - 1);
    if (std::ranges::all_of(id, ascii::is_graph)) ids.emplace_back(id);
  }
}

bool is_status(const MailPart& part) {
  return part.media_type == "message/delivery-status" ||
         part.media_type == "message/global-delivery-status";
}

bool is_text(const MailPart& part) {
  return part.media_type.empty() || part.media_type == "text/plain" ||
         part.media_type == "text/html";
}

}  // namespace

Bounce read_bounce(std::string_view octets, const MailLimits& limits) {
  Bounce bounce;
  MailParts parts = read_mail(octets, limits);
  bounce.findings = std::move(parts.findings);
  if (octets.size() > limits.octets) return bounce;
  BouncedRecipient named;
  read_fields(mail::parse_header(octets), bounce, named);
  add_report_ids(octets, bounce.report_ids);
  for (const MailPart& part : parts.parts) {
    add_report_ids(part.octets, bounce.report_ids);
    if (is_status(part)) read_status(part.octets, bounce.recipients);
  }
  std::ranges::sort(bounce.report_ids);
  const auto [last, end] = std::ranges::unique(bounce.report_ids);
  bounce.report_ids.erase(last, end);
  if (!bounce.recipients.empty()) {
    bounce.is_notification = true;
    return bounce;
  }
  if (!bounce.is_notification) return bounce;
  const auto text = std::ranges::find_if(parts.parts, is_text);
  BouncedRecipient one;
  if (text != parts.parts.end()) one = read_text(in_front_of_copy(text->octets));
  one.final_recipient = named.final_recipient;
  bounce.recipients.push_back(std::move(one));
  return bounce;
}

// RFC 3464 §2.3.3, RFC 3464 §2.3.4, RFC 3463 §2
BounceFate fate_of(const BouncedRecipient& recipient) {
  const std::string& action = recipient.action;
  if (action == "delivered" || action == "relayed" || action == "expanded") {
    return BounceFate::delivered;
  }
  if (action == "delayed") return BounceFate::temporary;
  char code = recipient.status.empty() ? reply_class(recipient.diagnostic) : recipient.status[0];
  if (code == '5') return BounceFate::permanent;
  if (code == '4') return BounceFate::temporary;
  if (code == '2' && action.empty()) return BounceFate::delivered;
  return BounceFate::unknown;
}

std::string_view to_text(BounceFate fate) {
  switch (fate) {
    case BounceFate::permanent:
      return "permanent";
    case BounceFate::temporary:
      return "temporary";
    case BounceFate::delivered:
      return "delivered";
    case BounceFate::unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace assay::intake
