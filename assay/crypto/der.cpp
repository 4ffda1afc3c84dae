#include "assay/crypto/detail/der.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "assay/base/try.h"

namespace assay::crypto::detail {
namespace {

constexpr std::uint8_t integer = 0x02;
constexpr std::uint8_t bit_string = 0x03;
constexpr std::uint8_t sequence = 0x30;
/// AlgorithmIdentifier of rsaEncryption (1.2.840.113549.1.1.1) without its parameters.
constexpr std::string_view rsa_encryption = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
constexpr std::string_view null_parameters("\x05\x00", 2);

std::unexpected<Finding> bad(std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = "bad_key", .what = std::move(what), .at = at});
}

/// Reads one value behind the other from octets that begin at `offset` of the whole.
class Reader {
 public:
  explicit Reader(std::string_view octets, std::size_t offset = 0)
      : octets_(octets), offset_(offset) {}

  bool at_end() const { return at_ == octets_.size(); }
  std::size_t at() const { return offset_ + at_; }
  std::uint8_t next_tag() const { return at_end() ? 0 : octet(at_); }

  /// The content of the next value, which must have this tag.
  std::expected<Reader, Finding> enter(std::uint8_t tag, const char* what);
  std::string_view rest() const { return octets_.substr(at_); }
  void skip(std::size_t octets) { at_ += octets; }

 private:
  std::uint8_t octet(std::size_t at) const { return static_cast<std::uint8_t>(octets_[at]); }

  std::string_view octets_;
  std::size_t offset_;
  std::size_t at_ = 0;
};

std::expected<Reader, Finding> Reader::enter(std::uint8_t tag, const char* what) {
  const std::size_t left = octets_.size() - at_;
  if (left < 2 || octet(at_) != tag)
    return bad(std::string("no ") + what + " where one belongs", at());
  std::size_t length = octet(at_ + 1);
  std::size_t head = 2;
  if (length > 0x80) {
    const std::size_t digits = length - 0x80;
    if (digits > 4 || left < 2 + digits) return bad("a length that cannot be", at());
    length = 0;
    for (std::size_t i = 0; i < digits; ++i) length = length << 8 | octet(at_ + 2 + i);
    head += digits;
    const bool shortest = length >= 0x80 && octet(at_ + 2) != 0;
    if (!shortest) return bad("a length not in its shortest form", at());
  } else if (length == 0x80) {
    return bad("an indefinite length", at());
  }
  if (length > left - head) return bad("a value longer than the key", at());
  Reader inside(octets_.substr(at_ + head, length), at() + head);
  at_ += head + length;
  return inside;
}

/// `what` is "modulus" or "exponent".
std::expected<std::string_view, Finding> read_positive(Reader& reader, const char* what) {
  ASSAY_TRY(inside, reader.enter(integer, what));
  std::string_view octets = inside.rest();
  if (octets.empty()) return bad(std::string("no octets in the ") + what, inside.at());
  const bool signed_octet = (static_cast<unsigned char>(octets.front()) & 0x80U) != 0;
  if (signed_octet) return bad(std::string("a sign on the ") + what, inside.at());
  if (octets.front() == '\0') {
    octets.remove_prefix(1);
    const bool needed =
        !octets.empty() && (static_cast<unsigned char>(octets.front()) & 0x80U) != 0;
    if (!needed) return bad(std::string("needless zeros in the ") + what, inside.at());
  }
  return octets;
}

/// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 §A.1.1)
std::expected<RsaNumbers, Finding> read_numbers(Reader& inside) {
  ASSAY_TRY(modulus, read_positive(inside, "modulus"));
  ASSAY_TRY(exponent, read_positive(inside, "exponent"));
  if (!inside.at_end()) return bad("octets behind the exponent", inside.at());
  return RsaNumbers{.modulus = modulus, .exponent = exponent};
}

std::expected<RsaNumbers, Finding> read_bare(Reader whole) {
  ASSAY_TRY(inside, whole.enter(sequence, "SEQUENCE"));
  if (!whole.at_end()) return bad("octets behind the key", whole.at());
  return read_numbers(inside);
}

}  // namespace

std::expected<RsaNumbers, Finding> read_rsa_key(std::string_view der) {
  Reader whole(der);
  ASSAY_TRY(inside, whole.enter(sequence, "SEQUENCE"));
  if (!whole.at_end()) return bad("octets behind the key", whole.at());
  // RFC 6376 §3.6.1: the text says RSAPublicKey, which begins with a number.
  if (inside.next_tag() == integer) return read_numbers(inside);
  // Deployed keys are SubjectPublicKeyInfo (erratum 3017), which begins with an algorithm.
  ASSAY_TRY(algorithm, inside.enter(sequence, "algorithm"));
  if (!algorithm.rest().starts_with(rsa_encryption)) return bad("not an RSA key", algorithm.at());
  algorithm.skip(rsa_encryption.size());
  if (!algorithm.at_end() && algorithm.rest() != null_parameters) {
    return bad("parameters that an RSA key does not have", algorithm.at());
  }
  ASSAY_TRY(bits, inside.enter(bit_string, "BIT STRING"));
  if (!inside.at_end()) return bad("octets behind the key", inside.at());
  if (bits.next_tag() != 0 || bits.at_end()) return bad("unused bits in the key", bits.at());
  bits.skip(1);
  return read_bare(Reader(bits.rest(), bits.at()));
}

}  // namespace assay::crypto::detail
