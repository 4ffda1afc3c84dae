#include "system/evidence/detail/domains.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/uri.h"

namespace assay::evidence {
namespace {

constexpr std::size_t max_list_fields = 5;
constexpr std::size_t max_list_value = 2'000;

bool is_host_octet(char c) {
  return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.';
}

/// What stands between the first "<" and the ">" behind it.
std::string_view in_brackets(std::string_view value) {
  const std::size_t open = value.find('<');
  const std::size_t close = value.find('>', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos) return {};
  return ascii::trim_fws(value.substr(open + 1, close - open - 1));
}

void add_distinct(std::vector<DomainName>& domains, const std::optional<DomainName>& domain) {
  if (domain && std::ranges::find(domains, *domain) == domains.end()) domains.push_back(*domain);
}

}  // namespace

bool is_host_name(const DomainName& domain) {
  return domain.label_count() > 1 && std::ranges::all_of(domain.text(), is_host_octet);
}

bool related(const DomainName& one, const DomainName& other) {
  if (one.label_count() < 2 || other.label_count() < 2) return false;
  return one.equal_or_below(other) || other.equal_or_below(one);
}

std::optional<DomainName> domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  const auto domain = to_a_labels(at == std::string_view::npos ? address : address.substr(at + 1));
  if (!domain || !is_host_name(*domain)) return std::nullopt;
  return *domain;
}

std::string list_id(const mail::Header& header) {
  const auto fields = mail::fields_named(header, "List-Id");
  if (fields.size() != 1 || fields.front()->value.size() > max_list_value) return {};
  std::string_view value = fields.front()->value;
  // RFC 2919 §3: a phrase may stand before the brackets; old software leaves the brackets out.
  const bool bare = value.find('<') == std::string_view::npos;
  const auto id = DomainName::parse(bare ? ascii::trim_fws(value) : in_brackets(value));
  return id && is_host_name(*id) ? id->text() : std::string();
}

std::vector<DomainName> list_domains(const mail::Header& header) {
  std::vector<DomainName> domains;
  const std::string id = list_id(header);
  if (!id.empty()) add_distinct(domains, domain_of(id));
  const auto posts = mail::fields_named(header, "List-Post");
  for (const mail::Field* field : posts) {
    if (domains.size() >= max_list_fields || field->value.size() > max_list_value) break;
    const auto uri = parse_uri(in_brackets(field->value));
    const auto address = uri ? mailto_address(*uri) : std::nullopt;
    if (address) add_distinct(domains, domain_of(*address));
  }
  return domains;
}

}  // namespace assay::evidence
