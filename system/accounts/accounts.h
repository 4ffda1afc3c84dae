#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "assay/base/time.h"

/// Who may use the web pages, and to see what: users with a role, groups of domains, sessions,
/// tokens, and the log of who did what. Secrets are kept as digests: whoever reads the file cannot
/// sign in with what stands there.
namespace assay::accounts {

template <class T = void>
using Expected = std::expected<T, Finding>;

/// Each may all that those before it may.
enum class Role : std::uint8_t {
  viewer,         ///< reads
  analyst,        ///< marks services, uploads reports
  administrator,  ///< all, and sees every domain
};
std::string_view to_text(Role role);
std::optional<Role> parse_role(std::string_view word);

struct User {
  std::string name;
  Role role = Role::viewer;
  std::vector<std::string> groups = {};
  Instant created = {};
  std::optional<Instant> last_seen = {};
  friend bool operator==(const User&, const User&) = default;
};

/// A group of domains, by patterns (scope.h).
struct Group {
  std::string name;
  std::vector<std::string> domains = {};
  friend bool operator==(const Group&, const Group&) = default;
};

/// What is to become of a user; what is absent stays.
struct UserChange {
  std::optional<Role> role = {};
  std::optional<std::vector<std::string>> groups = {};
  std::optional<std::string> password = {};  ///< as it is kept (crypto/password.h)
};

/// `secret` stands for the digest of what the browser holds, here and below.
struct Session {
  std::string user = {};
  Instant created = {};
  Instant last_seen = {};
};

struct Token {
  std::int64_t id = 0;
  std::string user = {};
  std::string name = {};  ///< what it is for
  Role role = Role::viewer;
  Instant created = {};
  std::optional<Instant> last_used = {};
  std::optional<Instant> expires = {};
  friend bool operator==(const Token&, const Token&) = default;
};

/// One line of the audit log.
struct Deed {
  std::int64_t id = 0;
  Instant at = {};
  std::string user = {};  ///< empty: nobody signed in
  std::string address = {};
  std::string action = {};   ///< such as "user.add"
  std::string object = {};   ///< whom or what it was done to
  std::string outcome = {};  ///< "done", or the code of an error
  friend bool operator==(const Deed&, const Deed&) = default;
};

/// Whether there may be users already.
enum class Only : std::uint8_t { first, any };

/// Where they are kept. Every function is one transaction. Safe to call from several threads.
/// Errors: those of the Store (store.h); others are said at the function.
class Accounts {
 public:
  Accounts() = default;
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;
  virtual ~Accounts() = default;

  // ---- Users and groups ----

  virtual Expected<bool> has_users() = 0;
  /// By name.
  virtual Expected<std::vector<User>> users() = 0;
  virtual Expected<std::optional<User>> user(std::string_view name) = 0;
  /// The password as it is kept; nothing where there is no such user.
  virtual Expected<std::optional<std::string>> password(std::string_view name) = 0;
  /// Errors: `exists`; with Only::first when there is any user: `set_up_already`; `no_group`.
  virtual Expected<> add_user(const User& user, std::string_view password, Only only) = 0;
  /// A change of the password ends the user's sessions, but for `keep`.
  /// Errors: `not_found`, `no_group`; `last_administrator` when none would be left.
  virtual Expected<> change_user(std::string_view name, const UserChange& change,
                                 std::string_view keep) = 0;
  /// With sessions and tokens. Errors: `not_found`, `last_administrator`.
  virtual Expected<> remove_user(std::string_view name) = 0;

  /// By name.
  virtual Expected<std::vector<Group>> groups() = 0;
  /// The patterns of a user's groups, all together.
  virtual Expected<std::vector<std::string>> patterns_of(std::string_view user) = 0;
  /// Errors: `exists`.
  virtual Expected<> add_group(const Group& group) = 0;
  /// Errors of both: `not_found`.
  virtual Expected<> change_group(const Group& group) = 0;
  virtual Expected<> remove_group(std::string_view name) = 0;

  // ---- Sessions ----

  virtual Expected<> open_session(std::string_view secret, const Session& session) = 0;
  virtual Expected<std::optional<Session>> session(std::string_view secret) = 0;
  /// It was used; the user was seen.
  virtual Expected<> touch_session(std::string_view secret, Instant now) = 0;
  virtual Expected<> end_session(std::string_view secret) = 0;
  /// Forgets those created, or last seen, before these.
  virtual Expected<> end_sessions(Instant created, Instant last_seen) = 0;

  // ---- Tokens ----

  /// Of one user, or of all where `user` is empty; the latest last.
  virtual Expected<std::vector<Token>> tokens(std::string_view user) = 0;
  virtual Expected<std::optional<Token>> token(std::string_view secret) = 0;
  /// Its id.
  virtual Expected<std::int64_t> add_token(const Token& token, std::string_view secret) = 0;
  virtual Expected<> touch_token(std::int64_t id, Instant now) = 0;
  /// `user` empty: whoever has it. Errors: `not_found`.
  virtual Expected<> remove_token(std::int64_t id, std::string_view user) = 0;

  // ---- The audit log ----

  virtual Expected<> note(const Deed& deed) = 0;
  /// The latest first, below the id `before` unless that is 0.
  virtual Expected<std::vector<Deed>> deeds(std::int64_t before, std::size_t limit) = 0;
  /// Forgets what is older.
  virtual Expected<> forget_deeds(Instant before) = 0;
};

/// Names of users, groups and tokens: 1 to 64 octets of UTF-8 without control characters, blanks at
/// the ends, and slashes. What is wrong with one; empty: nothing.
std::string_view trouble_of_name(std::string_view name);
/// A password has 10 characters at least and 1,024 octets at most, and is not the name.
std::string_view trouble_of_password(std::string_view password, std::string_view name);

/// The digest under which a secret is kept.
std::string keep_secret(std::string_view secret);

}  // namespace assay::accounts
