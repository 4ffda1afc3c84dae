#include "system/evidence/recovery.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/crypto/digest.h"
#include "assay/dkim/canonical.h"
#include "assay/dkim/dkim.h"
#include "assay/mail/address.h"
#include "system/evidence/detail/bodies.h"
#include "system/evidence/detail/domains.h"
#include "system/evidence/detail/undo.h"

namespace assay::evidence {
namespace {

/// A larger header is not tried: it would be hashed again and again.
constexpr std::size_t max_header_octets = 256U << 10;
constexpr std::size_t max_subject = 2'000;
constexpr std::size_t max_reply_to = 2'000;

constexpr std::string_view list_fields[] = {
    "list-id",        "list-help",  "list-unsubscribe", "list-unsubscribe-post",
    "list-subscribe", "list-post",  "list-owner",       "list-archive",
    "sender",         "precedence", "errors-to"};

bool is_list_field(std::string_view lower_name) {
  return std::ranges::find(list_fields, lower_name) != std::end(list_fields);
}

/// A signature of the author, and its keys once they were needed.
struct Candidate {
  const mail::Field* field = nullptr;
  dkim::Signature signature = {};
  dns::Question question = {};
  dns::AnswerPtr answer = {};
  dkim::KeyChoice choice = {};

  bool signs(std::string_view lower_name) const {
    return std::ranges::find(signature.header_names, lower_name) != signature.header_names.end();
  }
  dkim::KeyUse use() const {
    return {.algorithm = *signature.algorithm,
            .signature = signature.signature,
            .identity_is_domain = signature.identity_is_domain};
  }
};

/// What is done to a header before a signature is tried over it.
struct Edits {
  std::optional<std::string> subject = {};
  bool without_reply_to = false;
  bool without_list_fields = false;
  MimeFields mime = {};
  std::vector<std::string> undone = {};

  bool change_header() const {
    return subject || without_reply_to || without_list_fields || !mime.as_delivered;
  }
};

constexpr unsigned drop_reply_to = 1;
constexpr unsigned drop_list_fields = 2;

bool is_mime_field(std::string_view name) {
  return ascii::iequals(name, "Content-Type") ||
         ascii::iequals(name, "Content-Transfer-Encoding") || ascii::iequals(name, "MIME-Version");
}

/// The fields that a signature names, edited; views into the header and into `made_`.
class Edited {
 public:
  Edited(const mail::Header& header, const Candidate& candidate, const Edits& edits)
      : candidate_(candidate), edits_(edits) {
    for (const mail::Field& field : header.fields) take(field);
    if (edits.mime.as_delivered) return;
    add("Content-Type", edits.mime.content_type);
    add("Content-Transfer-Encoding", edits.mime.transfer_encoding);
  }
  Edited(const Edited&) = delete;
  Edited& operator=(const Edited&) = delete;

  std::string signed_octets() const {
    const dkim::FieldIndex index(header_);
    const mail::Field& own = header_.fields[own_];
    return dkim::signed_octets(index.select(candidate_.signature.header_names, &own), own,
                               candidate_.signature.header_canonicalization);
  }

 private:
  void take(const mail::Field& field) {
    if (&field == candidate_.field) {
      own_ = header_.fields.size();
      header_.fields.push_back(field);
      return;
    }
    const std::string name = ascii::to_lower(field.name);
    if (!candidate_.signs(name)) return;
    if (edits_.without_reply_to && name == "reply-to" && !std::exchange(reply_to_seen_, true))
      return;
    if (edits_.without_list_fields && is_list_field(name)) return;
    if (!edits_.mime.as_delivered && is_mime_field(name) && !keeps_version(name)) return;
    if (edits_.subject && name == "subject") return add(field.name, edits_.subject);
    header_.fields.push_back(field);
  }

  /// A message with a Content-Type had a MIME-Version too.
  bool keeps_version(std::string_view name) const {
    return name == "mime-version" && edits_.mime.content_type.has_value();
  }

  void add(std::string_view name, const std::optional<std::string>& value) {
    if (!value) return;
    const std::string& raw = made_.emplace_back(std::string(name) + ":" + *value);
    header_.fields.push_back({.raw = raw,
                              .name = std::string_view(raw).substr(0, name.size()),
                              .value = std::string_view(raw).substr(name.size() + 1)});
  }

  const Candidate& candidate_;
  const Edits& edits_;
  std::deque<std::string> made_ = {};
  mail::Header header_ = {};
  std::size_t own_ = 0;
  bool reply_to_seen_ = false;  ///< only the top one is an addition
};

bool can_align(const DomainName& signer, const std::vector<DomainName>& authors) {
  return std::ranges::any_of(authors,
                             [&](const DomainName& author) { return related(signer, author); });
}

/// What dkim::Verifier would refuse before it asks anything is refused here too.
bool is_acceptable(const dkim::Signature& signature, Instant now, const dkim::Options& options) {
  if (!signature.algorithm || !signature.canonicalization_known || !signature.query_known ||
      !signature.identity_below_domain) {
    return false;
  }
  if (dkim::refuse_algorithm(*signature.algorithm, options)) return false;
  return !signature.expiration || now <= *signature.expiration + options.clock_skew;
}

bool matches(const dkim::Signature& signature, const dkim::BodyHashes& hashes, std::size_t handle) {
  // RFC 6376 §8.2: a signature of a part of the body says nothing of the rest.
  const bool whole = !signature.length || *signature.length == hashes.canonical_length(handle);
  return whole && hashes.digest(handle) == signature.body_hash;
}

class Recovery {
 public:
  Recovery(const Original& message, const std::vector<DomainName>& authors, dns::Resolver& resolver,
           Instant now, const RecoveryLimits& limits)
      : message_(message),
        resolver_(resolver),
        tries_left_(limits.max_tries),
        octets_left_(limits.max_octets) {
    find_candidates(authors, now, limits.max_signatures);
    drops_reply_to_ = may_drop_reply_to(authors);
  }

  std::optional<Recovered> recover() {
    if (candidates_.empty()) return std::nullopt;
    each_body(message_.header, message_.body, [this](const Body& body) { return look(body); });
    return std::move(found_);
  }

 private:
  void find_candidates(const std::vector<DomainName>& authors, Instant now, std::size_t most);
  bool may_drop_reply_to(const std::vector<DomainName>& authors) const;
  Go look(const Body& body);
  void try_headers(Candidate& candidate, const Body& body);
  bool try_header(const Candidate& candidate, const Edits& edits);
  bool has_keys(Candidate& candidate);
  std::vector<Edits> edits_for(const Candidate& candidate, const Body& body) const;
  std::vector<std::optional<std::string>> subjects(const Candidate& candidate) const;
  bool take(std::size_t octets);
  bool holds_list_field(const Candidate& candidate) const;

  const Original& message_;
  dns::Resolver& resolver_;
  dkim::Options options_ = {};
  std::size_t tries_left_;
  std::size_t octets_left_;
  bool drops_reply_to_ = false;
  std::vector<Candidate> candidates_ = {};
  std::optional<Recovered> found_ = {};
};

void Recovery::find_candidates(const std::vector<DomainName>& authors, Instant now,
                               std::size_t most) {
  for (const mail::Field* field : mail::fields_named(message_.header, "DKIM-Signature")) {
    if (candidates_.size() == most) return;
    auto signature = dkim::parse_signature(field->value);
    if (!signature || !can_align(signature->domain, authors)) continue;
    if (!is_acceptable(*signature, now, options_)) continue;
    auto question = dkim::key_question(signature->selector, signature->domain);
    if (!question) continue;
    candidates_.push_back(
        {.field = field, .signature = std::move(*signature), .question = std::move(*question)});
  }
}

/// Replies must go to the list or to the author, as a list has it; nobody else may put himself
/// there.
bool Recovery::may_drop_reply_to(const std::vector<DomainName>& authors) const {
  const std::vector<DomainName> lists = list_domains(message_.header);
  const auto fields = mail::fields_named(message_.header, "Reply-To");
  return std::ranges::all_of(fields, [&](const mail::Field* field) {
    if (field->value.size() > max_reply_to) return false;
    const auto addresses = mail::parse_addresses(field->value);
    return !has_error(addresses.findings) &&
           std::ranges::all_of(addresses.mailboxes, [&](const mail::Mailbox& mailbox) {
             const auto domain = domain_of(mailbox.domain);
             return domain && (can_align(*domain, lists) || can_align(*domain, authors));
           });
  });
}

/// Counts one try of so many octets; false when there is none left.
bool Recovery::take(std::size_t octets) {
  if (tries_left_ == 0 || octets > octets_left_) {
    tries_left_ = 0;
    return false;
  }
  --tries_left_;
  octets_left_ -= octets;
  return true;
}

/// Body hashes first, since they are cheap and hardly ever right (RFC 6376 §6.1.3).
Go Recovery::look(const Body& body) {
  dkim::BodyHashes hashes;
  std::vector<std::size_t> handles;
  for (const Candidate& candidate : candidates_) {
    const auto handle = hashes.want({.canonicalization = candidate.signature.body_canonicalization,
                                     .hash = candidate.signature.algorithm->hash});
    handles.push_back(handle.value_or(0));
  }
  if (!take(body.octets.size())) return Go::stop;
  hashes.update(body.octets);
  hashes.finish();
  for (std::size_t i = 0; i < candidates_.size() && !found_; ++i) {
    if (matches(candidates_[i].signature, hashes, handles[i])) try_headers(candidates_[i], body);
  }
  return found_ || tries_left_ == 0 ? Go::stop : Go::on;
}

bool Recovery::has_keys(Candidate& candidate) {
  if (!candidate.answer) {
    candidate.answer = resolver_.ask(candidate.question);
    candidate.choice = dkim::choose_keys(candidate.use(), *candidate.answer, options_);
  }
  return !candidate.choice.keys.empty();
}

void Recovery::try_headers(Candidate& candidate, const Body& body) {
  if (!has_keys(candidate)) return;
  const bool body_as_delivered = body.octets == message_.body;
  for (const Edits& edits : edits_for(candidate, body)) {
    // The message as delivered is what dkim::Verifier has judged.
    if (body_as_delivered && !edits.change_header()) continue;
    if (!try_header(candidate, edits)) continue;
    found_ = Recovered{.domain = candidate.signature.domain,
                       .selector = candidate.signature.selector,
                       .undone = edits.undone};
    return;
  }
}

bool Recovery::try_header(const Candidate& candidate, const Edits& edits) {
  const Edited edited(message_.header, candidate, edits);
  const std::string octets = edited.signed_octets();
  if (!take(octets.size())) return false;
  const std::string digest =
      crypto::digest(dkim::digest_kind(candidate.signature.algorithm->hash), octets);
  return dkim::verify_with(candidate.choice, candidate.use(), digest).result == dkim::Result::pass;
}

/// The subject as delivered (nothing), then what it may have been.
std::vector<std::optional<std::string>> Recovery::subjects(const Candidate& candidate) const {
  std::vector<std::optional<std::string>> all = {std::nullopt};
  const auto fields = mail::fields_named(message_.header, "Subject");
  const bool one = fields.size() == 1 && fields.front()->value.size() <= max_subject;
  if (!one || !candidate.signs("subject")) return all;
  for (std::string& subject : without_subject_tag(fields.front()->value)) {
    all.emplace_back(std::move(subject));
  }
  return all;
}

bool Recovery::holds_list_field(const Candidate& candidate) const {
  return std::ranges::any_of(message_.header.fields, [&](const mail::Field& field) {
    const std::string name = ascii::to_lower(field.name);
    return is_list_field(name) && candidate.signs(name);
  });
}

/// One combination, in words too.
Edits make_edits(const Body& body, const MimeFields& mime,
                 const std::optional<std::string>& subject, unsigned drops) {
  Edits edits = {.subject = subject,
                 .without_reply_to = (drops & drop_reply_to) != 0,
                 .without_list_fields = (drops & drop_list_fields) != 0,
                 .mime = mime,
                 .undone = body.undone};
  if (edits.undone.empty() && !mime.as_delivered) {
    edits.undone.emplace_back("added MIME fields removed");
  }
  if (subject) edits.undone.emplace_back("subject tag removed");
  if (edits.without_reply_to) edits.undone.emplace_back("added Reply-To removed");
  if (edits.without_list_fields) edits.undone.emplace_back("list fields removed");
  return edits;
}

/// Every combination of what may be undone in the fields that the signature covers.
std::vector<Edits> Recovery::edits_for(const Candidate& candidate, const Body& body) const {
  const bool reply_to = drops_reply_to_ && candidate.signs("reply-to") &&
                        !mail::fields_named(message_.header, "Reply-To").empty();
  const bool list = holds_list_field(candidate);
  const bool mime = candidate.signs("content-type") || candidate.signs("mime-version") ||
                    candidate.signs("content-transfer-encoding");
  const unsigned possible = (reply_to ? drop_reply_to : 0U) | (list ? drop_list_fields : 0U);
  const std::vector<std::optional<std::string>> all_subjects = subjects(candidate);
  std::vector<Edits> all;
  for (std::size_t m = 0; m < (mime ? body.fields.size() : 1); ++m) {
    for (const auto& subject : all_subjects) {
      for (unsigned drops = 0; drops <= possible; ++drops) {
        if ((drops & ~possible) != 0) continue;
        all.push_back(make_edits(body, mime ? body.fields[m] : MimeFields{}, subject, drops));
      }
    }
  }
  return all;
}

}  // namespace

std::optional<Recovered> recover(const Original& message, const std::vector<DomainName>& authors,
                                 dns::Resolver& resolver, Instant now,
                                 const RecoveryLimits& limits) {
  if (message.header.truncated || message.body.size() > limits.max_body) return std::nullopt;
  std::size_t octets = 0;
  for (const mail::Field& field : message.header.fields) octets += field.raw.size();
  if (octets > max_header_octets) return std::nullopt;
  return Recovery(message, authors, resolver, now, limits).recover();
}

}  // namespace assay::evidence
