#include "system/accounts/scope.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"

namespace assay::accounts {

Scope Scope::everything() {
  Scope scope;
  scope.all_ = true;
  return scope;
}

Scope Scope::of(std::span<const std::string> patterns) {
  Scope scope;
  for (const std::string& each : patterns) {
    if (each == "*") {
      scope.all_ = true;
    } else if (each.starts_with("*.")) {
      scope.above_.insert(each.substr(2));
    } else {
      scope.exact_.insert(each);
    }
  }
  return scope;
}

bool Scope::sees(std::string_view domain) const {
  if (all_ || exact_.contains(domain)) return true;
  for (std::size_t dot = domain.find('.'); dot != std::string_view::npos;
       dot = domain.find('.', dot + 1)) {
    if (above_.contains(domain.substr(dot + 1))) return true;
  }
  return false;
}

std::string normal_pattern(std::string_view text) {
  if (text == "*") return "*";
  const bool below = text.starts_with("*.");
  const auto name = to_a_labels(below ? text.substr(2) : text);
  const auto may_stand = [](char octet) {
    return ascii::is_alpha(octet) || ascii::is_digit(octet) || octet == '-' || octet == '_' ||
           octet == '.';
  };
  if (!name || name->text().empty() || !std::ranges::all_of(name->text(), may_stand)) return "";
  return (below ? "*." : "") + name->text();
}

}  // namespace assay::accounts
