#include "system/store_sqlite/accounts.h"

#include <array>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/accounts_store.h"

namespace assay::store_sqlite {
namespace detail {
namespace {

using accounts::Group;
using accounts::Role;
using accounts::User;

/// Instants are Unix seconds; secrets stand there as digests.
constexpr const char* version_1 = R"(
CREATE TABLE users (
  name TEXT PRIMARY KEY,
  role INTEGER NOT NULL,        -- 0 viewer, 1 analyst, 2 administrator
  password TEXT NOT NULL,       -- Argon2id
  created INTEGER NOT NULL,
  last_seen INTEGER             -- NULL: never
) WITHOUT ROWID;
CREATE TABLE groups (
  name TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE group_domains (
  name TEXT NOT NULL,           -- of the group
  pattern TEXT NOT NULL,
  PRIMARY KEY (name, pattern)
) WITHOUT ROWID;
CREATE TABLE members (
  user TEXT NOT NULL,
  name TEXT NOT NULL,           -- of the group
  PRIMARY KEY (user, name)
) WITHOUT ROWID;
CREATE TABLE sessions (
  secret BLOB PRIMARY KEY,
  user TEXT NOT NULL,
  created INTEGER NOT NULL,
  last_seen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user);
CREATE TABLE tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  secret BLOB NOT NULL UNIQUE,
  user TEXT NOT NULL,
  name TEXT NOT NULL,
  role INTEGER NOT NULL,
  created INTEGER NOT NULL,
  last_used INTEGER,
  expires INTEGER
);
CREATE INDEX tokens_user ON tokens (user);
CREATE TABLE deeds (            -- the audit log
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  user TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  outcome TEXT NOT NULL
);
)";

constexpr std::array all = {Migration{1, version_1}};

std::unexpected<Finding> refuse(std::string_view code, std::string what) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = 0});
}

std::optional<Instant> maybe_instant(const Query& query, int column) {
  const std::int64_t seconds = query.integer(column);
  if (seconds == 0) return std::nullopt;
  return Instant{std::chrono::seconds{seconds}};
}

Expected<std::vector<std::string>> texts(Query query) {
  std::vector<std::string> found;
  while (query.next()) found.push_back(query.text(0));
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

User user_of(const Query& query) {
  return {.name = query.text(0),
          .role = static_cast<Role>(query.integer(1)),
          .created = query.instant(2),
          .last_seen = maybe_instant(query, 3)};
}

}  // namespace

std::span<const Migration> accounts_migrations() {
  return all;
}

Expected<bool> SqliteAccounts::has(const char* sql, std::string_view name) {
  ASSAY_TRY(count, database_->number(sql, name));
  return count > 0;
}

Expected<std::vector<std::string>> SqliteAccounts::groups_of(std::string_view user) {
  return texts(database_->query("SELECT name FROM members WHERE user = ? ORDER BY name", user));
}

Expected<bool> SqliteAccounts::has_users() {
  return reading([&]() -> Expected<bool> {
    ASSAY_TRY(count, database_->number("SELECT count(*) FROM users"));
    return count > 0;
  });
}

Expected<std::vector<User>> SqliteAccounts::users() {
  return reading([&]() -> Expected<std::vector<User>> {
    std::vector<User> found;
    {
      Query query =
          database_->query("SELECT name, role, created, last_seen FROM users ORDER BY name");
      while (query.next()) found.push_back(user_of(query));
      if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    }
    for (User& each : found) {
      ASSAY_TRY(groups, groups_of(each.name));
      each.groups = std::move(groups);
    }
    return found;
  });
}

Expected<std::optional<User>> SqliteAccounts::user(std::string_view name) {
  return reading([&]() -> Expected<std::optional<User>> {
    std::optional<User> found;
    {
      Query query =
          database_->query("SELECT name, role, created, last_seen FROM users WHERE name = ?", name);
      if (query.next()) found = user_of(query);
      if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    }
    if (!found) return found;
    ASSAY_TRY(groups, groups_of(name));
    found->groups = std::move(groups);
    return found;
  });
}

Expected<std::optional<std::string>> SqliteAccounts::password(std::string_view name) {
  return reading([&]() -> Expected<std::optional<std::string>> {
    Query query = database_->query("SELECT password FROM users WHERE name = ?", name);
    std::optional<std::string> found;
    if (query.next()) found = query.text(0);
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return found;
  });
}

Expected<> SqliteAccounts::set_groups(std::string_view user,
                                      const std::vector<std::string>& groups) {
  if (auto done = database_->run("DELETE FROM members WHERE user = ?", user); !done) return done;
  for (const std::string& each : groups) {
    ASSAY_TRY(there, has("SELECT count(*) FROM groups WHERE name = ?", each));
    if (!there) return refuse("no_group", "there is no group \"" + each + "\"");
    auto done =
        database_->run("INSERT OR IGNORE INTO members VALUES (?, ?)", user, std::string_view(each));
    if (!done) return done;
  }
  return {};
}

Expected<> SqliteAccounts::add_user(const User& user, std::string_view password,
                                    accounts::Only only) {
  return writing([&]() -> Expected<> {
    ASSAY_TRY(count, database_->number("SELECT count(*) FROM users"));
    if (only == accounts::Only::first && count > 0) {
      return refuse("set_up_already", "there is an administrator already");
    }
    ASSAY_TRY(there, has("SELECT count(*) FROM users WHERE name = ?", user.name));
    if (there) return refuse("exists", "there is a user of that name already");
    auto added =
        database_->run("INSERT INTO users VALUES (?, ?, ?, ?, NULL)", std::string_view(user.name),
                       static_cast<int>(user.role), password, user.created);
    if (!added) return added;
    return set_groups(user.name, user.groups);
  });
}

Expected<> SqliteAccounts::keep_an_administrator(std::string_view but) {
  ASSAY_TRY(left,
            database_->number("SELECT count(*) FROM users WHERE role = 2 AND name <> ?", but));
  if (left > 0) return {};
  return refuse("last_administrator", "one administrator must remain");
}

Expected<> SqliteAccounts::change_user(std::string_view name, const accounts::UserChange& change,
                                       std::string_view keep) {
  return writing([&]() -> Expected<> {
    ASSAY_TRY(there, has("SELECT count(*) FROM users WHERE name = ?", name));
    if (!there) return refuse("not_found", "there is no such user");
    if (change.role) {
      ASSAY_TRY(leads, has("SELECT count(*) FROM users WHERE role = 2 AND name = ?", name));
      if (leads && *change.role != Role::administrator) {
        if (auto kept = keep_an_administrator(name); !kept) return kept;
      }
      auto done = database_->run("UPDATE users SET role = ? WHERE name = ?",
                                 static_cast<int>(*change.role), name);
      if (!done) return done;
    }
    if (change.groups) {
      if (auto done = set_groups(name, *change.groups); !done) return done;
    }
    if (!change.password) return {};
    auto ended =
        database_->run("DELETE FROM sessions WHERE user = ? AND secret <> ?", name, Blob{keep});
    if (!ended) return ended;
    return database_->run("UPDATE users SET password = ? WHERE name = ?",
                          std::string_view(*change.password), name);
  });
}

Expected<> SqliteAccounts::remove_user(std::string_view name) {
  return writing([&]() -> Expected<> {
    ASSAY_TRY(there, has("SELECT count(*) FROM users WHERE name = ?", name));
    if (!there) return refuse("not_found", "there is no such user");
    if (auto kept = keep_an_administrator(name); !kept) return kept;
    for (const char* sql :
         {"DELETE FROM sessions WHERE user = ?", "DELETE FROM tokens WHERE user = ?",
          "DELETE FROM members WHERE user = ?", "DELETE FROM users WHERE name = ?"}) {
      if (auto done = database_->run(sql, name); !done) return done;
    }
    return {};
  });
}

Expected<std::vector<Group>> SqliteAccounts::groups() {
  return reading([&]() -> Expected<std::vector<Group>> {
    ASSAY_TRY(names, texts(database_->query("SELECT name FROM groups ORDER BY name")));
    std::vector<Group> found;
    for (const std::string& name : names) {
      ASSAY_TRY(domains, texts(database_->query(
                             "SELECT pattern FROM group_domains WHERE name = ? ORDER BY pattern",
                             std::string_view(name))));
      found.push_back({.name = name, .domains = std::move(domains)});
    }
    return found;
  });
}

Expected<std::vector<std::string>> SqliteAccounts::patterns_of(std::string_view user) {
  return reading([&] {
    return texts(
        database_->query("SELECT DISTINCT pattern FROM members JOIN group_domains USING "
                         "(name) WHERE user = ? ORDER BY pattern",
                         user));
  });
}

Expected<> SqliteAccounts::set_domains(const Group& group) {
  const std::string_view name = group.name;
  if (auto done = database_->run("DELETE FROM group_domains WHERE name = ?", name); !done) {
    return done;
  }
  for (const std::string& each : group.domains) {
    auto done = database_->run("INSERT OR IGNORE INTO group_domains VALUES (?, ?)", name,
                               std::string_view(each));
    if (!done) return done;
  }
  return {};
}

Expected<> SqliteAccounts::add_group(const Group& group) {
  return writing([&]() -> Expected<> {
    ASSAY_TRY(there, has("SELECT count(*) FROM groups WHERE name = ?", group.name));
    if (there) return refuse("exists", "there is a group of that name already");
    auto added = database_->run("INSERT INTO groups VALUES (?)", std::string_view(group.name));
    if (!added) return added;
    return set_domains(group);
  });
}

Expected<> SqliteAccounts::change_group(const Group& group) {
  return writing([&]() -> Expected<> {
    ASSAY_TRY(there, has("SELECT count(*) FROM groups WHERE name = ?", group.name));
    if (!there) return refuse("not_found", "there is no such group");
    return set_domains(group);
  });
}

Expected<> SqliteAccounts::remove_group(std::string_view name) {
  return writing([&]() -> Expected<> {
    ASSAY_TRY(there, has("SELECT count(*) FROM groups WHERE name = ?", name));
    if (!there) return refuse("not_found", "there is no such group");
    for (const char* sql :
         {"DELETE FROM members WHERE name = ?", "DELETE FROM group_domains WHERE name = ?",
          "DELETE FROM groups WHERE name = ?"}) {
      if (auto done = database_->run(sql, name); !done) return done;
    }
    return {};
  });
}

}  // namespace detail

Expected<std::unique_ptr<accounts::Accounts>> open_accounts(const Options& options) {
  ASSAY_TRY(database, detail::Database::open(options));
  auto ready =
      detail::migrate(*database, detail::accounts_migrations(), detail::accounts_application);
  if (!ready) return std::unexpected(std::move(ready.error()));
  return std::make_unique<detail::SqliteAccounts>(std::move(database));
}

}  // namespace assay::store_sqlite
