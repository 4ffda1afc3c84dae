#include "assay/aggregate/names.h"

#include <algorithm>
#include <vector>

#include "assay/base/ascii.h"

namespace assay::aggregate {
namespace {

bool is_atext(char c) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  return ascii::is_alnum(c) || others.find(c) != std::string_view::npos;
}

/// dot-atom-text of RFC 5322 §3.2.3.
bool is_dot_atom(std::string_view text) {
  return std::ranges::all_of(ascii::Pieces(text, '.'), [](std::string_view atom) {
    return !atom.empty() && std::ranges::all_of(atom, is_atext);
  });
}

std::string_view without_brackets(std::string_view text) {
  if (text.size() >= 2 && text.front() == '<' && text.back() == '>') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

/// A domain as a name holds it: lower case, octets of host names and the underscore alone.
std::string host_name(std::string_view domain) {
  std::string text = ascii::to_lower(domain);
  for (char& c : text) {
    if (!ascii::is_alnum(c) && c != '.' && c != '-' && c != '_') c = '-';
  }
  return text.empty() ? "-" : text;
}

std::string seconds(Instant at) {
  return std::to_string(std::max<std::int64_t>(at.time_since_epoch().count(), 0));
}

std::optional<Instant> parse_seconds(std::string_view text) {
  const auto number = ascii::parse_number(text);
  if (!number || *number > 253'402'300'799ULL) return std::nullopt;  // the year 9999
  return Instant{std::chrono::seconds{static_cast<std::int64_t>(*number)}};
}

/// Takes one of the extensions off the end of `name`.
std::optional<Packing> take_extension(std::string_view& name) {
  struct Extension {
    std::string_view text;
    Packing packing;
  };
  using enum Packing;
  constexpr Extension extensions[] = {
      {".xml.gz", gzip}, {".xml.zip", gzip}, {".xml", xml}, {".zip", gzip}, {".gz", gzip}};
  for (const Extension& extension : extensions) {
    const std::size_t size = extension.text.size();
    if (name.size() < size || !ascii::iequals(name.substr(name.size() - size), extension.text)) {
      continue;
    }
    name.remove_suffix(size);
    return extension.packing;
  }
  return std::nullopt;
}

/// The next word of `text`, taken off its front; empty at the end.
std::string_view take_word(std::string_view& text) {
  while (!text.empty() && ascii::is_fws(text.front())) text.remove_prefix(1);
  const auto end = std::ranges::find_if(text, ascii::is_fws);
  const auto word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

/// What stands behind "Label:", with or without space between, where the label is next.
std::optional<std::string_view> take_labelled(std::string_view& text, std::string_view label) {
  std::string_view rest = text;
  std::string_view word = take_word(rest);
  if (!ascii::istarts_with(word, label)) return std::nullopt;
  word.remove_prefix(label.size());
  if (word.empty()) word = take_word(rest);
  text = rest;
  return word;
}

}  // namespace

bool is_report_id(std::string_view text) {
  const std::string_view id = without_brackets(text);
  const std::size_t sign = id.find('@');
  if (sign == std::string_view::npos) return is_dot_atom(id);
  return is_dot_atom(id.substr(0, sign)) && is_dot_atom(id.substr(sign + 1));
}

bool is_unique_id(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, ascii::is_alnum);
}

std::string make_report_id(Instant begin, const std::array<std::uint8_t, 16>& chance) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(begin)};
  const int date = static_cast<int>(day.year()) * 10'000 +
                   static_cast<int>(static_cast<unsigned>(day.month())) * 100 +
                   static_cast<int>(static_cast<unsigned>(day.day()));
  std::string id = std::to_string(std::max(date, 0));
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::uint8_t octet : chance) {
    id += digits[octet >> 4U];
    id += digits[octet & 15U];
  }
  return id;
}

std::string file_name(const ReportName& name) {
  // RFC 9990 §3.5.2
  std::string text = host_name(name.receiver) + "!" + host_name(name.policy_domain) + "!" +
                     seconds(name.begin) + "!" + seconds(name.end);
  if (is_unique_id(name.unique_id)) text += "!" + name.unique_id;
  return text + (name.packing == Packing::gzip ? ".xml.gz" : ".xml");
}

std::optional<ReportName> parse_file_name(std::string_view text) {
  const auto packing = take_extension(text);
  if (!packing) return std::nullopt;
  const std::vector<std::string_view> parts = ascii::split(text, '!');
  if (parts.size() != 4 && parts.size() != 5) return std::nullopt;
  const auto begin = parse_seconds(parts[2]);
  const auto end = parse_seconds(parts[3]);
  if (!begin || !end) return std::nullopt;
  return ReportName{.receiver = ascii::to_lower(parts[0]),
                    .policy_domain = ascii::to_lower(parts[1]),
                    .begin = *begin,
                    .end = *end,
                    .unique_id = parts.size() == 5 ? std::string(parts[4]) : std::string(),
                    .packing = *packing};
}

std::string subject(std::string_view policy_domain, std::string_view submitter,
                    std::string_view report_id) {
  // RFC 9990 §3.5.2
  std::string text =
      "Report Domain: " + host_name(policy_domain) + " Submitter: " + host_name(submitter);
  if (is_report_id(report_id)) {
    text += " Report-ID: <";
    text += without_brackets(report_id);
    text += '>';
  }
  return text;
}

std::optional<SubjectParts> parse_subject(std::string_view text) {
  if (!ascii::iequals(take_word(text), "Report")) return std::nullopt;
  const auto domain = take_labelled(text, "Domain:");
  const auto submitter = domain ? take_labelled(text, "Submitter:") : std::nullopt;
  if (!submitter || domain->empty() || submitter->empty()) return std::nullopt;
  const auto id = take_labelled(text, "Report-ID:");
  return SubjectParts{.policy_domain = ascii::to_lower(*domain),
                      .submitter = ascii::to_lower(*submitter),
                      .report_id = std::string(without_brackets(id.value_or("")))};
}

// RFC 9990 §3.1.4
std::optional<Finding> disagreement(const Report& report, std::string_view path) {
  const auto name = parse_file_name(path.substr(path.rfind('/') + 1));  // npos + 1 is 0
  if (!name) return std::nullopt;
  const auto finding = [](std::string what) {
    return Finding{.code = "name", .what = std::move(what), .level = Level::info};
  };
  if (!ascii::iequals(name->policy_domain, report.policy.domain)) {
    return finding("the file's name says the domain " + ascii::printable(name->policy_domain) +
                   "; the report in it counts");
  }
  if (name->begin != report.metadata.begin) {
    return finding("the file's name says another beginning of the period; the report in it counts");
  }
  return std::nullopt;
}

}  // namespace assay::aggregate
