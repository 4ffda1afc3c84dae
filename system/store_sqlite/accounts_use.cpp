/// Sessions, tokens and the audit log.
#include "assay/base/try.h"
#include "system/store_sqlite/detail/accounts_store.h"

namespace assay::store_sqlite::detail {
namespace {

using accounts::Deed;
using accounts::Session;
using accounts::Token;

std::optional<Instant> maybe_instant(const Query& query, int column) {
  const std::int64_t seconds = query.integer(column);
  if (seconds == 0) return std::nullopt;
  return Instant{std::chrono::seconds{seconds}};
}

/// 0 for nothing.
std::int64_t number_of(const std::optional<Instant>& at) {
  return at ? std::int64_t{at->time_since_epoch().count()} : 0;
}

Token token_of(const Query& query) {
  return {.id = query.integer(0),
          .user = query.text(1),
          .name = query.text(2),
          .role = static_cast<accounts::Role>(query.integer(3)),
          .created = query.instant(4),
          .last_used = maybe_instant(query, 5),
          .expires = maybe_instant(query, 6)};
}

Expected<std::vector<Token>> tokens_of(Query query) {
  std::vector<Token> found;
  while (query.next()) found.push_back(token_of(query));
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

}  // namespace

Expected<> SqliteAccounts::open_session(std::string_view secret, const Session& session) {
  return writing([&] {
    return database_->run("INSERT INTO sessions VALUES (?, ?, ?, ?)", Blob{secret},
                          std::string_view(session.user), session.created, session.last_seen);
  });
}

Expected<std::optional<Session>> SqliteAccounts::session(std::string_view secret) {
  return reading([&]() -> Expected<std::optional<Session>> {
    Query query = database_->query("SELECT user, created, last_seen FROM sessions WHERE secret = ?",
                                   Blob{secret});
    std::optional<Session> found;
    if (query.next()) {
      found = Session{
          .user = query.text(0), .created = query.instant(1), .last_seen = query.instant(2)};
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return found;
  });
}

Expected<> SqliteAccounts::touch_session(std::string_view secret, Instant now) {
  return writing([&]() -> Expected<> {
    auto done =
        database_->run("UPDATE sessions SET last_seen = ? WHERE secret = ?", now, Blob{secret});
    if (!done) return done;
    return database_->run(
        "UPDATE users SET last_seen = ? WHERE name = (SELECT user FROM sessions WHERE secret = ?)",
        now, Blob{secret});
  });
}

Expected<> SqliteAccounts::end_session(std::string_view secret) {
  return writing(
      [&] { return database_->run("DELETE FROM sessions WHERE secret = ?", Blob{secret}); });
}

Expected<> SqliteAccounts::end_sessions(Instant created, Instant last_seen) {
  return writing([&] {
    return database_->run("DELETE FROM sessions WHERE created < ? OR last_seen < ?", created,
                          last_seen);
  });
}

Expected<std::vector<Token>> SqliteAccounts::tokens(std::string_view user) {
  return reading([&] {
    return tokens_of(
        database_->query("SELECT id, user, name, role, created, last_used, expires FROM tokens "
                         "WHERE ?1 = '' OR user = ?1 ORDER BY id",
                         user));
  });
}

Expected<std::optional<Token>> SqliteAccounts::token(std::string_view secret) {
  return reading([&]() -> Expected<std::optional<Token>> {
    ASSAY_TRY(found, tokens_of(database_->query("SELECT id, user, name, role, created, last_used, "
                                                "expires FROM tokens WHERE secret = ?",
                                                Blob{secret})));
    if (found.empty()) return std::optional<Token>();
    return std::optional<Token>(found.front());
  });
}

Expected<std::int64_t> SqliteAccounts::add_token(const Token& token, std::string_view secret) {
  return writing([&]() -> Expected<std::int64_t> {
    auto added = database_->run(
        "INSERT INTO tokens (secret, user, name, role, created, last_used, expires) "
        "VALUES (?, ?, ?, ?, ?, NULL, NULLIF(?, 0))",
        Blob{secret}, std::string_view(token.user), std::string_view(token.name),
        static_cast<int>(token.role), token.created, number_of(token.expires));
    if (!added) return std::unexpected(std::move(added.error()));
    return database_->last_id();
  });
}

Expected<> SqliteAccounts::touch_token(std::int64_t id, Instant now) {
  return writing(
      [&] { return database_->run("UPDATE tokens SET last_used = ? WHERE id = ?", now, id); });
}

Expected<> SqliteAccounts::remove_token(std::int64_t id, std::string_view user) {
  return writing([&]() -> Expected<> {
    auto done =
        database_->run("DELETE FROM tokens WHERE id = ?1 AND (?2 = '' OR user = ?2)", id, user);
    if (!done || database_->changed() > 0) return done;
    return std::unexpected(Finding{.code = "not_found", .what = "there is no such token", .at = 0});
  });
}

Expected<> SqliteAccounts::note(const Deed& deed) {
  return writing([&] {
    return database_->run(
        "INSERT INTO deeds (at, user, address, action, object, outcome) VALUES (?, ?, ?, ?, ?, ?)",
        deed.at, std::string_view(deed.user), std::string_view(deed.address),
        std::string_view(deed.action), std::string_view(deed.object),
        std::string_view(deed.outcome));
  });
}

Expected<std::vector<Deed>> SqliteAccounts::deeds(std::int64_t before, std::size_t limit) {
  return reading([&]() -> Expected<std::vector<Deed>> {
    Query query = database_->query(
        "SELECT id, at, user, address, action, object, outcome FROM deeds "
        "WHERE ?1 = 0 OR id < ?1 ORDER BY id DESC LIMIT ?2",
        before, limit);
    std::vector<Deed> found;
    while (query.next()) {
      found.push_back({.id = query.integer(0),
                       .at = query.instant(1),
                       .user = query.text(2),
                       .address = query.text(3),
                       .action = query.text(4),
                       .object = query.text(5),
                       .outcome = query.text(6)});
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return found;
  });
}

Expected<> SqliteAccounts::forget_deeds(Instant before) {
  return writing([&] { return database_->run("DELETE FROM deeds WHERE at < ?", before); });
}

}  // namespace assay::store_sqlite::detail
