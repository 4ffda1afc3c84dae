#include "system/net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <mutex>
#include <utility>

namespace assay::net {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

std::unexpected<Finding> failed(const std::string& file, std::string_view what) {
  std::array<char, 200> why = {};
  const unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, why.data(), why.size());
  ERR_clear_error();
  std::string text = file + ": " + std::string(what);
  if (why[0] != '\0') text += std::string(" (") + why.data() + ")";
  return std::unexpected(Finding{.code = "tls", .what = std::move(text), .at = 0});
}

std::expected<Context, Finding> make_context(const std::string& certificate,
                                             const std::string& key) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) return failed(certificate, "TLS cannot be set up");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
    return failed(certificate, "holds no certificate that can be read");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return failed(key, "holds no private key that can be read");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return failed(key, "is not the key of " + certificate);
  }
  return context;
}

/// What tells one version of a file from the next.
using Stamp = std::array<std::int64_t, 4>;
Stamp stamp_of(const std::string& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {static_cast<std::int64_t>(found.st_ino), found.st_size, found.st_mtim.tv_sec,
          found.st_mtim.tv_nsec};
}

int patience_left(Steady::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
  return static_cast<int>(std::clamp<long long>(left.count(), 0, 1 << 30));
}

}  // namespace

struct TlsKeys::State {
  std::string certificate;
  std::string key;
  std::mutex mutex = {};
  Context context = {};
  Stamp certificate_stamp = {};
  Stamp key_stamp = {};
};

TlsKeys::TlsKeys() : state_(std::make_unique<State>()) {}
TlsKeys::~TlsKeys() = default;

std::expected<std::unique_ptr<TlsKeys>, Finding> TlsKeys::open(const std::string& certificate,
                                                               const std::string& key) {
  std::unique_ptr<TlsKeys> keys(new TlsKeys);
  keys->state_->certificate = certificate;
  keys->state_->key = key;
  if (auto done = keys->refresh(); !done) return std::unexpected(std::move(done.error()));
  return keys;
}

std::expected<void, Finding> TlsKeys::refresh() {
  State& state = *state_;
  const std::scoped_lock lock(state.mutex);
  const Stamp certificate = stamp_of(state.certificate), key = stamp_of(state.key);
  const bool same = certificate == state.certificate_stamp && key == state.key_stamp;
  if (state.context && same) return {};
  auto context = make_context(state.certificate, state.key);
  // A file that is half replaced is tried again when it changes the next time.
  state.certificate_stamp = certificate;
  state.key_stamp = key;
  if (!context) return std::unexpected(std::move(context.error()));
  state.context = std::move(*context);
  return {};
}

struct TlsConnection::State {
  std::unique_ptr<SSL, FreeSsl> ssl = {};
  int socket = -1;
  int stop = -1;

  /// Waits for what OpenSSL waits for. Read::octets: it may go on; failed: it waits for nothing.
  Read wait(int result, Steady::time_point until, Connection::Heed heed) const {
    const int error = SSL_get_error(ssl.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return Read::failed;
    const short events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    pollfd waiting[2] = {{socket, events, 0}, {stop, POLLIN, 0}};
    const nfds_t count = heed == Connection::Heed::stop && stop >= 0 ? 2 : 1;
    const int ready = ::poll(waiting, count, patience_left(until));
    if (ready == 0) return Read::timeout;
    if (ready < 0) return errno == EINTR ? Read::octets : Read::failed;
    return waiting[0].revents != 0 ? Read::octets : Read::stopped;
  }
};

TlsConnection::TlsConnection() : state_(std::make_unique<State>()) {}
TlsConnection::~TlsConnection() = default;

std::unique_ptr<TlsConnection> TlsConnection::accept(Connection& connection, TlsKeys& keys,
                                                     milliseconds patience) {
  std::unique_ptr<TlsConnection> made(new TlsConnection);
  State& state = *made->state_;
  {
    const std::scoped_lock lock(keys.state_->mutex);
    state.ssl.reset(SSL_new(keys.state_->context.get()));  // which keeps the context
  }
  state.socket = connection.descriptor();
  state.stop = connection.stop_descriptor();
  if (!state.ssl || SSL_set_fd(state.ssl.get(), state.socket) != 1) return nullptr;
  const auto until = Steady::now() + patience;
  for (;;) {
    ERR_clear_error();
    const int result = SSL_accept(state.ssl.get());
    if (result == 1) return made;
    if (state.wait(result, until, Connection::Heed::nothing) != Read::octets) return nullptr;
  }
}

Connection::Got TlsConnection::read(std::span<char> buffer, milliseconds patience,
                                    Connection::Heed heed) {
  const auto until = Steady::now() + patience;
  const auto most = std::min<std::size_t>(buffer.size(), std::numeric_limits<int>::max());
  for (;;) {
    ERR_clear_error();
    const int result = SSL_read(state_->ssl.get(), buffer.data(), static_cast<int>(most));
    if (result > 0) return {Read::octets, static_cast<std::size_t>(result)};
    if (SSL_get_error(state_->ssl.get(), result) == SSL_ERROR_ZERO_RETURN) {
      return {Read::closed, 0};
    }
    const Read waited = state_->wait(result, until, heed);
    if (waited != Read::octets) return {waited, 0};
  }
}

bool TlsConnection::write(std::string_view octets, milliseconds patience) {
  const auto until = Steady::now() + patience;
  while (!octets.empty()) {
    const auto most = std::min<std::size_t>(octets.size(), std::numeric_limits<int>::max());
    ERR_clear_error();
    const int result = SSL_write(state_->ssl.get(), octets.data(), static_cast<int>(most));
    if (result > 0) {
      octets.remove_prefix(static_cast<std::size_t>(result));
    } else if (state_->wait(result, until, Connection::Heed::nothing) != Read::octets) {
      return false;
    }
  }
  return true;
}

void TlsConnection::close() {
  ERR_clear_error();
  SSL_shutdown(state_->ssl.get());
  ERR_clear_error();
}

}  // namespace assay::net
