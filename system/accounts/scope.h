#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::accounts {

/// Which policy domains somebody sees. Made of patterns: "*" is every domain, "*.example.com" those
/// below example.com, "example.com" that one. Domains are compared as they are: lower case,
/// A-labels.
class Scope {
 public:
  /// Nothing.
  Scope() = default;
  static Scope everything();
  static Scope of(std::span<const std::string> patterns);

  bool sees_all() const { return all_; }
  bool sees(std::string_view domain) const;

 private:
  bool all_ = false;
  std::set<std::string, std::less<>> exact_ = {};
  std::set<std::string, std::less<>> above_ = {};  ///< those below these
};

/// A pattern as it is kept: lower case, A-labels. Empty: it is none.
std::string normal_pattern(std::string_view text);

}  // namespace assay::accounts
