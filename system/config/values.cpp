#include "system/config/detail/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/duration.h"
#include "assay/base/uri.h"
#include "assay/base/utf8.h"

namespace assay::config {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t worth;
};
// Greatest first.
constexpr std::array<Unit, 5> time_units = {
    Unit{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr std::array<Unit, 4> size_units = {
    Unit{"GiB", std::uint64_t{1} << 30}, {"MiB", std::uint64_t{1} << 20}, {"KiB", 1024}, {"", 1}};

/// Digits and a unit; nothing for another text or more than fits.
std::optional<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = ascii::parse_number(text.substr(0, digits));
  const auto unit = std::ranges::find(units, text.substr(digits), &Unit::name);
  if (!number || unit == units.end()) return std::nullopt;
  if (*number > std::numeric_limits<std::int64_t>::max() / unit->worth) return std::nullopt;
  return *number * unit->worth;
}

std::string write_with_unit(std::uint64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value >= unit.worth && value % unit.worth == 0) {
      return std::to_string(value / unit.worth) + std::string(unit.name);
    }
  }
  return std::to_string(value) + std::string(units.back().name);
}

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == ' ' || ascii::is_graph(c); });
}

Complaint check_word(std::string_view text, std::span<const std::string_view> words) {
  if (std::ranges::find(words, text) != words.end()) return std::nullopt;
  std::string list;
  for (const std::string_view word : words) {
    list += (list.empty() ? "\"" : ", \"") + std::string(word) + '"';
  }
  return "must be one of " + list;
}

}  // namespace

std::expected<std::chrono::milliseconds, std::string> parse_duration(std::string_view text) {
  const auto value = assay::parse_duration(text);
  if (value) return *value;
  return std::unexpected(R"(must be a duration with a unit: "500ms", "60s", "5m", "2h", "7d")");
}

std::string write_duration(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0s";
  return write_with_unit(static_cast<std::uint64_t>(duration.count()), time_units);
}

std::expected<std::size_t, std::string> parse_size(std::string_view text) {
  const auto value = parse_with_unit(text, size_units);
  if (!value) {
    return std::unexpected(R"(must be a number of octets: 4096, "64KiB", "16MiB", "1GiB")");
  }
  return static_cast<std::size_t>(*value);
}

std::string write_size(std::size_t octets) {
  return write_with_unit(octets, size_units);
}

std::expected<unsigned, std::string> parse_permissions(std::string_view text) {
  unsigned mode = 0;
  bool good = text.size() == 3 || (text.size() == 4 && text.front() == '0');
  for (const char c : text) {
    good = good && c >= '0' && c <= '7';
    if (good) mode = mode * 8 + static_cast<unsigned>(c - '0');
  }
  if (!good) return std::unexpected(R"(must be the octal permissions of a file, as "0660")");
  return mode;
}

std::string write_permissions(unsigned mode) {
  std::string digits = "0";
  for (const unsigned shift : {6U, 3U, 0U}) {
    digits += static_cast<char>('0' + ((mode >> shift) & 7U));
  }
  return digits;
}

std::expected<DomainName, std::string> parse_domain(std::string_view text) {
  auto name = to_a_labels(text);
  // The DNS allows any octets, mail does not: what is no host name is a slip of the pen.
  const auto is_part = [](char c) {
    return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.';
  };
  if (name && std::ranges::all_of(name->text(), is_part)) return std::move(*name);
  return std::unexpected("must be a domain, as \"example.com\"");
}

Complaint check_text(std::string_view text) {
  if (utf8::is_harmless(text)) return std::nullopt;
  return "must not hold control characters";
}

Complaint check_not_empty(std::string_view text) {
  if (text.empty()) return "must not be empty";
  return check_text(text);
}

Complaint check_authserv_id(std::string_view text) {
  static constexpr std::string_view tspecials = "()<>@,;:\\\"/[]?=";
  const auto is_token = [](char c) { return ascii::is_graph(c) && !tspecials.contains(c); };
  if (text.size() <= 253 && std::ranges::all_of(text, is_token)) return std::nullopt;
  return "must be a name such as \"mx.example.com\"";
}

Complaint check_header_name(std::string_view text) {
  constexpr auto taken = std::to_array<std::string_view>({"from",
                                                          "to",
                                                          "cc",
                                                          "bcc",
                                                          "sender",
                                                          "reply-to",
                                                          "subject",
                                                          "date",
                                                          "message-id",
                                                          "in-reply-to",
                                                          "references",
                                                          "received",
                                                          "received-spf",
                                                          "return-path",
                                                          "mime-version",
                                                          "authentication-results",
                                                          "dkim-signature",
                                                          "arc-seal",
                                                          "arc-message-signature",
                                                          "arc-authentication-results",
                                                          "list-id",
                                                          "list-post"});
  const std::string lower = ascii::to_lower(text);
  const auto is_name = [](char c) { return ascii::is_graph(c) && c != ':'; };
  if (text.empty() || text.size() > 76 || !std::ranges::all_of(text, is_name)) {
    return "must be the name of a header field";
  }
  if (lower.starts_with("content-") || std::ranges::find(taken, lower) != taken.end()) {
    return "must not be a field that mail needs for other things";
  }
  return std::nullopt;
}

Complaint check_subject_mark(std::string_view text) {
  if (text.size() <= 200 && is_printable_ascii(text)) return std::nullopt;
  return "must be at most 200 characters of printable ASCII";
}

Complaint check_recipient(std::string_view text) {
  const std::size_t at = text.rfind('@');
  const bool good = at != std::string_view::npos && check_text(text) == std::nullopt &&
                    !text.contains(' ') && parse_domain(text.substr(at + 1)).has_value();
  if (good) return std::nullopt;
  return R"(must be an address or "@" and a domain)";
}

namespace {

/// "5.7.1" with this class (RFC 3463 §2).
bool is_enhanced_code(std::string_view text, char status_class) {
  const auto parts = ascii::split(text, '.');
  if (parts.size() != 3 || parts[0] != std::string_view(&status_class, 1)) return false;
  return std::ranges::all_of(parts, [](std::string_view part) {
    return !part.empty() && part.size() <= 3 && std::ranges::all_of(part, ascii::is_digit);
  });
}

/// RFC 5321 §4.2, §4.5.3.1.5; RFC 2034 §4.
Complaint check_reply(std::string_view text, char status_class) {
  if (!is_printable_ascii(text)) return "must be one line of printable ASCII";
  const std::size_t code_end = std::min(text.find(' '), text.size());
  const std::string_view code = text.substr(0, code_end);
  const std::string_view rest = text.substr(std::min(code_end + 1, text.size()));
  const std::string_view enhanced = rest.substr(0, rest.find(' '));
  const bool good_code = code.size() == 3 && code[0] == status_class && code[1] >= '0' &&
                         code[1] <= '5' && ascii::is_digit(code[2]);
  if (!good_code || !is_enhanced_code(enhanced, status_class)) {
    const std::string example = status_class == '5' ? "\"550 5.7.1 \"" : "\"451 4.7.1 \"";
    return "must begin with a reply code and an enhanced status code, as " + example;
  }
  if (enhanced.size() + 1 >= rest.size()) return "must say something behind the codes";
  std::size_t domains = 0;
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (!text.substr(at).starts_with("%d")) return "must not hold % but in %d, the author's domain";
    ++domains;
  }
  if (text.size() + domains * 251 > 510) return "could become longer than a line of SMTP (510)";
  return std::nullopt;
}

}  // namespace

Complaint check_reject_text(std::string_view text) {
  return check_reply(text, '5');
}

Complaint check_defer_text(std::string_view text) {
  return check_reply(text, '4');
}

Complaint check_no_author(std::string_view text) {
  constexpr auto words = std::to_array<std::string_view>({"accept", "quarantine", "reject"});
  return check_word(text, words);
}

Complaint check_override_type(std::string_view text) {
  constexpr auto words = std::to_array<std::string_view>(
      {"local_policy", "trusted_forwarder", "mailing_list", "other"});
  return check_word(text, words);
}

Complaint check_mode_override(std::string_view text) {
  constexpr auto words = std::to_array<std::string_view>({"", "monitor", "rfc9989", "published"});
  return check_word(text, words);
}

Complaint check_address(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string uri = "mailto:" + std::string(text);
  const auto parts = parse_uri(uri);  // views of it
  if (parts && !text.contains('%') && mailto_address(*parts)) return std::nullopt;
  return "must be a mail address such as \"dmarc-reports@example.com\"";
}

Complaint check_return_path(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::size_t place = text.find('%');
  std::string plain(text);
  if (place < text.find('@')) plain[place] = '1';
  if (place < text.find('@') && !check_address(plain)) return std::nullopt;
  return "must be a mail address with one %, such as \"bounces+%@example.com\"";
}

Complaint check_selector(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto is_host = [](char c) {
    return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.';
  };
  if (std::ranges::all_of(text, is_host) && DomainName::parse(text)) return std::nullopt;
  return "must be letters, digits, hyphens, underscores and dots";
}

namespace {

/// Whether it is "host:port".
bool is_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  unsigned port = 0;
  const std::string_view digits = text.substr(colon + 1);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const auto is_host = [](char c) {
    return ascii::is_alnum(c) || std::string_view("-_.:[]").contains(c);
  };
  return read.ec == std::errc() && read.ptr == digits.data() + digits.size() && port > 0 &&
         port < 65'536 && std::ranges::all_of(text.substr(0, colon), is_host);
}

}  // namespace

Complaint check_smtp_server(std::string_view text) {
  if (text.starts_with("smtps:")) text.remove_prefix(6);
  if (is_host_and_port(text)) return std::nullopt;
  return "must be \"host:port\", or \"smtps:host:port\"";
}

Complaint check_imap_server(std::string_view text) {
  const bool with_tls = text.starts_with("imaps:");
  if (with_tls || text.starts_with("imap:")) {
    text.remove_prefix(text.find(':') + 1);
    const bool has_port = text.find(':') != std::string_view::npos;
    const std::string whole(has_port ? std::string(text) : std::string(text) + ":993");
    if ((has_port || with_tls) && is_host_and_port(whole)) return std::nullopt;
  }
  return "must be \"imaps:host\", \"imaps:host:port\" or \"imap:host:port\"";
}

Complaint check_folder_name(std::string_view text) {
  const auto is_good = [](char c) { return c >= ' ' && c <= '~'; };
  if (!text.empty() && std::ranges::all_of(text, is_good)) return std::nullopt;
  return "must be the name of a folder, in printable ASCII; others are written in modified UTF-7";
}

}  // namespace assay::config
