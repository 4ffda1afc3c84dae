#include "assay/tlsrpt/detail/report_fields.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/ip_address.h"
#include "assay/base/loose_time.h"
#include "assay/tlsrpt/detail/words.h"

namespace assay::tlsrpt::detail {
namespace {

constexpr std::size_t most_notes = 95;

std::string quoted(std::string_view text) {
  return "\"" + ascii::printable(text, 60) + "\"";
}

std::uint64_t bit(Node node) {
  return std::uint64_t{1} << static_cast<unsigned>(node);
}

/// Values that belong to `node` or to objects within it.
std::uint64_t values_of(Node node) {
  std::uint64_t all = 0;
  for (const Member& member : members(node)) {
    all |= is_object(member.node) ? values_of(member.node) : bit(member.node);
  }
  return all;
}

std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
  return a + std::min(b, std::numeric_limits<std::uint64_t>::max() - a);
}

struct Time {
  Instant at = {};
  bool right = false;
};
/// RFC 3339, or what else parse_loose_instant reads.
std::optional<Time> read_time(const std::string& text) {
  const auto loose = parse_loose_instant(text);
  if (!loose) return std::nullopt;
  return Time{.at = *loose,
              .right = text.contains('-') && parse_instant(text).has_value() &&
                       text.find(' ') == std::string::npos};
}

/// The word of RFC 8460 that was meant by one in other letters or with other marks; else empty.
std::string_view meant(std::string_view text, std::span<const std::string_view> words) {
  std::string plain = ascii::to_lower(text);
  std::ranges::replace(plain, '_', '-');
  std::ranges::replace(plain, ' ', '-');
  const auto found = std::ranges::find(words, plain);
  return found == words.end() ? std::string_view() : *found;
}

/// The address in "[192.0.2.1]" or "IPv6:2001:db8::1"; the text itself where there is none.
std::string_view bare_address(std::string_view text) {
  std::string_view bare = text;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  if (ascii::istarts_with(bare, "IPv6:")) bare.remove_prefix(5);
  return IpAddress::parse(bare) ? bare : text;
}

/// "1,234" is 1234 where the commas stand between thousands.
std::optional<std::uint64_t> read_count(std::string_view text) {
  std::string digits;
  for (const std::string_view group : ascii::Pieces(text, ',')) {
    const bool first = digits.empty();
    if (first ? group.empty() || (group.size() > 3 && group.size() != text.size())
              : group.size() != 3) {
      return std::nullopt;
    }
    digits += group;
  }
  return ascii::parse_number(digits);
}

}  // namespace

void Fields::note(Level level, std::string_view code, std::string what) {
  const auto known = std::ranges::find_if(notes_, [&](const Note& one) {
    return one.finding.code == code && one.finding.what == what;
  });
  if (known != notes_.end()) {
    ++known->times;
  } else if (notes_.size() < most_notes) {
    notes_.push_back(
        {.finding = {.code = code, .what = std::move(what), .at = position_, .level = level},
         .policy = entry_});
  } else {
    ++other_notes_;
  }
}

void Fields::begin(Node node) {
  if (node == Node::report) seen_report = true;
  if (node == Node::entry) {
    entry_ = report_.policies.size() + 1;
    policy_ = {};
  }
  if (node == Node::failure_detail) detail_ = {};
  if (node == Node::entry || node == Node::failure_detail) has_ &= ~values_of(node);
}

void Fields::finish(Node node) {
  if (node == Node::failure_detail) finish_detail();
  if (node == Node::entry) finish_entry();
}

void Fields::finish_detail() {
  settle_word(Node::result_type, detail_.result_type, result_types());
  if ((has_ & bit(Node::result_type)) == 0) {
    note(Level::warning, "missing", "result-type is missing");
  } else if (!is_result_type(detail_.result_type)) {
    note(Level::info, "unknown_result_type",
         "result-type " + quoted(detail_.result_type) + " is none of RFC 8460");
  }
  if ((has_ & bit(Node::failed)) == 0) {
    note(Level::warning, "missing", "failure-details/failed-session-count is missing");
  }
  for (std::string* address : {&detail_.sending_mta_ip, &detail_.receiving_ip}) {
    const std::string_view bare = bare_address(*address);
    if (bare.size() < address->size()) {
      note(Level::warning, "bad_address", "an address is written as " + quoted(*address));
      *address = std::string(bare);
    } else if (!address->empty() && !IpAddress::parse(*address)) {
      note(Level::warning, "bad_address", quoted(*address) + " is no IP address; kept as text");
    }
  }
  if (++details_ > limits_.details) {
    note(Level::error, "too_many", "more failure-details than are kept; the others are left out");
    return;
  }
  policy_.failure_details.push_back(std::move(detail_));
}

/// RFC 8460 §4.3, §4.4: words in other letters or with other marks.
void Fields::settle_word(Node node, std::string& text, std::span<const std::string_view> words) {
  const std::string_view word = meant(text, words);
  if (word.empty() || word == text) return;
  note(Level::warning, "case",
       std::string(name_of(node)) + " " + quoted(text) + " is read as " + std::string(word));
  text = word;
}

/// As interfaces have it: A-labels in lower case; what is no domain stays as it is.
void Fields::settle_domain() {
  std::string& domain = policy_.policy_domain;
  std::string_view text = domain;
  while (text.ends_with('.')) text = ascii::trim_fws(text.substr(0, text.size() - 1));
  const auto name = to_a_labels(text);
  if (!name) return;
  if (std::ranges::any_of(domain, ascii::is_octet_above_127)) {
    note(Level::warning, "u_label", "policy-domain is not in ASCII; read as its A-labels");
  }
  domain = name->text();
}

void Fields::finish_entry() {
  settle_word(Node::policy_type, policy_.policy_type, policy_types());
  settle_domain();
  if (policy_.policy_type.empty()) {
    note(Level::error, "missing", "policy-type is missing");
  } else if (!is_policy_type(policy_.policy_type)) {
    note(Level::warning, "bad_word",
         "policy-type may not be " + quoted(policy_.policy_type) + "; kept as it is");
  }
  if (policy_.policy_domain.empty()) note(Level::warning, "missing", "policy-domain is missing");
  for (const Node count : {Node::successes, Node::failures}) {
    if ((has_ & bit(count)) == 0) {
      note(Level::error, "missing", std::string(name_of(count)) + " is missing");
    }
  }
  std::uint64_t failed = 0;
  for (const FailureDetail& one : policy_.failure_details) {
    failed = sum(failed, one.failed_session_count);
  }
  if (!policy_.failure_details.empty() && failed != policy_.failed_session_count) {
    note(Level::info, "sum", "failure-details do not add up to total-failure-session-count");
  }
  if (report_.policies.size() < limits_.policies) {
    sessions_ = sum(sessions_, sum(policy_.successful_session_count, policy_.failed_session_count));
    report_.policies.push_back(std::move(policy_));
  } else {
    note(Level::error, "too_many", "more policies than are kept; the others are left out");
  }
  entry_ = 0;
}

bool Fields::is_first(Node node) {
  if ((has_ & bit(node)) != 0) {
    note(Level::warning, "repeated",
         std::string(name_of(node)) + " is there twice; the first counts");
    return false;
  }
  has_ |= bit(node);
  return true;
}

std::string* Fields::text_of(Node node) {
  switch (node) {
    case Node::organization_name:
      return &report_.organization_name;
    case Node::contact_info:
      return &report_.contact_info;
    case Node::report_id:
      return &report_.report_id;
    case Node::policy_type:
      return &policy_.policy_type;
    case Node::policy_domain:
      return &policy_.policy_domain;
    case Node::result_type:
      return &detail_.result_type;
    case Node::sending_mta_ip:
      return &detail_.sending_mta_ip;
    case Node::receiving_mx_hostname:
      return &detail_.receiving_mx_hostname;
    case Node::receiving_mx_helo:
      return &detail_.receiving_mx_helo;
    case Node::receiving_ip:
      return &detail_.receiving_ip;
    case Node::additional_information:
      return &detail_.additional_information;
    case Node::failure_reason_code:
      return &detail_.failure_reason_code;
    default:
      return nullptr;
  }
}

void Fields::set_text(Node node, std::string text) {
  if (text.size() > limits_.text) {
    note(Level::error, "too_long",
         "a text is longer than " + std::to_string(limits_.text) + " octets; the rest is left out");
    std::size_t size = limits_.text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
    text.resize(size);
  }
  const std::string_view trimmed = ascii::trim_fws(text);
  if (trimmed.size() != text.size()) text = std::string(trimmed);
  if (node == Node::policy_string) {
    add_string(node, policy_.policy_string, std::move(text));
  } else if (node == Node::mx_host) {
    add_string(node, policy_.mx_host, std::move(text));
  } else if (node == Node::start || node == Node::end) {
    put_time(node, text);
  } else if (std::string* field = text_of(node); field != nullptr) {
    if (is_first(node)) *field = std::move(text);
  } else if (const auto number = read_count(text)) {
    note(Level::warning, "bad_number",
         std::string(name_of(node)) + " is written as a text: " + quoted(text));
    put_count(node, *number);
  } else {
    note(Level::error, "bad_number",
         std::string(name_of(node)) + " is no number: " + quoted(text) + "; none is counted");
  }
}

void Fields::add_string(Node node, std::vector<std::string>& list, std::string text) {
  if (text.empty()) return;
  if (list.size() < limits_.strings) {
    list.push_back(std::move(text));
  } else {
    note(Level::error, "too_many", "too many values of " + std::string(name_of(node)));
  }
}

// RFC 8460 §4.4: a date-time of RFC 3339
void Fields::put_time(Node node, const std::string& text) {
  if (text.empty() || !is_first(node)) return;
  const auto time = read_time(text);
  if (!time) {
    if (!bad_date_) {
      bad_date_ = {.code = "bad_date",
                   .what = std::string(name_of(node)) + " is no time: " + quoted(text),
                   .at = position_};
    }
    return;
  }
  if (!time->right) {
    note(Level::warning, "bad_time",
         std::string(name_of(node)) + " is not written as RFC 3339 has it: " + quoted(text));
  }
  (node == Node::start ? report_.begin : report_.end) = time->at;
}

void Fields::put_count(Node node, std::uint64_t number) {
  if (!is_first(node)) return;
  if (node == Node::successes) policy_.successful_session_count = number;
  if (node == Node::failures) policy_.failed_session_count = number;
  if (node == Node::failed) detail_.failed_session_count = number;
}

void Fields::set_number(Node node, std::uint64_t number) {
  if (node == Node::successes || node == Node::failures || node == Node::failed) {
    put_count(node, number);
    return;
  }
  note(Level::warning, "bad_type", std::string(name_of(node)) + " is a number, read as text");
  set_text(node, std::to_string(number));
}

void Fields::set_float(Node node, double number) {
  const bool whole = number >= 0 && number < 9e15 &&
                     number == static_cast<double>(static_cast<std::uint64_t>(number));
  const bool count = node == Node::successes || node == Node::failures || node == Node::failed;
  if (!whole || !count) {
    note(Level::error, "bad_number",
         std::string(name_of(node)) + " is no number of sessions; none is counted");
    return;
  }
  note(Level::warning, "bad_number", std::string(name_of(node)) + " is written with a fraction");
  put_count(node, static_cast<std::uint64_t>(number));
}

void Fields::set_nothing(Node node, std::string_view kind) {
  const bool null = kind == "null";
  note(null ? Level::warning : Level::error, null ? "null" : "bad_type",
       std::string(name_of(node)) + " is " + std::string(kind) + (null ? "" : "; it is left out"));
}

/// What a whole report should have.
void Fields::settle() {
  for (const Node node : {Node::organization_name, Node::report_id}) {
    if (text_of(node)->empty()) {
      note(Level::error, "missing", std::string(name_of(node)) + " is missing");
    }
  }
  if (report_.contact_info.empty()) note(Level::warning, "missing", "contact-info is missing");
  if (bad_date_) return;  // which says all
  if ((has_ & bit(Node::start)) == 0 || (has_ & bit(Node::end)) == 0) {
    note(Level::error, "missing", "date-range is missing or not complete");
    if ((has_ & bit(Node::start)) != 0) report_.end = report_.begin;
    if ((has_ & bit(Node::end)) != 0) report_.begin = report_.end;
    return;
  }
  constexpr std::chrono::days longest{31};
  if (report_.end < report_.begin) {
    note(Level::error, "bad_period", "date-range ends before it begins");
  } else if (report_.end - report_.begin > longest) {
    note(Level::warning, "bad_period", "date-range is longer than 31 days");
  }
}

Reading Fields::finish_report(bool cut) {
  entry_ = 0;
  Reading reading;
  if (seen_report && known_member && !cut) settle();
  const auto refuse = [&](std::string_view code, std::string what) {
    reading.error = Finding{.code = code, .what = std::move(what), .at = position_};
  };
  if (!seen_report || !known_member) {
    refuse("not_a_report", "this is no TLS report: the JSON has none of its members");
  } else if (bad_date_) {
    reading.error = bad_date_;
  } else if (report_.policies.empty()) {
    refuse("no_policies", "the report has no policies");
  }
  for (Note& one : notes_) {
    std::string& what = one.finding.what;
    if (one.policy > 0 && one.times > 1) {
      what += " (" + std::to_string(one.times) + " times, first in policy " +
              std::to_string(one.policy) + ")";
    } else if (one.policy > 0) {
      what += " (policy " + std::to_string(one.policy) + ")";
    } else if (one.times > 1) {
      what += " (" + std::to_string(one.times) + " times)";
    }
    reading.findings.push_back(std::move(one.finding));
  }
  if (other_notes_ > 0) {
    reading.findings.push_back({.code = "too_many",
                                .what = std::to_string(other_notes_) + " more findings",
                                .level = Level::info});
  }
  reading.report = std::move(report_);
  reading.sessions = sessions_;
  return reading;
}

}  // namespace assay::tlsrpt::detail
