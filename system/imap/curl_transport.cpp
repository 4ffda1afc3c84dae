#include "system/imap/curl_transport.h"

#include <curl/curl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::imap {
namespace {

using std::chrono::milliseconds;

struct Cleanup {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using Handle = std::unique_ptr<CURL, Cleanup>;

std::unexpected<Finding> failed(std::string_view code, std::string what) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = 0});
}

/// Waits until the socket is ready; false: not within `patience`.
bool wait_for(CURL* curl, short what, milliseconds patience) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &socket);
  pollfd one = {.fd = static_cast<int>(socket), .events = what, .revents = 0};
  constexpr milliseconds longest{1 << 30};
  return ::poll(&one, 1, static_cast<int>(std::clamp(patience, milliseconds{0}, longest).count())) >
         0;
}

class CurlTransport final : public Transport {
 public:
  CurlTransport(Handle curl, milliseconds timeout) : curl_(std::move(curl)), timeout_(timeout) {}

  Expected<std::size_t> read(std::span<char> buffer, milliseconds patience) override {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      std::size_t size = 0;
      const CURLcode code = curl_easy_recv(curl_.get(), buffer.data(), buffer.size(), &size);
      if (code == CURLE_OK && size > 0) return size;
      if (code == CURLE_OK) return failed("imap_connection", "the server closed the connection");
      if (code != CURLE_AGAIN) return failed("imap_connection", curl_easy_strerror(code));
      const auto left =
          std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
      if (!wait_for(curl_.get(), POLLIN, left)) return 0;
    }
  }

  Expected<> write(std::string_view octets) override {
    while (!octets.empty()) {
      std::size_t size = 0;
      const CURLcode code = curl_easy_send(curl_.get(), octets.data(), octets.size(), &size);
      if (code == CURLE_AGAIN) {
        if (!wait_for(curl_.get(), POLLOUT, timeout_)) {
          return failed("imap_timeout", "the server takes nothing");
        }
      } else if (code != CURLE_OK) {
        return failed("imap_connection", curl_easy_strerror(code));
      }
      octets.remove_prefix(size);
    }
    return {};
  }

 private:
  Handle curl_;
  milliseconds timeout_;
};

/// "imaps:host:993" as libcurl wants it.
std::string url_of(std::string_view server) {
  const std::size_t colon = server.find(':');
  if (colon == std::string_view::npos) return "imaps://" + std::string(server);
  return std::string(server.substr(0, colon)) + "://" + std::string(server.substr(colon + 1));
}

/// libcurl calls it about each second, also while a server is silent; 1 ends what is under way.
int ask_stop(void* account, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& stop = static_cast<const Account*>(account)->stop;
  return stop && stop() ? 1 : 0;
}

void set_options(CURL* curl, const Account& account) {
  curl_easy_setopt(curl, CURLOPT_URL, url_of(account.server).c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "imap,imaps");
  curl_easy_setopt(curl, CURLOPT_USERNAME, account.user.c_str());
  if (!account.bearer_token.empty()) {
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, account.bearer_token.c_str());
  } else {
    curl_easy_setopt(curl, CURLOPT_PASSWORD, account.password.c_str());
  }
  const long ssl = account.tls == Tls::require ? CURLUSESSL_ALL : CURLUSESSL_NONE;
  curl_easy_setopt(curl, CURLOPT_USE_SSL, ssl);
  if (!account.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, account.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_stop);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, static_cast<const void*>(&account));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(account.timeout.count()));
}

}  // namespace

Expected<std::unique_ptr<Transport>> connect(const Account& account) {
  static const CURLcode started = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) return failed("imap_connection", "libcurl cannot start");
  Handle curl(curl_easy_init());
  if (!curl) return failed("imap_connection", "libcurl cannot start");
  std::array<char, CURL_ERROR_SIZE> error = {};
  set_options(curl.get(), account);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, error.data());
  const CURLcode code = curl_easy_perform(curl.get());
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, nullptr);
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return failed("imap_stopped", "stopped while signing in");
  }
  if (code == CURLE_OK) {
    return std::make_unique<CurlTransport>(std::move(curl), account.timeout);
  }
  const std::string what = error[0] != '\0' ? error.data() : curl_easy_strerror(code);
  return failed(code == CURLE_LOGIN_DENIED ? "imap_login" : "imap_connection",
                ascii::printable(account.server) + ": " + ascii::printable(what));
}

}  // namespace assay::imap
