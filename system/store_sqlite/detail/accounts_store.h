#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "system/accounts/accounts.h"
#include "system/store_sqlite/detail/guarded.h"
#include "system/store_sqlite/detail/schema.h"

namespace assay::store_sqlite::detail {

std::span<const Migration> accounts_migrations();

/// Accounts over one connection; a mutex lets one thread in at a time.
class SqliteAccounts final : public accounts::Accounts, private Guarded {
 public:
  explicit SqliteAccounts(std::unique_ptr<Database> database) : Guarded(std::move(database)) {}

  // accounts.cpp
  Expected<bool> has_users() override;
  Expected<std::vector<accounts::User>> users() override;
  Expected<std::optional<accounts::User>> user(std::string_view name) override;
  Expected<std::optional<std::string>> password(std::string_view name) override;
  Expected<> add_user(const accounts::User& user, std::string_view password,
                      accounts::Only only) override;
  Expected<> change_user(std::string_view name, const accounts::UserChange& change,
                         std::string_view keep) override;
  Expected<> remove_user(std::string_view name) override;
  Expected<std::vector<accounts::Group>> groups() override;
  Expected<std::vector<std::string>> patterns_of(std::string_view user) override;
  Expected<> add_group(const accounts::Group& group) override;
  Expected<> change_group(const accounts::Group& group) override;
  Expected<> remove_group(std::string_view name) override;

  // accounts_use.cpp
  Expected<> open_session(std::string_view secret, const accounts::Session& session) override;
  Expected<std::optional<accounts::Session>> session(std::string_view secret) override;
  Expected<> touch_session(std::string_view secret, Instant now) override;
  Expected<> end_session(std::string_view secret) override;
  Expected<> end_sessions(Instant created, Instant last_seen) override;
  Expected<std::vector<accounts::Token>> tokens(std::string_view user) override;
  Expected<std::optional<accounts::Token>> token(std::string_view secret) override;
  Expected<std::int64_t> add_token(const accounts::Token& token, std::string_view secret) override;
  Expected<> touch_token(std::int64_t id, Instant now) override;
  Expected<> remove_token(std::int64_t id, std::string_view user) override;
  Expected<> note(const accounts::Deed& deed) override;
  Expected<std::vector<accounts::Deed>> deeds(std::int64_t before, std::size_t limit) override;
  Expected<> forget_deeds(Instant before) override;

 private:
  Expected<std::vector<std::string>> groups_of(std::string_view user);
  Expected<> set_groups(std::string_view user, const std::vector<std::string>& groups);
  Expected<> set_domains(const accounts::Group& group);
  Expected<bool> has(const char* sql, std::string_view name);
  /// Whether an administrator other than this user is left.
  Expected<> keep_an_administrator(std::string_view but);
};

}  // namespace assay::store_sqlite::detail
