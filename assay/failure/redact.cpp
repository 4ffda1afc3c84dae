#include "assay/failure/redact.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/crypto/hmac.h"
#include "assay/failure/detail/text.h"
#include "assay/mail/address.h"

namespace assay::failure {
namespace {

/// Lower case without padding (RFC 4648 §6), 16 digits of the first ten octets.
std::string base32(std::string_view octets) {
  constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : octets.substr(0, 10)) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (count += 8; count >= 5; count -= 5) text += digits[(bits >> (count - 5)) & 31U];
    bits &= (1U << count) - 1;
  }
  return text;
}

bool is_local(char c) {
  return (ascii::is_graph(c) || ascii::is_octet_above_127(c)) &&
         !std::string_view("<>()[],;:\"@").contains(c);
}

bool is_domain(char c) {
  return ascii::is_alnum(c) || c == '.' || c == '-' || c == '_' || ascii::is_octet_above_127(c);
}

/// "smtp.mailfrom=a@b": the property is no part of the address, as "author=gen.example@b" has it.
bool is_property(std::string_view name) {
  constexpr std::array<std::string_view, 10> words = {
      "i", "envelope-from", "x-sender", "from", "to", "mailfrom", "mfrom", "rcpt", "sender", "id"};
  constexpr std::array<std::string_view, 4> types = {"smtp.", "header.", "policy.", "body."};
  return std::ranges::any_of(words,
                             [&](std::string_view word) { return ascii::iequals(name, word); }) ||
         std::ranges::any_of(
             types, [&](std::string_view type) { return ascii::istarts_with(name, type); });
}

/// Where the local-part that ends at the end of `text` begins.
std::size_t begin_of_local(std::string_view text) {
  std::size_t begin = text.size();
  if (text.ends_with('"')) {
    for (begin = text.size() - 1; begin > 0;) {
      --begin;
      if (text[begin] == '"' && (begin == 0 || text[begin - 1] != '\\')) return begin;
    }
    return text.size() - 1;
  }
  while (begin > 0 && is_local(text[begin - 1])) --begin;
  const std::string_view run = text.substr(begin);
  const std::size_t equals = run.find('=');
  if (equals != std::string_view::npos && is_property(run.substr(0, equals))) begin += equals + 1;
  return begin;
}

/// The at-sign at or behind `at`, as it is or percent-encoded, and its size.
std::pair<std::size_t, std::size_t> find_at_sign(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '@') return {at, 1};
    if (text.substr(at, 3) == "%40") return {at, 3};
  }
  return {std::string_view::npos, 0};
}

std::string_view domain_at(std::string_view text) {
  while (!text.empty() && ascii::is_wsp(text.front())) text.remove_prefix(1);
  if (text.starts_with('[')) return text.substr(0, text.substr(0, 256).find(']') + 1);
  std::size_t end = 0;
  while (end < text.size() && is_domain(text[end])) ++end;
  while (end > 0 && text[end - 1] == '.') --end;
  return text.substr(0, end);
}

/// A domain that an address may show: A-labels where it has them.
std::string shown_domain(const std::string& domain) {
  if (domain.starts_with('[')) return "[" + detail::clean_identity(domain.substr(1));
  if (const auto name = to_a_labels(domain)) return name->text();
  return detail::clean_domain(domain);
}

/// Calls `take(before, local, domain)` for each address, in order; gives what is left behind the
/// last. Each octet is looked at once from the left and once from the right.
template <class Take>
std::string_view for_each_address(std::string_view text, Take take) {
  std::size_t done = 0;   // up to here `take` has it
  std::size_t floor = 0;  // no local-part begins before
  auto [at, size] = find_at_sign(text, 0);
  while (at != std::string_view::npos) {
    std::string_view between = text.substr(floor, at - floor);
    while (!between.empty() && ascii::is_wsp(between.back())) between.remove_suffix(1);
    const std::size_t begin = floor + begin_of_local(between);
    const std::size_t end = floor + between.size();
    floor = at + size;
    if (begin < end) {
      take(text.substr(done, begin - done), text.substr(begin, end - begin),
           domain_at(text.substr(floor)));
      done = end;
    }
    std::tie(at, size) = find_at_sign(text, floor);
  }
  return text.substr(done);
}

}  // namespace

Redactor::Redactor(std::string_view key, std::string_view scope)
    : key_(crypto::hmac_sha256(key, ascii::to_lower(scope))) {}

std::string Redactor::local_part(std::string_view local_part, std::string_view domain) const {
  std::string local = ascii::to_lower(detail::unquoted(local_part));
  return base32(crypto::hmac_sha256(key_, local + "@" + ascii::to_lower(domain)));
}

std::string Redactor::text(std::string_view text) const {
  std::string out;
  out += for_each_address(
      text, [&](std::string_view before, std::string_view local, std::string_view domain) {
        out += before;
        out += local_part(local, domain);
      });
  return out;
}

std::string Redactor::addresses(std::string_view value) const {
  std::string out;
  const auto add = [&](std::string_view local, const std::string& domain) {
    out += (out.empty() ? "<" : ", <") + local_part(local, domain) + "@" + domain + ">";
  };
  const mail::AddressList list = mail::parse_addresses(value);
  if (!has_error(list.findings)) {
    for (const mail::Mailbox& mailbox : list.mailboxes) {
      if (!mailbox.domain.empty()) add(mailbox.local_part, shown_domain(mailbox.domain));
    }
    return out;
  }
  for_each_address(value, [&](std::string_view, std::string_view local, std::string_view domain) {
    add(local, shown_domain(std::string(domain)));
  });
  return out;
}

std::string without_links(std::string_view text) {
  std::string out(text);
  for (std::size_t at = out.find("://"); at != std::string::npos; at = out.find("://", at + 3)) {
    const std::string_view before = std::string_view(out).substr(0, at);
    const std::size_t size = !before.empty() && ascii::to_lower(before.back()) == 's' ? 5 : 4;
    if (before.size() < size) continue;
    const std::string_view scheme = before.substr(before.size() - size);
    if (ascii::istarts_with(scheme, "http")) out.replace(at - size, 4, "hxxp");
  }
  return out;
}

void add_canonicalized(Report& report, std::string_view header, std::string_view body,
                       std::optional<std::uint64_t> length) {
  report.dkim_canonicalized_header = header;
  // RFC 6591 §3.2.4
  report.dkim_canonicalized_body = body.substr(0, length.value_or(body.size()));
}

}  // namespace assay::failure
