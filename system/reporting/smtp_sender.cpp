#include "system/reporting/smtp_sender.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "system/reporting/detail/curl.h"

namespace assay::reporting {
namespace {

/// What is still to be sent of a mail.
struct Upload {
  std::string_view left;
};

std::size_t give(char* into, std::size_t size, std::size_t count, void* upload) {
  std::string_view& left = static_cast<Upload*>(upload)->left;
  const std::size_t octets = std::min(size * count, left.size());
  std::memcpy(into, left.data(), octets);
  left.remove_prefix(octets);
  return octets;
}

/// Keeps the last reply of the server that refuses something.
std::size_t hear(char* line, std::size_t size, std::size_t count, void* reply) {
  std::string_view text(line, size * count);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (text.starts_with('4') || text.starts_with('5')) {
    *static_cast<std::string*>(reply) = ascii::printable(text, 500);
  }
  return size * count;
}

/// Keeps the word of the last command that was sent: "MAIL", "RCPT", "DATA".
int watch(CURL*, curl_infotype type, char* octets, std::size_t size, void* command) {
  const std::string_view word(octets, std::min<std::size_t>(size, 4));
  // QUIT follows whatever went wrong.
  if (type == CURLINFO_HEADER_OUT && word != "QUIT") *static_cast<std::string*>(command) = word;
  return 0;
}

/// Whether a refusal is about us and not about whom the mail is for: the server wants us to sign in
/// (RFC 4954 §6), or takes mail for others from others alone. Somebody has to repair that here; it
/// says nothing of the destination.
bool is_about_us(long code, std::string_view reply) {
  if (code == 530 || code == 534 || code == 535 || code == 538) return true;
  return ascii::to_lower(reply).contains("relay");
}

/// Whether a server ("host:port", "[::1]:25") is on this host, as its address says.
bool is_here(std::string_view server) {
  return server.starts_with("127.") || server.starts_with("[::1]") ||
         server.starts_with("localhost:");
}

std::string url_of(const config::Smtp& settings, const std::string& helo) {
  std::string_view server = settings.server;
  const bool tls_first = server.starts_with("smtps:");
  if (tls_first) server.remove_prefix(6);
  // The path of an SMTP URL is the name for EHLO.
  return (tls_first ? "smtps://" : "smtp://") + std::string(server) + "/" + helo;
}

// RFC 9990 §3.5, RFC 9989 §11.7: over TLS wherever the server has it, or not at all.
long tls_of(config::Tls tls) {
  switch (tls) {
    case config::Tls::never:
      return CURLUSESSL_NONE;
    case config::Tls::opportunistic:
      return CURLUSESSL_TRY;
    case config::Tls::require:
      return CURLUSESSL_ALL;
  }
  return CURLUSESSL_ALL;
}

}  // namespace

struct SmtpSender::State {
  CURL* curl = nullptr;
  config::Smtp settings = {};
  std::string url = {};
  std::string password = {};
  ~State() { ::curl_easy_cleanup(curl); }

  void prepare(bool is_private);
};

void SmtpSender::State::prepare(bool is_private) {
  ::curl_easy_reset(curl);  // connections stay
  ::curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  ::curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(settings.timeout.count()));
  ::curl_easy_setopt(curl, CURLOPT_USE_SSL, tls_of(settings.tls));
  // RFC 9989 §11.7: a message that came to us encrypted does not leave in a report in the open.
  if (is_private && settings.tls == config::Tls::opportunistic && !is_here(settings.server)) {
    ::curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    ::curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);  // another one may be in the open
  }
  ::curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // Opportunistic TLS guards against listeners alone: a certificate that nobody checks for the
  // plain text either is not checked (RFC 7435 §3).
  const long checked = settings.tls == config::Tls::require || url.starts_with("smtps:") ? 1 : 0;
  ::curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, checked);
  ::curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2 * checked);
  if (settings.user.empty()) return;
  ::curl_easy_setopt(curl, CURLOPT_USERNAME, settings.user.c_str());
  ::curl_easy_setopt(curl, CURLOPT_PASSWORD, password.c_str());
}

SmtpSender::SmtpSender(std::unique_ptr<State> state) : state_(std::move(state)) {}
SmtpSender::~SmtpSender() = default;

std::expected<std::unique_ptr<SmtpSender>, Finding> SmtpSender::open(const config::Smtp& settings,
                                                                     std::string password,
                                                                     const std::string& helo) {
  detail::prepare_curl();
  auto state = std::make_unique<State>();
  state->settings = settings;
  // A password is not said in the open where somebody could listen (RFC 4954 §4).
  if (!settings.user.empty() && settings.tls == config::Tls::opportunistic &&
      !is_here(settings.server)) {
    state->settings.tls = config::Tls::require;
  }
  state->url = url_of(settings, helo);
  state->password = std::move(password);
  state->curl = ::curl_easy_init();
  if (state->curl == nullptr) {
    return std::unexpected(Finding{.code = "smtp", .what = "libcurl cannot be started"});
  }
  return std::unique_ptr<SmtpSender>(new SmtpSender(std::move(state)));
}

Attempt SmtpSender::send(const Outgoing& mail) {
  State& state = *state_;
  state.prepare(mail.is_private);
  Upload upload{mail.octets};
  std::string reply;
  const std::string from = "<" + mail.return_path + ">";
  const std::string to = "<" + mail.recipient + ">";
  curl_slist* const recipients = ::curl_slist_append(nullptr, to.c_str());
  CURL* const curl = state.curl;
  ::curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
  ::curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
  ::curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
  ::curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
  ::curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.octets.size()));
  ::curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, hear);
  ::curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply);
  std::string command;
  ::curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
  ::curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, watch);
  ::curl_easy_setopt(curl, CURLOPT_DEBUGDATA, &command);
  const CURLcode done = ::curl_easy_perform(curl);
  long code = 0;
  ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
  ::curl_slist_free_all(recipients);
  if (done == CURLE_OK) return {.how = Attempt::How::delivered};
  // Only a refusal of the recipient or of the mail is for good; a server that cannot be reached,
  // does not let us in or does not like our sender may think otherwise later.
  const bool refused = command == "RCPT" || command == "DATA";
  const bool permanent = code >= 500 && code < 600 && refused && !is_about_us(code, reply);
  std::string reason = !reply.empty() ? reply : ::curl_easy_strerror(done);
  return {.how = permanent ? Attempt::How::permanent : Attempt::How::temporary,
          .reason = std::move(reason)};
}

}  // namespace assay::reporting
