#include "assay/crypto/password.h"

#include <gtest/gtest.h>

#include "assay/crypto/random.h"

namespace assay::crypto {
namespace {

constexpr PasswordCost cheap{.memory = 8192, .passes = 1};

TEST(Password, IsKnownAgainAndNoOther) {
  const auto kept = hash_password("correct horse", cheap);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->starts_with("$argon2id$"));
  EXPECT_EQ(kept->find("correct"), std::string::npos);
  EXPECT_TRUE(is_password(*kept, "correct horse"));
  EXPECT_FALSE(is_password(*kept, "correct horse "));
  EXPECT_FALSE(is_password(*kept, ""));
}

TEST(Password, HasASaltOfItsOwn) {
  EXPECT_NE(hash_password("same", cheap), hash_password("same", cheap));
}

TEST(Password, MayHoldAnyOctets) {
  const std::string octets("\0\xff\n", 3);
  const auto kept = hash_password(octets, cheap);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(is_password(*kept, octets));
  EXPECT_FALSE(is_password(*kept, std::string_view("\0", 1)));
}

TEST(Password, OfATextThatIsNoneIsNever) {
  for (const std::string& kept : {std::string(), std::string("x"), std::string(500, 'a'),
                                  std::string("$argon2id$v=19$m=8,t=1,p=1$x$y")}) {
    EXPECT_FALSE(is_password(kept, "x")) << kept;
  }
}

TEST(Random, IsOfTheSizeAskedForAndNeverTheSame) {
  EXPECT_EQ(random_octets(32).size(), 32U);
  EXPECT_EQ(random_hex(32).size(), 64U);
  EXPECT_EQ(random_hex(32).find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(random_hex(32), random_hex(32));
}

TEST(Random, ComparesSecrets) {
  EXPECT_TRUE(equal_secrets("", ""));
  EXPECT_TRUE(equal_secrets("abc", "abc"));
  EXPECT_FALSE(equal_secrets("abc", "abd"));
  EXPECT_FALSE(equal_secrets("abc", "ab"));
}

}  // namespace
}  // namespace assay::crypto
