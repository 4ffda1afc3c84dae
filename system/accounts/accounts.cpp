#include "system/accounts/accounts.h"

#include <algorithm>
#include <array>

#include "assay/base/utf8.h"
#include "assay/crypto/digest.h"

namespace assay::accounts {
namespace {

constexpr std::array<std::string_view, 3> role_words = {"viewer", "analyst", "administrator"};
constexpr std::size_t longest_name = 64;
constexpr std::size_t shortest_password = 10;
constexpr std::size_t longest_password = 1024;

}  // namespace

std::string_view to_text(Role role) {
  return role_words[static_cast<std::size_t>(role)];
}

std::optional<Role> parse_role(std::string_view word) {
  const auto at = std::ranges::find(role_words, word);
  if (at == role_words.end()) return std::nullopt;
  return static_cast<Role>(at - role_words.begin());
}

std::string_view trouble_of_name(std::string_view name) {
  if (name.empty()) return "a name must not be empty";
  if (name.size() > longest_name) return "a name has 64 octets at most";
  if (!utf8::is_harmless(name))
    return "a name must be UTF-8 without invisible and control characters";
  if (name.front() == ' ' || name.back() == ' ') return "a name must not begin or end with a blank";
  if (name.find('/') != std::string_view::npos) return "a name must not hold a slash";
  return "";
}

std::string_view trouble_of_password(std::string_view password, std::string_view name) {
  if (password.size() > longest_password) return "a password has 1,024 octets at most";
  const auto characters = std::ranges::count_if(
      password, [](char octet) { return (static_cast<unsigned char>(octet) & 0xc0U) != 0x80U; });
  if (static_cast<std::size_t>(characters) < shortest_password) {
    return "a password has 10 characters at least";
  }
  if (password == name) return "the password must not be the name";
  return "";
}

std::string keep_secret(std::string_view secret) {
  return crypto::digest(crypto::DigestKind::sha256, secret);
}

}  // namespace assay::accounts
