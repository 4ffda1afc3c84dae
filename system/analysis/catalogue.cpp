#include "system/analysis/catalogue.h"

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"

namespace assay::analysis {
namespace {

constexpr std::array<std::string_view, 8> kinds = {
    "mailbox", "bulk", "transactional", "software", "hosting", "gateway", "forwarder", "list"};
constexpr std::size_t max_words = 1'000;  // of one line

std::unexpected<Finding> wrong(std::size_t line, const std::string& what) {
  return std::unexpected(Finding{
      .code = "catalogue", .what = "line " + std::to_string(line) + ": " + what, .at = line});
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : ascii::Pieces(text, ' ')) {
    if (!word.empty() && words.size() < max_words) words.push_back(word);
  }
  return words;
}

/// One line of a stanza into the service; what is wrong with it, or nothing.
std::string take_line(Service& service, std::string_view key, std::string_view value) {
  const auto domains = [&](std::vector<std::string>& into) -> std::string {
    for (const std::string_view word : words_of(value)) {
      const auto name = DomainName::parse(word);
      if (!name) return "\"" + ascii::printable(word) + "\" is no domain";
      into.push_back(name->text());
    }
    return "";
  };
  if (key == "dkim") return domains(service.dkim);
  if (key == "spf") return domains(service.spf);
  if (key == "return-path") return domains(service.return_path);
  if (key == "hosts") return domains(service.hosts);
  if (key == "as") {
    for (const std::string_view word : words_of(value)) {
      const auto number = ascii::parse_number(word);
      if (!number || *number > UINT32_MAX)
        return "\"" + ascii::printable(word) + "\" is no AS number";
      service.as_numbers.push_back(static_cast<std::uint32_t>(*number));
    }
    return "";
  }
  if (key == "kind") {
    const auto kind = parse_service_kind(value);
    if (!kind) return "\"" + ascii::printable(value) + "\" is no kind of service";
    service.kind = *kind;
    return "";
  }
  if (key == "source") {
    service.source = value;
    return "";
  }
  return "unknown key \"" + ascii::printable(key) + "\"";
}

}  // namespace

std::string_view to_text(ServiceKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}

std::optional<ServiceKind> parse_service_kind(std::string_view word) {
  const auto found = std::ranges::find(kinds, word);
  if (found == kinds.end()) return std::nullopt;
  return static_cast<ServiceKind>(found - kinds.begin());
}

std::expected<void, Finding> Catalogue::read(std::string_view text) {
  std::vector<Service> found;
  bool open = false;
  std::size_t number = 0;
  for (std::string_view line : ascii::Pieces(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = ascii::trim_wsp(line);
    if (line.empty()) open = false;
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return wrong(number, "a line is like \"key: value\"");
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = ascii::trim_wsp(line.substr(colon + 1));
    if (value.empty()) return wrong(number, "nothing stands behind the colon");
    if (key == "service") {
      if (services_.size() + found.size() >= max_services)
        return wrong(number, "too many services");
      if (open) return wrong(number, "an empty line must stand before the next service");
      found.push_back({.name = ascii::printable(value), .source = {}});
      open = true;
      continue;
    }
    if (!open) return wrong(number, "a stanza begins with \"service: NAME\"");
    if (std::string why = take_line(found.back(), key, value); !why.empty())
      return wrong(number, why);
  }
  for (const Service& each : found) {
    if (each.source.empty()) return wrong(number, "\"" + each.name + "\" does not say its source");
  }
  for (Service& each : found) add(std::move(each));
  return {};
}

void Catalogue::add(Service service) {
  const std::size_t at = services_.size();
  for (const std::string& domain : service.dkim) dkim_[domain] = at;
  for (const std::string& domain : service.return_path) envelope_[domain] = at;
  for (const std::string& domain : service.hosts) host_[domain] = at;
  for (const std::string& domain : service.spf) include_[domain] = at;
  name_[service.name] = at;
  services_.push_back(std::move(service));
}

const Service* Catalogue::find(const Index& index, std::string_view domain) const {
  while (!domain.empty()) {
    const auto found = index.find(domain);
    if (found != index.end()) return &services_[found->second];
    const std::size_t dot = domain.find('.');
    if (dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  return nullptr;
}

const Service* Catalogue::by_name(std::string_view name) const {
  const auto found = name_.find(name);
  return found == name_.end() ? nullptr : &services_[found->second];
}

}  // namespace assay::analysis
