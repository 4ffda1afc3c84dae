#include "assay/failure/detail/feedback.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"
#include "assay/failure/detail/fields.h"
#include "assay/failure/detail/parts.h"
#include "assay/failure/detail/text.h"
#include "assay/mail/header.h"
#include "assay/mail/mail_date.h"

namespace assay::failure::detail {
namespace {

void warn(Findings& findings, std::string_view code, std::string what,
          Level level = Level::warning) {
  add_bounded(findings, {.code = code, .what = std::move(what), .level = level});
}

std::string read_word(std::string_view value) {
  return ascii::to_lower(without_comments(unfolded(value)));
}

std::string read_plain(std::string_view value) {
  return without_comments(unfolded(value));
}

std::string read_quoted(std::string_view value) {
  return unquoted(read_plain(value));
}

std::string read_path(std::string_view value) {
  const std::string text = unfolded(value);
  const std::size_t end = text.rfind('>');
  if (text.starts_with('<') && end != std::string::npos) return text.substr(0, end + 1);
  return without_comments(text);
}

/// RFC 5321 §4.1.3, with or without brackets.
std::string read_address(std::string_view value) {
  const std::string text = read_plain(value);
  std::string_view address = text;
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  if (ascii::istarts_with(address, "IPv6:")) address.remove_prefix(5);
  const auto parsed = IpAddress::parse(address);
  return parsed ? to_text(*parsed) : text;
}

std::string read_base64(std::string_view value) {
  return decode_base64(value);
}

/// A field whose value is one text.
struct Once {
  std::string_view name;
  std::string Report::* member;
  std::string (*read)(std::string_view);
};

constexpr std::array<Once, 16> once_fields = {{
    {"feedback-type", &Report::feedback_type, read_word},
    {"user-agent", &Report::user_agent, unfolded},
    {"version", &Report::version, read_plain},
    {"auth-failure", &Report::auth_failure, read_word},
    {"delivery-result", &Report::delivery_result, read_word},
    {"arrival-date", &Report::arrival_date, unfolded},
    {"source-ip", &Report::source_ip, read_address},
    {"original-envelope-id", &Report::original_envelope_id, unfolded},
    {"original-mail-from", &Report::original_mail_from, read_path},
    {"dkim-domain", &Report::dkim_domain, read_plain},
    {"dkim-identity", &Report::dkim_identity, read_plain},
    {"dkim-selector", &Report::dkim_selector, read_plain},
    {"dkim-selector-dns", &Report::dkim_selector_dns, read_quoted},
    {"dkim-adsp-dns", &Report::dkim_adsp_dns, read_quoted},
    {"dkim-canonicalized-header", &Report::dkim_canonicalized_header, read_base64},
    {"dkim-canonicalized-body", &Report::dkim_canonicalized_body, read_base64},
}};
constexpr std::array<std::string_view, 5> other_once = {"reporting-mta", "source-port", "incidents",
                                                        "identity-alignment", "received-date"};

/// A field whose value is one of several texts.
struct Many {
  std::string_view name;
  std::vector<std::string> Report::* member;
  std::string (*read)(std::string_view);
};

constexpr std::array<Many, 4> many_fields = {{
    {"authentication-results", &Report::authentication_results, unfolded},
    {"original-rcpt-to", &Report::original_rcpt_to, read_path},
    {"reported-domain", &Report::reported_domain, read_plain},
    {"reported-uri", &Report::reported_uri, unfolded},
}};

SpfDns read_spf_dns(std::string_view value, Findings& findings) {
  const std::string text = unfolded(value);
  const auto pieces = split_outside(text, ':');  // RFC 6591 §4
  if (pieces.size() < 3) {
    warn(findings, "bad_spf_dns", "SPF-DNS is not a type, a domain and a record.");
    return {.type = "", .domain = "", .record = text};
  }
  std::string record = pieces[2];
  for (std::size_t i = 3; i < pieces.size(); ++i) record += ":" + pieces[i];
  return {.type = ascii::to_lower(pieces[0]), .domain = pieces[1], .record = unquoted(record)};
}

class Reader {
 public:
  Reader(std::size_t most_values, Findings& findings) : left_(most_values), findings_(findings) {
    report_.feedback_type.clear();
    report_.version.clear();
  }

  void take(const mail::Field& field) {
    const std::string name = ascii::to_lower(field.name);
    const auto once = std::ranges::find(once_fields, name, &Once::name);
    if (once != once_fields.end() || holds(other_once, name)) {
      if (holds(seen_, name)) return repeated(field);
      seen_.push_back(name);
    }
    if (once != once_fields.end()) {
      report_.*(once->member) = once->read(field.value);
    } else if (holds(other_once, name)) {
      take_other_once(name, field.value);
    } else {
      take_many(name, field);
    }
  }

  Report finish() {
    if (has("arrival-date") && has("received-date")) {
      // RFC 5965 §3.2
      warn(findings_, "two_dates", "Arrival-Date and Received-Date exclude each other.",
           Level::error);
    }
    check_required();
    check_values();
    return std::move(report_);
  }

 private:
  bool has(std::string_view name) const { return holds(seen_, name); }

  bool spend() {
    if (left_ == 0) {
      if (!cut_) warn(findings_, "too_many_fields", "There are more fields than are read.");
      cut_ = true;
      return false;
    }
    --left_;
    return true;
  }

  void keep(const mail::Field& field) {
    if (spend()) report_.other_fields.push_back({std::string(field.name), unfolded(field.value)});
  }

  void repeated(const mail::Field& field) {
    warn(findings_, "repeated_field",
         ascii::printable(field.name, 40) + " stands more than once; the first counts.");
    keep(field);
  }

  void take_other_once(std::string_view name, std::string_view value) {
    if (name == "reporting-mta") {
      report_.reporting_mta = unfolded(value);
    } else if (name == "identity-alignment") {
      take_alignment(value);
    } else if (name == "received-date") {  // RFC 5965 §3.2
      warn(findings_, "received_date", "Received-Date is the historic Arrival-Date.", Level::info);
      if (!has("arrival-date")) report_.arrival_date = unfolded(value);
    } else {
      take_number(name, value);
    }
  }

  void take_number(std::string_view name, std::string_view value) {
    const auto number = ascii::parse_number(read_plain(value));
    if (name == "source-port") {
      if (number && *number <= std::numeric_limits<std::uint16_t>::max()) {
        report_.source_port = static_cast<std::uint16_t>(*number);
      } else {
        warn(findings_, "bad_source_port", "Source-Port is no port.");
      }
    } else if (number && *number > 0 && *number <= std::numeric_limits<std::uint32_t>::max()) {
      report_.incidents = static_cast<std::uint32_t>(*number);
    } else {
      warn(findings_, "bad_incidents", "Incidents is no number of 32 bits above 0.");
    }
  }

  /// RFC 9991 §4
  void take_alignment(std::string_view value) {
    bool bad = false;
    for (const std::string& piece : split_outside(unfolded(value), ',')) {
      std::string word = ascii::to_lower(piece);
      bad = bad || (word != "dkim" && word != "spf" && word != "none") ||
            holds(report_.identity_alignment, word) || holds(report_.identity_alignment, "none");
      if (!word.empty() && spend()) report_.identity_alignment.push_back(std::move(word));
    }
    if (bad) {
      warn(findings_, "bad_identity_alignment",
           "Identity-Alignment is neither none nor dkim and spf, each at most once.");
    }
  }

  void take_many(std::string_view name, const mail::Field& field) {
    const auto many = std::ranges::find(many_fields, name, &Many::name);
    if (many == many_fields.end() && name != "spf-dns") return keep(field);  // RFC 5965 §7.1
    if (!spend()) return;
    if (name == "spf-dns") {
      report_.spf_dns.push_back(read_spf_dns(field.value, findings_));
      return;
    }
    std::string text = many->read(field.value);
    if (!text.empty()) (report_.*(many->member)).push_back(std::move(text));
  }

  void check_required() {
    if (report_.feedback_type.empty()) {
      warn(findings_, "no_feedback_type", "Feedback-Type is missing; auth-failure is assumed.");
      report_.feedback_type = "auth-failure";
    }
    if (report_.version.empty()) {
      warn(findings_, "no_version", "Version is missing; 1 is assumed.");
      report_.version = "1";
    } else if (report_.version != "1") {
      warn(findings_, "odd_version", "Version is not 1.");
    }
    if (report_.user_agent.empty()) warn(findings_, "no_user_agent", "User-Agent is missing.");
    if (report_.feedback_type != "auth-failure") {
      warn(findings_, "other_feedback_type", "This is feedback of another type than auth-failure.",
           Level::info);
      return;
    }
    if (report_.auth_failure.empty()) {
      warn(findings_, "no_auth_failure", "Auth-Failure is missing.");
    }
    if (report_.identity_alignment.empty() &&
        (report_.auth_failure.empty() || report_.auth_failure == "dmarc")) {
      warn(findings_, "no_identity_alignment", "Identity-Alignment is missing.");
    }
  }

  void check_values() {
    if (!report_.source_ip.empty() && !IpAddress::parse(report_.source_ip)) {
      warn(findings_, "bad_source_ip", "Source-IP is no address.");
    }
    if (!report_.arrival_date.empty() && !mail::parse_mail_date(report_.arrival_date)) {
      warn(findings_, "bad_arrival_date", "Arrival-Date is no date of RFC 5322.");
    }
    constexpr std::array<std::string_view, 6> results = {"",       "delivered", "spam",
                                                         "policy", "reject",    "other"};
    if (!holds(results, report_.delivery_result)) {
      warn(findings_, "unknown_delivery_result",
           "Delivery-Result is none of delivered, spam, policy, reject, other.");
    }
  }

  Report report_ = {};
  std::vector<std::string> seen_ = {};
  std::size_t left_;
  bool cut_ = false;
  Findings& findings_;
};

}  // namespace

Report read_feedback(std::string_view octets, std::size_t most_values, Findings& findings) {
  while (octets.starts_with('\n') || octets.starts_with('\r')) octets.remove_prefix(1);
  const mail::Header header = mail::parse_header(octets);
  if (!header.left_out.empty()) {
    warn(findings, "bad_fields", "Lines of the report are no fields.",
         header.fields.empty() ? Level::error : Level::warning);
  }
  Reader reader(most_values, findings);
  for (const mail::Field& field : header.fields) reader.take(field);
  return reader.finish();
}

}  // namespace assay::failure::detail
