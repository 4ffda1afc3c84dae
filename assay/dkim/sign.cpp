#include "assay/dkim/sign.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/try.h"
#include "assay/base/utf8.h"
#include "assay/crypto/digest.h"
#include "assay/crypto/public_key.h"
#include "assay/dkim/canonical.h"
#include "assay/dkim/detail/message_check.h"
#include "assay/dkim/detail/tag_writer.h"
#include "assay/dkim/signature.h"
#include "assay/dkim/tag_values.h"

namespace assay::dkim {
namespace {

using detail::Charset;

// RFC 8301 §3.2
constexpr unsigned least_rsa_bits = 1024;
// RFC 5321 §4.5.3.1.1
constexpr std::size_t most_local_octets = 64;
constexpr std::chrono::seconds longest_lifetime{std::chrono::hours{24} * 36'525};
// RFC 6376 §3.5: implementations have to handle values up to so many seconds.
constexpr std::int64_t latest_time = 1'000'000'000'000;

std::unexpected<Finding> error(std::string_view code, std::string what) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = 0});
}

std::string_view word_of(Canonicalization how) {
  return how == Canonicalization::simple ? "simple" : "relaxed";
}

/// i= in two parts.
struct Identity {
  std::string local = {};
  DomainName domain = {};
};

/// RFC 6376 §2.11 and, for UTF-8, RFC 8616 §5: dkim-quoted-printable.
std::string quoted_printable(std::string_view octets, Charset charset) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    const bool safe = ascii::is_octet_above_127(c) ? charset == Charset::utf8
                                                   : ascii::is_graph(c) && c != ';' && c != '=';
    if (safe) {
      text += c;
    } else {
      text += {'=', digits[octet >> 4U], digits[octet & 15U]};
    }
  }
  return text;
}

std::expected<Identity, Finding> read_identity(const std::string& text, const DomainName& domain) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos) return error("bad_identity", "the identity (i=) has no @");
  const std::string local = text.substr(0, at);
  if (local.size() > most_local_octets) {
    return error("bad_identity", "the local part of the identity (i=) has more than 64 octets");
  }
  const bool controls = std::ranges::any_of(local, [](char c) {
    return !ascii::is_graph(c) && c != ' ' && !ascii::is_octet_above_127(c);
  });
  if (controls || detail::charset_of(local) == Charset::unknown) {
    return error("bad_identity", "the identity (i=) holds octets that no address has");
  }
  auto name = read_signing_domain({.name = "i", .value = std::string_view(text).substr(at + 1)});
  // RFC 6376 §3.5
  if (!name || !name->equal_or_below(domain)) {
    return error("bad_identity",
                 "the domain of the identity (i=) is not " + domain.text() + " or below it");
  }
  return Identity{.local = local, .domain = std::move(*name)};
}

/// RFC 8616 §5: A-labels, and U-labels where the header is UTF-8.
std::string name_in(const std::string& a_labels, Charset charset) {
  if (charset != Charset::utf8) return a_labels;
  const auto name = DomainName::parse(a_labels);
  const std::string u_labels = name ? to_u_labels(*name) : a_labels;
  return ascii::iequals(u_labels, a_labels) ? a_labels : u_labels;
}

/// RFC 6376 §5.4: fields that change on the way or that others will add above.
bool is_unsuitable(std::string_view name) {
  // RFC 6376 §5.4.1; RFC 8601 §5 has Authentication-Results removed on arrival; RFC 6376 §3.5 has
  // the signature's own field signed without being named.
  constexpr std::string_view names[] = {"return-path", "received",       "comments",
                                        "keywords",    "dkim-signature", "authentication-results"};
  return std::ranges::find(names, name) != std::end(names);
}

/// A name for h=, in lower case.
std::expected<std::string, Finding> read_field_name(const std::string& name) {
  const auto fits = [](char c) { return ascii::is_graph(c) && c != ':' && c != ';'; };
  if (name.empty() || !std::ranges::all_of(name, fits)) {
    return error("bad_field_name", "no field name: " + ascii::printable(name, 40));
  }
  std::string lower = ascii::to_lower(name);
  if (is_unsuitable(lower)) {
    return error("unsuitable_field", "the field " + name +
                                         " is not signed: it is added, changed or removed on "
                                         "the way");
  }
  return lower;
}

struct Key {
  std::string selector = {};  ///< A-labels
  std::shared_ptr<const crypto::PrivateKey> key = {};
};

std::expected<Key, Finding> read_key(const SigningKey& given) {
  if (!given.key) return error("no_key", "a selector without a key");
  ASSAY_TRY(selector, read_selector({.name = "s", .value = given.selector}));
  if (given.key->is_rsa()) {
    // As a verifier would see it.
    ASSAY_TRY(published, crypto::PublicKey::rsa(given.key->public_key()));
    // RFC 8301 §3.2
    if (published.bits() < least_rsa_bits) {
      return error("weak_key", "the RSA key has " + std::to_string(published.bits()) +
                                   " bits; verifiers refuse fewer than 1024");
    }
  }
  return Key{.selector = std::move(selector), .key = given.key};
}

/// As often as a field stands there, or once more.
enum class Times : std::uint8_t { present, one_more };

/// Names in the order in which h= has them, each once.
struct FieldName {
  std::string name = {};
  Times times = Times::present;
};

/// What a message gives to its signatures.
struct Content {
  Charset charset = Charset::ascii;
  Instant now = {};
  std::vector<std::string> names = {};
  std::string body_hash = {};  ///< in base64
};

}  // namespace

const std::vector<std::string>& default_signed_fields() {
  // RFC 6376 §5.4.1, and what else tells who wrote what to whom and how it is shown.
  static const std::vector<std::string> names = {"From",
                                                 "Subject",
                                                 "Date",
                                                 "To",
                                                 "Cc",
                                                 "Reply-To",
                                                 "MIME-Version",
                                                 "Content-Type",
                                                 "Content-Transfer-Encoding",
                                                 "Sender",
                                                 "Message-ID",
                                                 "In-Reply-To",
                                                 "References",
                                                 "Resent-Date",
                                                 "Resent-From",
                                                 "Resent-To",
                                                 "Resent-Cc",
                                                 "List-Id",
                                                 "List-Help",
                                                 "List-Unsubscribe",
                                                 "List-Unsubscribe-Post",
                                                 "List-Subscribe",
                                                 "List-Post",
                                                 "List-Owner",
                                                 "List-Archive"};
  return names;
}

const std::vector<std::string>& default_oversigned_fields() {
  // RFC 6376 §8.15
  static const std::vector<std::string> names = {
      "From", "Subject", "Date", "To", "Cc", "Reply-To", "MIME-Version", "Content-Type"};
  return names;
}

struct Signer::State {
  SigningOptions options;
  std::vector<Key> keys = {};
  std::vector<FieldName> fields = {};
  std::optional<Identity> identity = {};

  std::expected<void, Finding> prepare();
  std::expected<void, Finding> add_fields(const std::vector<std::string>& names, Times times);
  std::expected<void, Finding> check_tags() const;

  /// The field but for the value of b= and the CRLF.
  detail::TagWriter write(const Key& key, const Content& content) const;
  /// h=.
  std::expected<std::vector<std::string>, Finding> names_in(const mail::Header& header) const;
};

std::expected<void, Finding> Signer::State::add_fields(const std::vector<std::string>& names,
                                                       Times times) {
  for (const std::string& name : names) {
    ASSAY_TRY(lower, read_field_name(name));
    const auto known = std::ranges::find(fields, lower, &FieldName::name);
    if (known == fields.end()) {
      fields.push_back({.name = lower, .times = times});
    } else if (times == Times::one_more) {
      known->times = times;
    }
  }
  return {};
}

std::expected<void, Finding> Signer::State::prepare() {
  if (options.keys.empty()) return error("no_key", "there is no key to sign with");
  ASSAY_TRY(domain, read_signing_domain({.name = "d", .value = options.domain.text()}));
  options.domain = std::move(domain);
  for (const SigningKey& given : options.keys) {
    ASSAY_TRY(key, read_key(given));
    const auto same = [&](const Key& one) { return ascii::iequals(one.selector, key.selector); };
    // RFC 6376 §3.6.2.2: a selector has one key record.
    if (std::ranges::any_of(keys, same)) {
      return error("same_selector", "two keys have one selector; each needs its own");
    }
    keys.push_back(std::move(key));
  }
  // RFC 6376 §5.4: From is always signed.
  fields = {{.name = "from", .times = Times::one_more}};
  if (auto added = add_fields(options.signed_fields, Times::present); !added) return added;
  if (auto added = add_fields(options.oversigned_fields, Times::one_more); !added) return added;
  const auto lifetime = options.lifetime;
  // RFC 6376 §3.5
  if (lifetime && (lifetime->count() <= 0 || *lifetime > longest_lifetime)) {
    return error("bad_lifetime", "a signature lives a second at least and a century at most");
  }
  if (!options.identity.empty()) {
    ASSAY_TRY(read, read_identity(options.identity, options.domain));
    identity = std::move(read);
  }
  return check_tags();
}

/// Whether verifiers can read what will be written.
std::expected<void, Finding> Signer::State::check_tags() const {
  const std::string hash(crypto::digest_size(crypto::DigestKind::sha256), '\0');
  for (const Key& key : keys) {
    const Content content = {.names = {"from"}, .body_hash = base64::encode(hash)};
    detail::TagWriter sample = write(key, content);
    sample.last_value("AAAA");
    const std::string& text = sample.text();
    const auto read = parse_signature(std::string_view(text).substr(text.find(':') + 1));
    if (!read) {
      return std::unexpected(Finding{.code = read.error().code, .what = read.error().what});
    }
  }
  return {};
}

detail::TagWriter Signer::State::write(const Key& key, const Content& content) const {
  detail::TagWriter field("DKIM-Signature:");
  field.tag("v", "1");
  // RFC 8301 §3.1, RFC 8463 §3
  field.tag("a", key.key->is_rsa() ? "rsa-sha256" : "ed25519-sha256");
  std::string both(word_of(options.header_canonicalization));
  both += "/";
  both += word_of(options.body_canonicalization);
  field.tag("c", both);
  field.tag("d", name_in(options.domain.text(), content.charset));
  field.tag("s", name_in(key.selector, content.charset));
  // RFC 6376 §3.5
  const auto seconds = content.now.time_since_epoch().count();
  field.tag("t", std::to_string(seconds));
  if (options.lifetime) field.tag("x", std::to_string(seconds + options.lifetime->count()));
  if (identity) {
    field.tag("i", quoted_printable(identity->local, content.charset) + "@" +
                       name_in(identity->domain.text(), content.charset));
  }
  field.words("h", content.names);
  field.base64("bh", content.body_hash);
  field.last("b");
  return field;
}

std::expected<std::vector<std::string>, Finding> Signer::State::names_in(
    const mail::Header& header) const {
  std::vector<std::string> names;
  for (const FieldName& field : fields) {
    // RFC 6376 §5.4.2: named as often as it stands there, which verifiers count from the bottom up;
    // once more, and none can be added.
    const std::size_t times =
        mail::fields_named(header, field.name).size() + (field.times == Times::one_more ? 1 : 0);
    if (names.size() + times > max_fields) {
      return error("too_many_fields", "more than 1000 fields would have to be signed");
    }
    names.insert(names.end(), times, field.name);
  }
  return names;
}

Signer::Signer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Signer::~Signer() = default;
Signer::Signer(Signer&&) noexcept = default;

std::expected<Signer, Finding> Signer::make(SigningOptions options) {
  auto state = std::make_unique<State>(State{.options = std::move(options)});
  if (auto prepared = state->prepare(); !prepared) {
    return std::unexpected(std::move(prepared).error());
  }
  return Signer(std::move(state));
}

struct Signing::State {
  const Signer::State* signer = nullptr;
  Content content = {};
  std::string signed_fields = {};  ///< canonical
  BodyHashes hashes = {};
  std::size_t body_hash = 0;
  detail::OctetCheck body = {};
  bool eight_bit_header = false;
  Findings findings = {};

  void warn(std::string_view code, std::string what) {
    findings.push_back({.code = code, .what = std::move(what), .at = 0, .level = Level::warning});
  }
  void warn_of_missing(const mail::Header& header);
  std::expected<std::string, Finding> sign_with(const Key& key) const;
};

Signing::Signing(std::unique_ptr<State> state) : state_(std::move(state)) {}
Signing::~Signing() = default;
Signing::Signing(Signing&&) noexcept = default;

void Signing::State::warn_of_missing(const mail::Header& header) {
  for (const auto& [name, code] : {std::pair("Date", "no_date"), {"Message-ID", "no_message_id"}}) {
    if (!mail::fields_named(header, name).empty()) continue;
    warn(code, "the message has no " + std::string(name) + " field; a relay may add one");
  }
}

std::expected<Signing, Finding> Signer::begin(const mail::Header& header) const {
  auto signing = std::make_unique<Signing::State>();
  signing->signer = state_.get();
  // RFC 6376 §3.8: what is not a message of RFC 5322 would be repaired on the way.
  if (auto checked = detail::check_header(header); !checked) {
    return std::unexpected(std::move(checked).error());
  }
  const SigningOptions& options = state_->options;
  const auto aligned =
      detail::check_alignment(header, options.domain, options.unaligned, signing->findings);
  if (!aligned) return std::unexpected(aligned.error());
  ASSAY_TRY(names, state_->names_in(header));
  for (const mail::Field* field : select_fields(header, names)) {
    append_canonical(signing->signed_fields, *field, options.header_canonicalization);
  }
  signing->content.names = std::move(names);
  signing->content.charset = detail::charset_of(header);
  signing->eight_bit_header = signing->content.charset != Charset::ascii;
  signing->body_hash = *signing->hashes.want({.canonicalization = options.body_canonicalization});
  signing->warn_of_missing(header);
  return Signing(std::move(signing));
}

void Signing::body(std::string_view octets) {
  state_->body.update(octets);
  state_->hashes.update(octets);
}

std::expected<std::string, Finding> Signing::State::sign_with(const Key& key) const {
  detail::TagWriter field = signer->write(key, content);
  const std::string_view raw = field.text();
  if (raw.size() > max_signature_octets / 2) {
    return error("too_long", "so many names make the signature too long for verifiers");
  }
  std::string octets = signed_fields;
  // RFC 6376 §3.7: with b= empty, and without its CRLF.
  const std::size_t colon = raw.find(':');
  append_own_field(octets,
                   {.raw = raw, .name = raw.substr(0, colon), .value = raw.substr(colon + 1)},
                   signer->options.header_canonicalization);
  constexpr auto kind = crypto::DigestKind::sha256;
  ASSAY_TRY(signature, key.key->sign(kind, crypto::digest(kind, octets)));
  field.last_value(base64::encode(signature));
  return field.text() + "\r\n";
}

std::expected<Signed, Finding> Signing::finish(Instant now) {
  State& state = *state_;
  const auto seconds = now.time_since_epoch().count();
  if (seconds < 0 || seconds > latest_time) {
    return error("bad_time", "the time is none that t= can hold");
  }
  // RFC 6376 §5.3
  if (state.body.has_bare_line_end()) {
    return error("bare_line_end", "the body has a line end that is not CRLF");
  }
  if (state.eight_bit_header || state.body.has_eight_bits()) {
    // RFC 6376 §5.3
    state.warn("eight_bit",
               "octets above 127 stand in the message: a relay to a 7-bit peer changes it, and "
               "signatures break");
  }
  state.hashes.finish();
  state.content.now = now;
  state.content.body_hash = base64::encode(state.hashes.digest(state.body_hash));
  Signed result;
  // RFC 8463 §5: a signature for each key, RSA for those who know nothing else.
  for (const Key& key : state.signer->keys) {
    ASSAY_TRY(field, state.sign_with(key));
    result.fields += field;
  }
  result.findings = std::move(state.findings);
  return result;
}

std::expected<Signed, Finding> Signer::sign(std::string_view message, Instant now) const {
  const std::size_t body = std::min(mail::find_body(message), message.size());
  const std::string_view octets = message.substr(0, body);
  const mail::Header header = mail::parse_header(octets, {.octets = max_header_octets});
  ASSAY_TRY(signing, begin(header));
  detail::OctetCheck ends;
  ends.update(octets);
  if (ends.has_bare_line_end()) {
    return error("bare_line_end", "the header has a line end that is not CRLF");
  }
  signing.body(message.substr(body));
  return signing.finish(now);
}

}  // namespace assay::dkim
