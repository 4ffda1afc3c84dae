#include "assay/dkim/verifier.h"

#include <algorithm>
#include <expected>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/utf8.h"
#include "assay/crypto/digest.h"
#include "assay/dkim/canonical.h"
#include "assay/dkim/check.h"
#include "assay/dkim/detail/rank.h"
#include "assay/dkim/key.h"
#include "assay/dkim/signature.h"

namespace assay::dkim {
namespace {

/// A result with its reason, before it is told which signature it is of.
struct Verdict {
  Result result = Result::neutral;
  std::string reason = {};
  std::string policy_rule = {};
  Fault fault = Fault::other;
};

/// More is not reported of i=: an address has 254 octets at most (RFC 5321 §4.5.3.1).
constexpr std::size_t max_identity = 320;

/// A value of a field that may be anything, fit to be shown.
std::string shown(std::string_view text) {
  const bool plain = text.size() <= max_identity && utf8::is_harmless(text);
  return plain ? std::string(text) : ascii::printable(text, max_identity);
}

Outcome describe(const Signature& signature) {
  Outcome outcome;
  outcome.domain =
      signature.domain.is_root() ? shown(signature.domain_text) : signature.domain.text();
  outcome.selector = shown(signature.selector);
  outcome.identity = shown(signature.identity);
  outcome.algorithm = shown(signature.algorithm_text);
  outcome.signature_start = signature.signature_start;
  outcome.body_length_signed = signature.length;
  return outcome;
}

void conclude(Outcome& outcome, Verdict verdict) {
  outcome.result = verdict.result;
  outcome.reason = std::move(verdict.reason);
  outcome.policy_rule = std::move(verdict.policy_rule);
  outcome.fault = verdict.fault;
}

/// What refuses a signature before anything is asked or hashed; nothing when it may go on.
std::optional<Verdict> refuse_unseen(const Signature& signature, const Options& options) {
  // RFC 6376 §6.1.1
  if (!signature.identity_below_domain) {
    return Verdict{Result::permerror, "i= is not at d= or below it"};
  }
  // RFC 6376 §3.3.4, RFC 6376 §3.4, RFC 6376 §3.5: what is not known is ignored, as if unsigned.
  if (!signature.algorithm) return Verdict{Result::neutral, "a= names no known algorithm"};
  if (!signature.canonicalization_known) {
    return Verdict{Result::neutral, "c= names no known canonicalization"};
  }
  if (!signature.query_known) return Verdict{Result::neutral, "q= does not offer dns/txt"};
  // RFC 6376 §6.1.1
  if (std::ranges::find(options.unlikely_signers, signature.domain) !=
      options.unlikely_signers.end()) {
    return Verdict{Result::policy, "d= is no domain that signs mail", "unlikely-signer"};
  }
  if (const auto refused = refuse_algorithm(*signature.algorithm, options)) {
    return Verdict{refused->result, refused->reason, refused->policy_rule};
  }
  return std::nullopt;
}

std::optional<Verdict> refuse_time(const Signature& signature, Instant now,
                                   const Options& options) {
  const std::chrono::seconds skew = options.clock_skew;
  if (signature.expiration && now > *signature.expiration + skew) {  // RFC 6376 §6.1.1
    return Verdict{Result::policy, "the signature expired " + to_rfc3339(*signature.expiration),
                   "expired"};
  }
  const bool early = signature.timestamp && *signature.timestamp > now + skew;
  if (early && options.future_timestamp == FutureTimestamp::refuse) {  // RFC 6376 §3.5
    return Verdict{Result::policy, "the signature is from the future", "future"};
  }
  return std::nullopt;
}

/// The octets of b= and the place of their outcome.
using Placed = std::pair<std::string_view, std::size_t>;

/// Makes each signature_start long enough to be of one signature only. RFC 6008 §4
void tell_apart(std::vector<Outcome>& outcomes, const std::vector<Placed>& signatures) {
  if (signatures.size() < 2) return;
  std::vector<std::pair<std::string, std::size_t>> texts;
  texts.reserve(signatures.size());
  const auto encode = [&](std::size_t octets) {
    texts.clear();
    for (const auto& [all, place] : signatures) {
      texts.emplace_back(base64::encode(all.substr(0, octets)), place);
    }
    std::ranges::sort(texts);
  };
  // The beginnings tell nearly all apart.
  constexpr std::size_t beginning = 48;
  encode(beginning);
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (std::ranges::adjacent_find(texts, same) != texts.end()) encode(std::string_view::npos);
  const auto common = [&](std::size_t i) {
    const std::string& a = texts[i].first;
    const std::string& b = texts[i + 1].first;
    return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  };
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t before = i > 0 ? common(i - 1) : 0;
    const std::size_t behind = i + 1 < texts.size() ? common(i) : 0;
    std::string& start = outcomes[texts[i].second].signature_start;
    start = texts[i].first.substr(0, std::max(start.size(), std::max(before, behind) + 1));
  }
}

}  // namespace

struct Verifier::Candidate {
  const mail::Field* field = nullptr;
  bool tried = false;
  std::expected<Signature, Finding> signature = std::unexpected(Finding{});
  std::optional<Verdict> refused = {};         // known before anything is asked
  std::optional<dns::Question> question = {};  // unless refused
  std::size_t body_hash = 0;

  void prepare(const mail::Header& header, BodyHashes& hashes, const Options& options);
};

void Verifier::Candidate::prepare(const mail::Header& header, BodyHashes& hashes,
                                  const Options& options) {
  tried = true;
  if (header.truncated) {
    refused = Verdict{Result::neutral,
                      "the header is larger than is read, so that fields may be missing"};
    return;
  }
  signature = parse_signature(field->value);
  if (!signature) {  // RFC 6376 §6.1.1
    refused = Verdict{Result::permerror, "the signature is not valid: " + signature.error().what};
    return;
  }
  refused = refuse_unseen(*signature, options);
  if (refused) return;
  auto name = key_question(signature->selector, signature->domain);
  if (!name) {
    refused = Verdict{Result::permerror, "s= and d= together are no domain name"};
    return;
  }
  const auto handle = hashes.want({.canonicalization = signature->body_canonicalization,
                                   .hash = signature->algorithm->hash,
                                   .length = signature->length});
  if (!handle) {
    refused =
        Verdict{Result::neutral, "the message asks for more kinds of body hash than are made"};
    return;
  }
  body_hash = *handle;
  question = std::move(*name);
}

/// Judges the signatures of one message, one after the other.
class Verifier::Judge {
 public:
  Judge(const Verifier& verifier, const BodyHashes& hashes, dns::Resolver& resolver, Instant now)
      : options_(verifier.options_),
        header_(*verifier.header_),
        hashes_(hashes),
        resolver_(resolver),
        now_(now),
        octets_left_(options_.max_signed_octets) {}

  void judge(const Candidate& candidate, Outcome& outcome);

 private:
  Verdict verify(const Candidate& candidate, Outcome& outcome);
  std::optional<Verdict> compare_body(const Candidate& candidate) const;
  std::optional<std::string> digest_of(const Candidate& candidate);
  dns::AnswerPtr fetch(const dns::Question& question);

  const Options& options_;
  const mail::Header& header_;
  std::optional<FieldIndex> index_ = {};  // made for the first signature that needs it
  const BodyHashes& hashes_;
  dns::Resolver& resolver_;
  Instant now_;
  std::size_t octets_left_;
  std::vector<std::pair<const dns::Question*, dns::AnswerPtr>> answers_ = {};
};

void Verifier::Judge::judge(const Candidate& candidate, Outcome& outcome) {
  Verdict verdict = verify(candidate, outcome);
  if (verdict.result == Result::fail && outcome.test_key) {
    // RFC 6376 §3.6.1: not to be treated differently from unsigned mail, which neutral says
    // (RFC 8601 §2.7.1).
    verdict.result = Result::neutral;
    verdict.reason += "; the key says that the domain is only testing (t=y)";
  }
  conclude(outcome, std::move(verdict));
}

Verdict Verifier::Judge::verify(const Candidate& candidate, Outcome& outcome) {
  if (candidate.refused) return *candidate.refused;
  const Signature& signature = *candidate.signature;
  if (auto refused = refuse_time(signature, now_, options_)) return *refused;
  const KeyUse use = {.algorithm = *signature.algorithm,
                      .signature = signature.signature,
                      .identity_is_domain = signature.identity_is_domain};
  const dns::AnswerPtr answer = fetch(*candidate.question);
  const KeyChoice choice = choose_keys(use, *answer, options_);
  KeyCheck check = choice.otherwise;
  if (!choice.keys.empty()) {
    check = {.key_bits = choice.keys.front()->key->bits(),
             .test_key = choice.keys.front()->testing};
    outcome.key_bits = check.key_bits;
    outcome.test_key = check.test_key;
    // RFC 6376 §6.1.3: the body hash first.
    if (auto failed = compare_body(candidate)) return *failed;
    const auto digest = digest_of(candidate);
    if (!digest) return {Result::neutral, "the signatures cover more header than is hashed"};
    check = verify_with(choice, use, *digest);
  }
  outcome.key_bits = check.key_bits;
  outcome.test_key = check.test_key;
  const bool partial = signature.length < hashes_.canonical_length(candidate.body_hash);
  if (check.result == Result::pass && signature.length && partial &&
      options_.partial_body == PartialBody::refuse) {
    // RFC 6376 §6.1.3, RFC 6376 §8.2
    return {Result::policy, "l= leaves a part of the body unsigned", "partial-body"};
  }
  return {check.result, std::move(check.reason), std::move(check.policy_rule),
          check.revoked ? Fault::revoked : Fault::other};
}

std::optional<Verdict> Verifier::Judge::compare_body(const Candidate& candidate) const {
  const Signature& signature = *candidate.signature;
  // RFC 6376 §3.5: l= must not be larger than the body.
  if (signature.length && *signature.length > hashes_.canonical_length(candidate.body_hash)) {
    return Verdict{Result::fail, "l= is larger than the body", "", Fault::body_hash};
  }
  if (hashes_.digest(candidate.body_hash) != signature.body_hash) {  // RFC 6376 §6.1.3
    return Verdict{Result::fail, "the body hash does not match", "", Fault::body_hash};
  }
  return std::nullopt;
}

/// The digest of what the signature signs; nothing when that is more than may still be hashed.
std::optional<std::string> Verifier::Judge::digest_of(const Candidate& candidate) {
  const Signature& signature = *candidate.signature;
  if (!index_) index_.emplace(header_);
  const auto selected = index_->select(signature.header_names, candidate.field);
  std::size_t size = candidate.field->raw.size();
  for (const mail::Field* field : selected) size += field->raw.size();
  if (size > octets_left_) return std::nullopt;
  octets_left_ -= size;
  return crypto::digest(
      digest_kind(signature.algorithm->hash),
      signed_octets(selected, *candidate.field, signature.header_canonicalization));
}

dns::AnswerPtr Verifier::Judge::fetch(const dns::Question& question) {
  const auto known =
      std::ranges::find_if(answers_, [&](const auto& asked) { return *asked.first == question; });
  if (known != answers_.end()) return known->second;
  return answers_.emplace_back(&question, resolver_.ask(question)).second;
}

Verifier::Verifier(const mail::Header& header, BodyHashes& hashes, const Options& options,
                   std::span<const DomainName> authors)
    : header_(&header), options_(options) {
  const std::vector<const mail::Field*> fields = mail::fields_named(header, "DKIM-Signature");
  candidates_.resize(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) candidates_[i].field = fields[i];
  // RFC 6376 §6.1: the order is the verifier's choice, and so is how many are tried.
  order_ = detail::choose_signatures(
      fields, authors.subspan(0, std::min(authors.size(), max_ranked_authors)),
      options_.max_signatures);
  for (const std::size_t i : order_) candidates_[i].prepare(header, hashes, options_);
}

Verifier::~Verifier() = default;
Verifier::Verifier(Verifier&&) noexcept = default;

std::vector<dns::Question> Verifier::questions() const {
  std::vector<dns::Question> questions;
  for (const std::size_t i : order_) {
    const auto& question = candidates_[i].question;
    const bool known = question && std::ranges::find(questions, *question) != questions.end();
    if (question && !known) questions.push_back(*question);
  }
  return questions;
}

std::vector<Outcome> Verifier::finish(const BodyHashes& hashes, dns::Resolver& resolver,
                                      Instant now) const {
  std::vector<Outcome> outcomes;
  outcomes.reserve(candidates_.size());
  std::vector<Placed> signatures;
  for (const Candidate& candidate : candidates_) {
    if (candidate.tried && candidate.signature) {
      signatures.emplace_back(candidate.signature->signature, outcomes.size());
      outcomes.push_back(describe(*candidate.signature));
    } else {
      outcomes.push_back(describe(salvage_signature(candidate.field->value)));
    }
    if (!candidate.tried) {
      conclude(outcomes.back(),
               {Result::neutral, "the message has more signatures than are tried"});
    }
  }
  if (order_.empty()) return outcomes;
  Judge judge(*this, hashes, resolver, now);
  for (const std::size_t i : order_) judge.judge(candidates_[i], outcomes[i]);
  tell_apart(outcomes, signatures);
  return outcomes;
}

}  // namespace assay::dkim
