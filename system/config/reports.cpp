#include "system/config/reports.h"

#include <algorithm>
#include <string_view>

#include "assay/base/ascii.h"

namespace assay::config {

// RFC 9991 §7: only to whom the operator means to tell them.
bool gets_failures(const Reports& settings, const DomainName& domain) {
  return std::ranges::any_of(settings.failure_domains,
                             [&](const DomainName& one) { return domain.equal_or_below(one); });
}

bool is_own_address(const Reports& settings, const std::string& given) {
  const std::string address = ascii::to_lower(given);
  const std::size_t at = address.rfind('@');
  if (at == std::string::npos) return false;
  const auto domain = DomainName::parse(std::string_view(address).substr(at + 1));
  if (domain &&
      std::ranges::find(settings.ignore_recipients, *domain) != settings.ignore_recipients.end()) {
    return true;
  }
  const std::string own = ascii::to_lower(settings.email);
  if (own.empty()) return false;
  const std::size_t own_at = own.rfind('@');
  if (address == own) return true;
  std::string path = ascii::to_lower(settings.return_path);
  if (path.empty()) path = own.substr(0, own_at) + "+%" + own.substr(own_at);
  const std::string before = path.substr(0, path.find('%'));
  const std::string behind = path.substr(path.find('%') + 1);
  return address.size() >= before.size() + behind.size() && address.starts_with(before) &&
         address.ends_with(behind);
}

}  // namespace assay::config
