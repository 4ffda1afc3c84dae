#include "system/store_sqlite/accounts.h"

#include <gtest/gtest.h>

#include "system/store_sqlite/testdata/meddle.h"
#include "system/store_sqlite/testdata/scratch.h"

namespace assay::store_sqlite {
namespace {

template <class T>
std::string code_of(const std::expected<T, Finding>& result) {
  return result ? "" : std::string(result.error().code);
}

/// A file with an administrator and a viewer of one group.
std::unique_ptr<accounts::Accounts> fill(const std::string& path) {
  auto opened = open_accounts({.path = path});
  EXPECT_TRUE(opened);
  accounts::Accounts& book = **opened;
  EXPECT_TRUE(book.add_group({.name = "shop", .domains = {"example.com", "*.example.net"}}));
  EXPECT_TRUE(book.add_user({.name = "alice", .role = accounts::Role::administrator}, "kept 1",
                            accounts::Only::any));
  EXPECT_TRUE(book.add_user({.name = "bob", .groups = {"shop"}}, "kept 2", accounts::Only::any));
  return std::move(*opened);
}

TEST(AccountFile, IsNoneOfTheOthers) {
  const Scratch scratch;
  const std::string path = scratch.path("web");
  const auto book = fill(path);
  EXPECT_EQ(*kind_of(path), FileKind::accounts);
  EXPECT_EQ(code_of(open({.path = path})), "store_foreign");
  EXPECT_EQ(code_of(info(path)), "store_foreign");
  EXPECT_EQ(code_of(alert_info(path)), "store_foreign");
  ASSERT_TRUE(open_received({.path = scratch.path("reports")}));
  EXPECT_EQ(code_of(account_info(scratch.path("reports"))), "store_foreign");
}

TEST(AccountFile, IsCopiedWhileItIsInUse) {
  const Scratch scratch;
  const std::string path = scratch.path("web");
  const auto book = fill(path);
  EXPECT_TRUE(check(path)->empty());
  ASSERT_TRUE(back_up(path, scratch.path("copy")));
  EXPECT_EQ(code_of(back_up(path, scratch.path("copy"))), "store_exists");
  // What comes after is not in it.
  ASSERT_TRUE(book->remove_user("bob"));
  const auto found = account_info(scratch.path("copy"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->version, 1);
  EXPECT_EQ(found->users, 2U);
  EXPECT_EQ(found->administrators, 1U);
  EXPECT_EQ(found->groups, 1U);
  const auto copy = open_accounts({.path = scratch.path("copy")});
  ASSERT_TRUE(copy);
  EXPECT_EQ((*copy)->password("bob")->value_or(""), "kept 2");
  EXPECT_EQ((*copy)->user("bob")->value().groups, std::vector<std::string>{"shop"});
  EXPECT_EQ(account_info(path)->users, 1U);
}

TEST(AccountFile, SaysWhatIsWrong) {
  const Scratch scratch;
  const std::string path = scratch.path("web");
  fill(path);
  meddle(path, "DELETE FROM users WHERE name = 'bob'");
  const auto findings = check(path);
  ASSERT_TRUE(findings);
  ASSERT_EQ(findings->size(), 1U);
  EXPECT_EQ(findings->front().what, "1 members of groups who are no users");
  meddle(path, "PRAGMA user_version=99");
  EXPECT_EQ(code_of(back_up(path, scratch.path("copy"))), "store_newer");
}

}  // namespace
}  // namespace assay::store_sqlite
