#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/crypto/digest.h"
#include "assay/crypto/hmac.h"
#include "assay/crypto/private_key.h"
#include "assay/crypto/public_key.h"

#include "testkit/cases.h"

namespace {

using namespace assay;
using crypto::Digest;
using crypto::DigestKind;
using crypto::PrivateKey;
using crypto::PublicKey;

std::string to_hex(std::string_view octets) {
  std::string text;
  for (const char c : octets) {
    text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    text += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

DigestKind kind_of(const std::string& word) {
  return word == "sha1" ? DigestKind::sha1 : DigestKind::sha256;
}

std::string decoded(const std::string& text) {
  return base64::decode(text).value();
}

CASES(DigestCases, "assay/crypto/testdata/digest.cases") {
  const DigestKind kind = kind_of(c["kind"]);
  const std::string octets = c["octets"];
  EXPECT_EQ(to_hex(crypto::digest(kind, octets)), c["hex"]);
  EXPECT_EQ(crypto::digest(kind, octets).size(), crypto::digest_size(kind));
  Digest pieces(kind);
  for (const char octet : octets) {
    pieces.update({&octet, 1});
    static_cast<void>(pieces.peek());
  }
  EXPECT_EQ(to_hex(pieces.peek()), c["hex"]);
  EXPECT_EQ(to_hex(pieces.finish()), c["hex"]);
}

TEST(Hmac, IsThatOfTheRfc) {  // RFC 4231, cases 2 and 6
  EXPECT_EQ(to_hex(crypto::hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(crypto::hmac_sha256(std::string(131, '\xaa'),
                                       "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(to_hex(crypto::hmac_sha256("", "")),  // an empty key is one too
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, PeekGivesThePrefix) {
  Digest running(DigestKind::sha256);
  running.update("ab");
  const std::string prefix = running.peek();
  running.update("c");
  EXPECT_EQ(prefix, crypto::digest(DigestKind::sha256, "ab"));
  EXPECT_EQ(running.finish(), crypto::digest(DigestKind::sha256, "abc"));
}

CASES(RsaKey, "assay/crypto/testdata/rsa_key.cases") {
  const auto key = PublicKey::rsa(decoded(c["der"]));
  if (c.has("bits")) {
    ASSERT_TRUE(key) << key.error().what;
    EXPECT_EQ(std::to_string(key->bits()), c["bits"]);
  } else {
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, "bad_key");
    EXPECT_EQ(key.error().what, c["error"]);
  }
}

TEST(Ed25519Key, HasExactly32Octets) {
  EXPECT_FALSE(PublicKey::ed25519(""));
  EXPECT_FALSE(PublicKey::ed25519(std::string(31, 'k')));
  EXPECT_FALSE(PublicKey::ed25519(std::string(33, 'k')));
  const auto key = PublicKey::ed25519(std::string(32, 'k'));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->bits(), 256U);
}

CASES(VerifyCases, "assay/crypto/testdata/verify.cases") {
  const std::string text = c["key"];
  const std::string octets = decoded(text.substr(text.find(' ') + 1));
  const bool rsa = text.starts_with("rsa");
  const auto key = rsa ? PublicKey::rsa(octets) : PublicKey::ed25519(octets);
  ASSERT_TRUE(key);
  const DigestKind kind = kind_of(c["hash"]);
  const std::string digest = crypto::digest(kind, c["message"]);
  const bool good = c["expect"] == "good";
  // Twice: the second call uses what the first one made.
  EXPECT_EQ(key->verify(kind, digest, decoded(c["signature"])), good);
  EXPECT_EQ(key->verify(kind, digest, decoded(c["signature"])), good);
}

// RFC 8463 App. A: the keys and what they publish.
PrivateKey ed25519_of_rfc8463() {
  return PrivateKey::ed25519(decoded("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")).value();
}

TEST(PrivateKey, PublishesTheKeyOfRfc8463) {
  EXPECT_EQ(base64::encode(ed25519_of_rfc8463().public_key()),
            "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
}

TEST(PrivateKey, SignsWhatItsPublicKeyVerifies) {
  const PrivateKey ours = ed25519_of_rfc8463();
  const std::string digest = crypto::digest(DigestKind::sha256, "a message");
  const std::string signature = ours.sign(DigestKind::sha256, digest).value();
  const PublicKey theirs = PublicKey::ed25519(ours.public_key()).value();
  EXPECT_TRUE(theirs.verify(DigestKind::sha256, digest, signature));
  EXPECT_FALSE(
      theirs.verify(DigestKind::sha256, crypto::digest(DigestKind::sha256, ""), signature));
}

TEST(PrivateKey, RefusesWhatIsNone) {
  EXPECT_FALSE(PrivateKey::from_pem(""));
  EXPECT_FALSE(
      PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  EXPECT_FALSE(PrivateKey::ed25519("short"));
  EXPECT_FALSE(ed25519_of_rfc8463().sign(DigestKind::sha256, "no digest"));
}

TEST(PrivateKey, ANewOneSignsAndIsReadBack) {
  for (const bool rsa : {true, false}) {
    const auto made = rsa ? PrivateKey::generate_rsa(1024) : PrivateKey::generate_ed25519();
    ASSERT_TRUE(made);
    EXPECT_EQ(made->is_rsa(), rsa);
    const std::string pem = made->to_pem();
    EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    const auto read = PrivateKey::from_pem(pem);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->public_key(), made->public_key());
    const auto theirs =
        rsa ? PublicKey::rsa(made->public_key()) : PublicKey::ed25519(made->public_key());
    ASSERT_TRUE(theirs);
    EXPECT_EQ(theirs->bits(), rsa ? 1024U : 256U);
    const std::string digest = crypto::digest(DigestKind::sha256, "a message");
    EXPECT_TRUE(
        theirs->verify(DigestKind::sha256, digest, read->sign(DigestKind::sha256, digest).value()));
  }
}

TEST(PrivateKey, ANewOneHasTheUsualExponent) {
  const std::string der = PrivateKey::generate_rsa(1024).value().public_key();
  EXPECT_TRUE(der.ends_with(std::string_view("\x02\x03\x01\x00\x01", 5)));  // 65537
}

TEST(PrivateKey, ANewOneIsNeitherShortNorEndless) {
  EXPECT_EQ(PrivateKey::generate_rsa(1023).error().code, "bad_key");
  EXPECT_EQ(PrivateKey::generate_rsa(16'385).error().code, "bad_key");
}

TEST(PublicKey, IsSharedByThreads) {
  const PrivateKey ours = ed25519_of_rfc8463();
  const PublicKey theirs = PublicKey::ed25519(ours.public_key()).value();
  const std::string digest = crypto::digest(DigestKind::sha256, "a message");
  const std::string signature = ours.sign(DigestKind::sha256, digest).value();
  const auto verify_often = [&] {
    for (int n = 0; n < 20; ++n) {
      EXPECT_TRUE(theirs.verify(DigestKind::sha256, digest, signature));
      EXPECT_FALSE(theirs.verify(DigestKind::sha256, digest, "bad"));
    }
  };
  const std::jthread first(verify_often);
  const std::jthread second(verify_often);
  const std::jthread third(verify_often);
}

}  // namespace
