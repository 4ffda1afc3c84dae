#include <algorithm>
#include <expected>
#include <utility>

#include "assay/arc/arc.h"
#include "assay/arc/detail/chain.h"
#include "assay/crypto/digest.h"
#include "assay/dkim/canonical.h"
#include "assay/dkim/check.h"
#include "assay/dkim/key.h"
#include "assay/dkim/signature.h"

namespace assay::arc {
namespace {

using dkim::Canonicalization;

/// What is needed of a field before its signature is verified.
struct Prepared {
  std::string refused = {};                    ///< why it fails unseen
  std::optional<dns::Question> question = {};  ///< unless refused
};

/// An ARC-Message-Signature.
struct Message : Prepared {
  dkim::Signature signature = {};
  std::size_t body_hash = 0;
};

/// The key's place, or why there is none.
void find_key(Prepared& prepared, const std::string& selector, const DomainName& domain) {
  auto question = dkim::key_question(selector, domain);
  if (question) {
    prepared.question = std::move(*question);
  } else {
    prepared.refused = "s= and d= together are no domain name";
  }
}

// RFC 8617 §5.2 has signatures verified as those of DKIM; RFC 6376 §6.1.1.
std::string refuse_unseen(const dkim::Signature& signature, const dkim::Options& options) {
  if (!signature.algorithm) return "a= names no known algorithm";
  if (!signature.canonicalization_known) return "c= names no known canonicalization";
  if (!signature.query_known) return "q= does not offer dns/txt";
  if (const auto refused = dkim::refuse_algorithm(*signature.algorithm, options)) {
    return refused->reason;
  }
  // RFC 8617 §4.1.2: an ARC-Seal is made after the message signature, so that no signature over it
  // is one of this chain. Other ARC fields must not be signed either, yet sealers did so when the
  // rule was young, and the signature says then what they saw.
  if (std::ranges::find(signature.header_names, "arc-seal") != signature.header_names.end()) {
    return "h= names ARC-Seal";
  }
  return {};
}

Message prepare_message(const mail::Field& field, dkim::BodyHashes& hashes,
                        const dkim::Options& options) {
  Message message;
  auto signature = dkim::parse_signature(field.value, dkim::SignatureKind::arc_message);
  if (!signature) {
    message.refused = "it is not valid: " + signature.error().what;
    return message;
  }
  message.signature = std::move(*signature);
  message.refused = refuse_unseen(message.signature, options);
  if (!message.refused.empty()) return message;
  const auto handle = hashes.want({.canonicalization = message.signature.body_canonicalization,
                                   .hash = message.signature.algorithm->hash,
                                   .length = message.signature.length});
  if (!handle) {
    message.refused = "the message asks for more kinds of body hash than are made";
    return message;
  }
  message.body_hash = *handle;
  find_key(message, message.signature.selector, message.signature.domain);
  return message;
}

Prepared prepare_seal(const detail::Seal& seal, const dkim::Options& options) {
  Prepared prepared;
  if (!seal.algorithm) {
    prepared.refused = "a= names no known algorithm";
  } else if (const auto refused = dkim::refuse_algorithm(*seal.algorithm, options)) {
    prepared.refused = refused->reason;
  } else {
    find_key(prepared, seal.selector, seal.domain);
  }
  return prepared;
}

std::string of_instance(std::string_view field, std::size_t index, std::string_view what) {
  return "the " + std::string(field) + " of instance " + std::to_string(index + 1) +
         " fails: " + std::string(what);
}

}  // namespace

struct Validator::State {
  const mail::Header* header;
  dkim::Options options;
  detail::Chain chain;
  std::vector<Message> messages = {};  // instance 1 first, as all lists
  std::vector<Prepared> seals = {};

  /// Why the chain fails before anything is asked; empty when it may go on.
  std::string refused() const;
};

std::string Validator::State::refused() const {
  if (!chain.broken.empty()) return chain.broken;
  if (messages.empty()) return {};
  if (!messages.back().refused.empty()) {
    return of_instance("ARC-Message-Signature", messages.size() - 1, messages.back().refused);
  }
  for (std::size_t i = seals.size(); i-- > 0;) {
    if (!seals[i].refused.empty()) return of_instance("ARC-Seal", i, seals[i].refused);
  }
  return {};
}

namespace {

/// Verifies the signatures of one chain. Each function says why a signature fails, or nothing.
class Judge {
 public:
  Judge(const dkim::Options& options, const dkim::BodyHashes& hashes, dns::Resolver& resolver,
        Instant now)
      : options_(options),
        hashes_(hashes),
        resolver_(resolver),
        now_(now),
        octets_left_(options.max_signed_octets) {}

  std::string check_message(const Message& message, const mail::Header& header,
                            const mail::Field& field);
  std::string check_seals(const std::vector<detail::Link>& links,
                          const std::vector<Prepared>& seals);

 private:
  std::string check_times(std::optional<Instant> timestamp,
                          std::optional<Instant> expiration) const;
  std::string check_body(const Message& message) const;
  dns::AnswerPtr fetch(const dns::Question& question);
  bool may_hash(std::size_t octets);

  const dkim::Options& options_;
  const dkim::BodyHashes& hashes_;
  dns::Resolver& resolver_;
  Instant now_;
  std::size_t octets_left_;
  std::optional<dkim::FieldIndex> index_ = {};  // made for the first signature that needs it
  std::vector<std::pair<const dns::Question*, dns::AnswerPtr>> answers_ = {};
};

constexpr std::string_view too_much = "the signatures cover more header than is hashed";

std::string Judge::check_times(std::optional<Instant> timestamp,
                               std::optional<Instant> expiration) const {
  if (expiration && now_ > *expiration + options_.clock_skew) {  // RFC 6376 §3.5
    return "the signature expired " + to_rfc3339(*expiration);
  }
  const bool future = timestamp && *timestamp > now_ + options_.clock_skew;
  if (future && options_.future_timestamp == dkim::FutureTimestamp::refuse) {
    return "the signature is from the future";
  }
  return {};
}

std::string Judge::check_body(const Message& message) const {
  const std::uint64_t size = hashes_.canonical_length(message.body_hash);
  const auto length = message.signature.length;
  if (length && *length > size) return "l= is larger than the body";  // RFC 6376 §3.5
  if (length && *length < size && options_.partial_body == dkim::PartialBody::refuse) {
    return "l= leaves a part of the body unsigned";  // RFC 6376 §8.2
  }
  const bool same = hashes_.digest(message.body_hash) == message.signature.body_hash;
  return same ? "" : "the body hash does not match";  // RFC 6376 §6.1.3
}

// RFC 8617 §5.2 steps 4 and 5
std::string Judge::check_message(const Message& message, const mail::Header& header,
                                 const mail::Field& field) {
  if (!message.refused.empty()) return message.refused;
  const dkim::Signature& signature = message.signature;
  if (auto failed = check_times(signature.timestamp, signature.expiration); !failed.empty()) {
    return failed;
  }
  if (auto failed = check_body(message); !failed.empty()) return failed;
  const dkim::KeyUse use{.algorithm = *signature.algorithm, .signature = signature.signature};
  const dns::AnswerPtr answer = fetch(*message.question);
  const dkim::KeyChoice choice = dkim::choose_keys(use, *answer, options_);
  if (choice.keys.empty()) return choice.otherwise.reason;  // RFC 8617 §5.2.1: DNS errors too
  if (!index_) index_.emplace(header);
  const auto selected = index_->select(signature.header_names, &field);
  std::size_t octets = field.raw.size();
  for (const mail::Field* one : selected) octets += one->raw.size();
  if (!may_hash(octets)) return std::string(too_much);
  const std::string digest =
      crypto::digest(dkim::digest_kind(use.algorithm.hash),
                     dkim::signed_octets(selected, field, signature.header_canonicalization));
  const dkim::KeyCheck check = dkim::verify_with(choice, use, digest);
  return check.result == dkim::Result::pass ? "" : check.reason;
}

// RFC 8617 §5.2 step 6: from the newest to the oldest, up to the first that fails.
std::string Judge::check_seals(const std::vector<detail::Link>& links,
                               const std::vector<Prepared>& seals) {
  // RFC 8617 §5.1.1: all sets in order, each as results, message signature and seal; in the set of
  // the seal itself its own field comes last, with b= emptied. Only the end differs between seals.
  std::string canonical;
  std::vector<std::size_t> ends;
  for (const detail::Link& link : links) {
    dkim::append_canonical(canonical, *link.results, Canonicalization::relaxed);
    dkim::append_canonical(canonical, *link.message_signature, Canonicalization::relaxed);
    ends.push_back(canonical.size());
    dkim::append_canonical(canonical, *link.seal_field, Canonicalization::relaxed);
  }
  for (std::size_t i = links.size(); i-- > 0;) {
    const detail::Seal& seal = links[i].seal;
    if (auto failed = check_times(seal.timestamp, {}); !failed.empty()) {
      return of_instance("ARC-Seal", i, failed);
    }
    const dkim::KeyUse use{.algorithm = *seal.algorithm, .signature = seal.signature};
    const dns::AnswerPtr answer = fetch(*seals[i].question);
    const dkim::KeyChoice choice = dkim::choose_keys(use, *answer, options_);
    if (choice.keys.empty()) return of_instance("ARC-Seal", i, choice.otherwise.reason);
    std::string own;
    dkim::append_own_field(own, *links[i].seal_field, Canonicalization::relaxed);
    if (!may_hash(ends[i] + own.size())) return of_instance("ARC-Seal", i, too_much);
    crypto::Digest digest(dkim::digest_kind(use.algorithm.hash));
    digest.update(std::string_view(canonical).substr(0, ends[i]));
    digest.update(own);
    const dkim::KeyCheck check = dkim::verify_with(choice, use, digest.finish());
    if (check.result != dkim::Result::pass) return of_instance("ARC-Seal", i, check.reason);
  }
  return {};
}

dns::AnswerPtr Judge::fetch(const dns::Question& question) {
  const auto known =
      std::ranges::find_if(answers_, [&](const auto& asked) { return *asked.first == question; });
  if (known != answers_.end()) return known->second;
  return answers_.emplace_back(&question, resolver_.ask(question)).second;
}

bool Judge::may_hash(std::size_t octets) {
  if (octets > octets_left_) return false;
  octets_left_ -= octets;
  return true;
}

Outcome describe(const detail::Chain& chain) {
  Outcome outcome{.instances = chain.highest};
  for (const detail::Link& link : chain.links) {
    outcome.sealers.push_back(link.seal.domain.text());
    outcome.sets.push_back({.instance = link.seal.instance,
                            .sealer = link.seal.domain.text(),
                            .selector = link.seal.selector,
                            .cv = link.seal.cv,
                            .authentication_results = std::string(link.authentication_results)});
  }
  return outcome;
}

Outcome failed(Outcome outcome, std::string reason) {
  outcome.result = Result::fail;
  outcome.reason = std::move(reason);
  return outcome;
}

}  // namespace

Validator::Validator(const mail::Header& header, dkim::BodyHashes& hashes,
                     const dkim::Options& options)
    : state_(std::make_unique<State>(
          State{.header = &header, .options = options, .chain = detail::read_chain(header)})) {
  const std::vector<detail::Link>& links = state_->chain.links;
  state_->messages.resize(links.size());
  // The newest message signature decides, so that it goes before the others where room is short.
  for (std::size_t i = links.size(); i-- > 0;) {
    state_->messages[i] = prepare_message(*links[i].message_signature, hashes, options);
    if (!state_->messages.back().refused.empty()) break;
  }
  for (const detail::Link& link : links) {
    state_->seals.push_back(prepare_seal(link.seal, options));
  }
}

Validator::~Validator() = default;
Validator::Validator(Validator&&) noexcept = default;

std::vector<dns::Question> Validator::questions() const {
  std::vector<dns::Question> questions;
  if (!state_->refused().empty()) return questions;
  const auto add = [&](const Prepared& one) {
    const bool known =
        one.question && std::ranges::find(questions, *one.question) != questions.end();
    if (one.question && !known) questions.push_back(*one.question);
  };
  std::ranges::for_each(state_->messages, add);
  std::ranges::for_each(state_->seals, add);
  return questions;
}

Outcome Validator::finish(const dkim::BodyHashes& hashes, dns::Resolver& resolver,
                          Instant now) const {
  const std::vector<detail::Link>& links = state_->chain.links;
  Outcome outcome = describe(state_->chain);
  if (outcome.instances == 0) {
    outcome.reason = "the message has no ARC set";
    return outcome;
  }
  if (auto refused = state_->refused(); !refused.empty()) {
    return failed(std::move(outcome), std::move(refused));
  }
  Judge judge(state_->options, hashes, resolver, now);
  const auto check_message = [&](std::size_t i) {
    return judge.check_message(state_->messages[i], *state_->header, *links[i].message_signature);
  };
  // RFC 8617 §5.2 step 4
  std::size_t oldest = links.size() - 1;
  if (const std::string why = check_message(oldest); !why.empty()) {
    return failed(std::move(outcome), of_instance("ARC-Message-Signature", oldest, why));
  }
  if (auto why = judge.check_seals(links, state_->seals); !why.empty()) {
    return failed(std::move(outcome), std::move(why));
  }
  // RFC 8617 §5.2 step 5: it changes no result, so that it waits until the seals have passed.
  while (oldest > 0 && check_message(oldest - 1).empty()) --oldest;
  outcome.oldest_pass = oldest == 0 ? 0 : static_cast<unsigned>(oldest) + 1;
  outcome.result = Result::pass;  // RFC 8617 §5.2 step 7
  outcome.reason = "all seals and the newest message signature verify";
  return outcome;
}

}  // namespace assay::arc
