#include "system/accounts/accounts.h"

#include <gtest/gtest.h>

#include "system/accounts/login_guard.h"
#include "system/accounts/scope.h"

#include "testkit/cases.h"

namespace assay::accounts {
namespace {

using namespace std::chrono_literals;

CASES(ScopeOf, "system/accounts/testdata/scope.cases") {
  const std::vector<std::string> patterns = c.all("pattern");
  const Scope scope = Scope::of(patterns);
  for (const std::string& domain : c.all("sees")) EXPECT_TRUE(scope.sees(domain)) << domain;
  for (const std::string& domain : c.all("hidden")) EXPECT_FALSE(scope.sees(domain)) << domain;
}

TEST(Patterns, AreKeptAsTheDnsComparesThem) {
  EXPECT_EQ(normal_pattern("Example.COM"), "example.com");
  EXPECT_EQ(normal_pattern("*.B\xc3\xbc"
                           "cher.example"),
            "*.xn--bcher-kva.example");
  EXPECT_EQ(normal_pattern("*"), "*");
  for (const char* text : {"", "*.", "*.*.example.com", "exa mple.com", "a..b", "**"}) {
    EXPECT_EQ(normal_pattern(text), "") << text;
  }
}

TEST(Roles, AreReadAsTheyAreWritten) {
  for (const Role role : {Role::viewer, Role::analyst, Role::administrator}) {
    EXPECT_EQ(parse_role(to_text(role)), role);
  }
  EXPECT_FALSE(parse_role("root"));
}

TEST(Names, AreShortPlainText) {
  EXPECT_EQ(trouble_of_name("alice"), "");
  EXPECT_EQ(trouble_of_name("J\xc3\xbcrgen Example"), "");
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string(" a"),
                                  std::string("a/b"), std::string("a\nb"), std::string("a\xff"),
                                  std::string("a\xe2\x80\xae"
                                              "b")}) {
    EXPECT_NE(trouble_of_name(name), "") << name;
  }
}

TEST(Passwords, HaveTenCharacters) {
  EXPECT_EQ(trouble_of_password("correct horse", "alice"), "");
  EXPECT_NE(trouble_of_password("123456789", "alice"), "");
  EXPECT_NE(trouble_of_password("\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", "alice"), "");
  EXPECT_NE(trouble_of_password("alice.example", "alice.example"), "");
  EXPECT_NE(trouble_of_password(std::string(1025, 'a'), "alice"), "");
}

class LoginGuardTest : public testing::Test {
 protected:
  LoginGuard guard{{.per_address = 5, .per_name = 3, .window = 15min, .most = 100}};
  Instant now{std::chrono::days{20'000}};
};

TEST_F(LoginGuardTest, ANameIsHeldUpAndFreeAgain) {
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(guard.may_try("192.0.2." + std::to_string(i), "a", now));
  const auto wait = guard.may_try("192.0.2.9", "a", now + 1min);
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, 14min);
  EXPECT_FALSE(guard.may_try("192.0.2.9", "b", now));
  EXPECT_FALSE(guard.may_try("192.0.2.9", "a", now + 15min));
}

TEST_F(LoginGuardTest, AnAddressIsHeldUpWhateverTheName) {
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(guard.may_try("192.0.2.1", std::to_string(i), now));
  EXPECT_TRUE(guard.may_try("192.0.2.1", "other", now));
  EXPECT_FALSE(guard.may_try("192.0.2.2", "other", now));
}

TEST_F(LoginGuardTest, SuccessDoesNotCount) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(guard.may_try("192.0.2.1", "a", now));
    guard.succeeded("192.0.2.1", "a");
  }
}

TEST_F(LoginGuardTest, NobodyLocksTheOwnerOut) {
  EXPECT_FALSE(guard.may_try("192.0.2.1", "a", now));
  guard.succeeded("192.0.2.1", "a");
  for (int i = 0; i < 9; ++i) {
    static_cast<void>(guard.may_try("198.51.100." + std::to_string(i), "a", now));
  }
  EXPECT_TRUE(guard.may_try("198.51.100.77", "a", now));
  EXPECT_FALSE(guard.may_try("192.0.2.1", "a", now));
}

TEST_F(LoginGuardTest, AFloodOfAddressesFillsNoMemory) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(guard.may_try("2001:db8::" + std::to_string(i), std::to_string(i), now));
  }
}

}  // namespace
}  // namespace assay::accounts
