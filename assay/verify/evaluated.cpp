#include "assay/verify/detail/evaluated.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"

namespace assay::verify {

std::string for_people(const DomainName& domain) {
  const std::string text = ascii::printable(domain.text(), 255);
  if (domain.text().find("xn--") == std::string::npos) return text;
  const std::string readable = to_u_labels(domain);
  if (readable == domain.text() || !utf8::is_harmless(readable)) return text;
  return text + " (" + readable + ")";
}

namespace detail {

std::string clean(std::string_view octets) {
  const bool fit = octets.size() <= most_octets_of_a_text && utf8::is_harmless(octets);
  return fit ? std::string(octets) : ascii::printable(octets, most_octets_of_a_text);
}

std::string shown(const std::string& domain) {
  if (domain.empty()) return "(no domain)";
  const auto name = DomainName::parse(domain);
  return name ? for_people(*name) : "\"" + clean(domain) + "\"";
}

std::optional<DomainName> name_of(const std::string& domain) {
  auto name = DomainName::parse(domain);
  return name ? std::optional(std::move(*name)) : std::nullopt;
}

const spf::Outcome* mail_from_outcome(const Verdict& verdict) {
  const auto found = std::ranges::find(verdict.spf, spf::Identity::mfrom, &spf::Outcome::identity);
  return found == verdict.spf.end() ? nullptr : &*found;
}

Evaluated::Evaluated(const dmarc::Evaluation& evaluation) : evaluation_(evaluation) {
  const auto record = dmarc::parse_record(evaluation.record);
  if (!record) return;
  adkim_ = record->adkim;
  aspf_ = record->aspf;
}

std::optional<bool> Evaluated::aligns(dmarc::Method method, const DomainName& domain) const {
  for (const dmarc::PlacedIdentifier& placed : evaluation_.identifiers) {
    const dmarc::Identifier& identifier = placed.identifier;
    if (identifier.method == method && identifier.domain == domain) return placed.aligned;
  }
  if (domain == evaluation_.author) return true;
  if (mode(method) == dmarc::Alignment::strict) return false;  // RFC 9989 §4.4
  if (!evaluation_.organizational) return std::nullopt;
  return domain.equal_or_below(*evaluation_.organizational);
}

}  // namespace detail
}  // namespace assay::verify
