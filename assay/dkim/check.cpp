#include "assay/dkim/check.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::dkim {
namespace {

std::string_view name_of(KeyType type) {
  return type == KeyType::rsa ? "rsa" : "ed25519";
}
std::string_view name_of(Hash hash) {
  return hash == Hash::sha1 ? "sha1" : "sha256";
}

KeyCheck permerror(std::string reason) {
  return {.result = Result::permerror, .reason = std::move(reason)};
}

KeyCheck policy(std::string rule, std::string reason) {
  return {.result = Result::policy, .reason = std::move(reason), .policy_rule = std::move(rule)};
}

/// Whether the record may be used for the signature, apart from the size of its key; the reason
/// when not. In the order of RFC 6376 §6.1.2.
std::string unsuitable(const KeyRecord& record, const KeyUse& use) {
  if (!record.for_email) return "the key is not for email (s=)";  // RFC 6376 §3.6.1
  const auto& hashes = record.hashes;
  if (!hashes.empty() && std::ranges::find(hashes, name_of(use.algorithm.hash)) == hashes.end()) {
    return "the key does not allow the hash of the signature (h=)";  // RFC 6376 §6.1.2
  }
  if (record.revoked) return "the key is revoked";  // RFC 6376 §6.1.2
  if (record.key_type != name_of(use.algorithm.key) || !record.key) {
    return "the key is not of the type of the signature (k=)";  // RFC 6376 §6.1.2
  }
  if (record.exact_domain && !use.identity_is_domain) {
    return "the key allows no subdomain in i= (t=s)";  // RFC 6376 §3.10
  }
  return {};
}

/// RFC 8301 §3.2. Sizes of Ed25519 are one.
KeyCheck refused_size(const KeyRecord& record, const Options& options) {
  if (record.key_type != "rsa") return {.result = Result::pass};
  const unsigned bits = record.key->bits();
  const std::string size = "the RSA key has " + std::to_string(bits) + " bits";
  KeyCheck check = {.result = Result::pass};
  if (bits < options.min_rsa_bits) check = policy("weak-key", size + ", too few");
  if (bits > options.max_rsa_bits) check = policy("strong-key", size + ", more than are verified");
  check.key_bits = bits;
  check.test_key = record.testing;
  return check;
}

/// Which of two results without a usable key tells more: a policy is nearer to a verification than
/// an error.
bool tells_more(const KeyCheck& a, const KeyCheck& b) {
  return a.result == Result::policy && b.result != Result::policy;
}

}  // namespace

std::string_view to_text(Result result) {
  switch (result) {
    case Result::pass:
      return "pass";
    case Result::fail:
      return "fail";
    case Result::policy:
      return "policy";
    case Result::neutral:
      return "neutral";
    case Result::temperror:
      return "temperror";
    case Result::permerror:
      break;
  }
  return "permerror";
}

crypto::DigestKind digest_kind(Hash hash) {
  return hash == Hash::sha1 ? crypto::DigestKind::sha1 : crypto::DigestKind::sha256;
}

std::optional<KeyCheck> refuse_algorithm(const Algorithm& algorithm, const Options& options) {
  // RFC 8301 §3.1
  if (algorithm.hash != Hash::sha1 || options.sha1 == Sha1::allow) return std::nullopt;
  return policy("sha1", "SHA-1 is no longer accepted");
}

KeyChoice choose_keys(const KeyUse& use, const dns::Answer& answer, const Options& options) {
  if (auto refused = refuse_algorithm(use.algorithm, options)) {
    return {.otherwise = std::move(*refused)};
  }
  if (answer.outcome == dns::Outcome::temporary_failure) {  // RFC 6376 §6.1.2
    const std::string why = answer.why.empty() ? "" : ": " + answer.why;
    return {
        .otherwise = {.result = Result::temperror, .reason = "the key could not be fetched" + why}};
  }
  if (answer.outcome != dns::Outcome::records || answer.texts.empty()) {  // RFC 6376 §6.1.2
    return {.otherwise = permerror("there is no key record")};
  }
  KeyChoice choice;
  for (const auto& record : parsed_keys(answer)) {  // RFC 6376 §6.1.2: may cycle through them
    if (choice.keys.size() == options.max_keys) break;
    const std::string reason =
        !record ? "the key record is not valid: " + record.error().what : unsuitable(*record, use);
    KeyCheck check = reason.empty() ? refused_size(*record, options) : permerror(reason);
    if (reason.empty() && check.result == Result::pass) {
      choice.keys.push_back(&*record);
      continue;
    }
    if (record) check.test_key = record->testing;
    check.revoked = record && record->revoked;
    const bool first = choice.otherwise.reason.empty();
    if (first || tells_more(check, choice.otherwise)) choice.otherwise = std::move(check);
  }
  return choice;
}

KeyCheck verify_with(const KeyChoice& choice, const KeyUse& use, std::string_view digest) {
  if (choice.keys.empty()) return choice.otherwise;
  for (const KeyRecord* record : choice.keys) {
    if (record->key->verify(digest_kind(use.algorithm.hash), digest, use.signature)) {
      return {.result = Result::pass,
              .reason = "the signature verifies",
              .key_bits = record->key->bits(),
              .test_key = record->testing};
    }
  }
  return {.result = Result::fail,
          .reason = "the signature does not verify",
          .key_bits = choice.keys.front()->key->bits(),
          .test_key = std::ranges::any_of(choice.keys, &KeyRecord::testing)};
}

KeyCheck check_signature(const KeyUse& use, const dns::Answer& answer, std::string_view digest,
                         const Options& options) {
  return verify_with(choose_keys(use, answer, options), use, digest);
}

}  // namespace assay::dkim
