#include "assay/dkim/published_key.h"

#include <algorithm>
#include <utility>

#include "assay/base/base64.h"
#include "assay/crypto/digest.h"
#include "assay/dkim/check.h"
#include "assay/dkim/key.h"

namespace assay::dkim {
namespace {

Algorithm algorithm_of(const crypto::PrivateKey& key) {
  return {.key = key.is_rsa() ? KeyType::rsa : KeyType::ed25519, .hash = Hash::sha256};
}

/// What a verifier would say of mail that is signed with the key.
KeyCheck try_out(const crypto::PrivateKey& key, const dns::Answer& answer) {
  constexpr auto kind = crypto::DigestKind::sha256;
  const std::string digest = crypto::digest(kind, "a message for trial");
  const auto signature = key.sign(kind, digest);
  if (!signature) return {.result = Result::permerror, .reason = signature.error().what};
  return check_signature({.algorithm = algorithm_of(key), .signature = *signature}, answer, digest,
                         {});
}

bool all_revoked(const dns::Answer& answer) {
  const auto& records = parsed_keys(answer);
  return !records.empty() &&
         std::ranges::all_of(records, [](const auto& one) { return one && one->revoked; });
}

Publication publication_of(const KeyCheck& check, const dns::Answer& answer) {
  switch (check.result) {
    case Result::pass:
      return Publication::matches;
    case Result::fail:
      return Publication::other_key;
    case Result::temperror:
      return Publication::not_answered;
    default:
      break;
  }
  if (answer.texts.empty()) return Publication::missing;
  return all_revoked(answer) ? Publication::revoked : Publication::unusable;
}

Findings advice_on(const dns::Answer& answer) {
  Findings advice;
  if (answer.texts.size() > 1) {
    // RFC 6376 §3.6.2.2: the result is undefined.
    advice.push_back({.code = "several_records",
                      .what = "there are several key records; verifiers may use any of them",
                      .level = Level::warning});
  }
  const std::size_t read = std::min(answer.texts.size(), max_key_records);
  for (std::size_t i = 0; i < read; ++i) {
    KeyRecord record = lint_key(answer.texts[i]);
    if (record.exact_domain) {
      // RFC 6376 §3.6.1
      advice.push_back({.code = "exact_domain",
                        .what = "t=s: signatures with an identity (i=) below the domain fail",
                        .level = Level::warning});
    }
    for (Finding& finding : record.findings) add_bounded(advice, std::move(finding));
  }
  return advice;
}

}  // namespace

std::string key_record(const crypto::PrivateKey& key) {
  std::string text = "v=DKIM1; k=";
  text += key.is_rsa() ? "rsa" : "ed25519";  // RFC 8463 §4.1
  text += "; p=";
  return text + base64::encode(key.public_key());
}

std::string_view to_text(Publication publication) {
  switch (publication) {
    case Publication::matches:
      return "matches";
    case Publication::other_key:
      return "other_key";
    case Publication::revoked:
      return "revoked";
    case Publication::unusable:
      return "unusable";
    case Publication::missing:
      return "missing";
    case Publication::not_answered:
      break;
  }
  return "not_answered";
}

PublishedKey check_published(const crypto::PrivateKey& key, const dns::Answer& answer) {
  KeyCheck check = try_out(key, answer);
  PublishedKey published = {.publication = publication_of(check, answer),
                            .reason = std::move(check.reason),
                            .key_bits = check.key_bits,
                            .findings = advice_on(answer)};
  if (published.publication == Publication::matches) {
    published.reason = "the published key is that of the private key";
  }
  if (published.publication == Publication::other_key) {
    published.reason = "another key is published than that of the private key";
  }
  return published;
}

}  // namespace assay::dkim
