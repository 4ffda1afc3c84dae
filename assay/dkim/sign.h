#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "assay/base/time.h"
#include "assay/crypto/private_key.h"
#include "assay/dkim/body_hash.h"
#include "assay/mail/header.h"

namespace assay::dkim {

/// A private key, decoded once, and the selector where its public half is published.
struct SigningKey {
  std::string selector;  ///< A-labels or U-labels
  std::shared_ptr<const crypto::PrivateKey> key;
};

/// Fields that are signed as often as they stand there (RFC 6376 §5.4.1).
const std::vector<std::string>& default_signed_fields();
/// Fields that are signed once more than they stand there, so that none can be added
/// (RFC 6376 §8.15).
const std::vector<std::string>& default_oversigned_fields();

/// What becomes of a message with an author domain that d= cannot be aligned with (RFC 9989 §4.4).
enum class Unaligned : std::uint8_t { refuse, warn };

struct SigningOptions {
  DomainName domain;             ///< d=
  std::vector<SigningKey> keys;  ///< a signature of each, the first one topmost
  Canonicalization header_canonicalization = Canonicalization::relaxed;
  Canonicalization body_canonicalization = Canonicalization::relaxed;
  /// Names, compared without case; From is always signed and oversigned.
  std::vector<std::string> signed_fields = default_signed_fields();
  std::vector<std::string> oversigned_fields = default_oversigned_fields();
  std::optional<std::chrono::seconds> lifetime = {};  ///< x= is so much later than t=
  std::string identity = {};  ///< i=: local-part@domain or @domain; empty: no i=
  Unaligned unaligned = Unaligned::refuse;
};

/// The signatures of one message.
struct Signed {
  /// DKIM-Signature fields, each folded and with its CRLF, to stand above all other fields.
  std::string fields = {};
  /// Warnings, each once: `not_aligned`; `organizational_domain` (d= is aligned only where both
  /// names have one Organizational Domain, which is for the DNS to say); `eight_bit` (octets above
  /// 127, which a relay may have to change); `no_date`, `no_message_id` (a relay may add the
  /// field, which breaks the signature where it is oversigned).
  Findings findings = {};
};

/// A message on its way to its signatures.
class Signing {
 public:
  ~Signing();
  Signing(Signing&&) noexcept;

  /// The next octets of the body, cut anywhere, with the line ends they are sent with, and without
  /// what the transport adds to them, as dots of SMTP (RFC 6376 §3.7). Hashed once for all keys.
  void body(std::string_view octets);
  /// No more octets come; to be called once. `now` becomes t=.
  /// Errors: `bare_line_end` in the body, `bad_time`, `bad_key` where the key cannot sign,
  /// `too_long` where h= becomes too long for a verifier.
  std::expected<Signed, Finding> finish(Instant now);

 private:
  friend class Signer;
  struct State;
  explicit Signing(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Signs messages (RFC 6376 §5, RFC 8301, RFC 8463). Made once and used for many messages, by
/// several threads. Never writes l= (RFC 6376 §8.2). d=, s= and the domain of i= are A-labels, and
/// U-labels in a message with UTF-8 in its header (RFC 8616 §5).
class Signer {
 public:
  /// Errors: `no_key`; `same_selector` of two keys; `weak_key` (RSA under 1024 bits); `bad_key`
  /// (RSA that verifiers do not read); `bad_tag` (a selector, domain or identity that d=, s= or i=
  /// cannot hold); `bad_identity` (not at d= or below, no @, a local part of more than 64 octets);
  /// `bad_lifetime` (not later than t=); `bad_field_name`; `unsuitable_field` (one that is added,
  /// changed or removed on the way: RFC 6376 §5.4.1).
  static std::expected<Signer, Finding> make(SigningOptions options);
  ~Signer();
  Signer(Signer&&) noexcept;

  /// Looks at the header, which is not needed any more afterwards; this must outlive the Signing.
  /// Errors, for messages that are not signed: `malformed_header` (a line that is no field, an
  /// octet NUL), `bare_line_end`, `header_too_large`, `no_from`, `several_from_fields`, `bad_from`
  /// (readers may see different authors), `no_author_domain` and `not_aligned` where unaligned is
  /// refused, `too_many_fields`.
  std::expected<Signing, Finding> begin(const mail::Header& header) const;

  /// A message that is all there. Errors: those of begin and finish.
  std::expected<Signed, Finding> sign(std::string_view message, Instant now) const;

  /// More instances of fields are not signed.
  static constexpr std::size_t max_fields = 1'000;
  /// A longer header is not signed by `sign`.
  static constexpr std::size_t max_header_octets = 1U << 20;

 private:
  friend class Signing;
  struct State;
  explicit Signer(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace assay::dkim
