#include "system/reporting/https_sender.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "assay/base/ascii.h"
#include "system/reporting/detail/curl.h"

namespace assay::reporting {
namespace {

constexpr std::size_t most_answer_octets = 65'536;
constexpr long connect_seconds = 30;

/// What is heard and kept while a report is posted.
struct Hearing {
  Reach reach = Reach::internet;
  std::size_t octets = 0;    ///< of the answer
  std::string refused = {};  ///< an address that is not connected to
};

std::optional<IpAddress> address_of(const curl_sockaddr& address) {
  if (address.family == AF_INET && address.addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in v4 = {};
    std::memcpy(&v4, &address.addr, sizeof v4);
    std::array<std::uint8_t, 4> octets = {};
    std::memcpy(octets.data(), &v4.sin_addr, octets.size());
    return IpAddress::from_v4(octets);
  }
  if (address.family == AF_INET6 && address.addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6 = {};
    std::memcpy(&v6, &address.addr, sizeof v6);
    std::array<std::uint8_t, 16> octets = {};
    std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
    return IpAddress::from_v6(octets);
  }
  return std::nullopt;
}

/// Looks at the very address that is connected to: a name cannot lead elsewhere meanwhile.
curl_socket_t open_socket(void* hearing, curlsocktype, curl_sockaddr* wanted) {
  Hearing& heard = *static_cast<Hearing*>(hearing);
  const auto address = address_of(*wanted);
  if (!address) return CURL_SOCKET_BAD;
  if (heard.reach == Reach::internet && !is_public(*address)) {
    heard.refused = to_text(*address);
    return CURL_SOCKET_BAD;
  }
  return ::socket(wanted->family, wanted->socktype | SOCK_CLOEXEC, wanted->protocol);
}

/// Of the answer only the status matters; one without end is cut.
std::size_t hear(char*, std::size_t size, std::size_t count, void* hearing) {
  std::size_t& octets = static_cast<Hearing*>(hearing)->octets;
  octets += size * count;
  return octets > most_answer_octets ? 0 : size * count;
}

/// Fields of a request; freed with it.
class Fields {
 public:
  Fields() = default;
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;
  ~Fields() { ::curl_slist_free_all(list_); }
  void add(const std::string& field) {
    if (curl_slist* longer = ::curl_slist_append(list_, field.c_str())) list_ = longer;
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

}  // namespace

struct HttpsSender::State {
  CURL* curl = nullptr;
  HttpsOptions options = {};
  ~State() { ::curl_easy_cleanup(curl); }

  void prepare(Hearing& hearing) const;
};

void HttpsSender::State::prepare(Hearing& hearing) const {
  ::curl_easy_reset(curl);  // connections stay
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
  ::curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  // A proxy would connect to where we do not look.
  ::curl_easy_setopt(curl, CURLOPT_PROXY, "");
  ::curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  ::curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(options.timeout.count()));
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect_seconds);
  ::curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  ::curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  ::curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    ::curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
    ::curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  ::curl_easy_setopt(curl, CURLOPT_USERAGENT, options.user_agent.c_str());
  ::curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  ::curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &hearing);
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, hear);
  ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, &hearing);
  ::curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, hear);
  ::curl_easy_setopt(curl, CURLOPT_HEADERDATA, &hearing);
}

HttpsSender::HttpsSender(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpsSender::~HttpsSender() = default;

std::expected<std::unique_ptr<HttpsSender>, Finding> HttpsSender::open(HttpsOptions options) {
  detail::prepare_curl();
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  state->curl = ::curl_easy_init();
  if (state->curl == nullptr) {
    return std::unexpected(Finding{.code = "https", .what = "libcurl cannot be started"});
  }
  return std::unique_ptr<HttpsSender>(new HttpsSender(std::move(state)));
}

Attempt HttpsSender::send(const Outgoing& mail) {
  const State& state = *state_;
  if (const std::string why = why_not_posted(mail.recipient, state.options.reach); !why.empty()) {
    return {.how = Attempt::How::permanent, .reason = why};
  }
  Hearing hearing{.reach = state.options.reach};
  state.prepare(hearing);
  Fields fields;
  fields.add("Content-Type: " +
             (mail.content_type.empty() ? std::string("application/gzip") : mail.content_type));
  if (!mail.file_name.empty()) {
    fields.add("Content-Disposition: attachment; filename=\"" + mail.file_name + "\"");
  }
  for (const std::string& each : mail.fields) fields.add(each);
  fields.add("Expect:");  // a report is sent at once
  CURL* const curl = state.curl;
  ::curl_easy_setopt(curl, CURLOPT_URL, mail.recipient.c_str());
  ::curl_easy_setopt(curl, CURLOPT_POST, 1L);
  ::curl_easy_setopt(curl, CURLOPT_POSTFIELDS, mail.octets.data());
  ::curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(mail.octets.size()));
  ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields.get());
  const CURLcode done = ::curl_easy_perform(curl);
  ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, nullptr);
  long status = 0;
  ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (!hearing.refused.empty() && done != CURLE_OK) {
    return {.reason = host_of(mail.recipient) + " has the address " + hearing.refused +
                      ", which is not of the public internet"};
  }
  // A long answer was cut, and its status stands all the same.
  const bool cut = done == CURLE_WRITE_ERROR && hearing.octets > most_answer_octets;
  if (done != CURLE_OK && !(cut && status >= 200)) return {.reason = ::curl_easy_strerror(done)};
  return attempt_of_status(static_cast<unsigned>(status));
}

// RFC 9110 §15
Attempt attempt_of_status(unsigned status) {
  const std::string text = "HTTP status " + std::to_string(status);
  if (status >= 200 && status < 300) return {.how = Attempt::How::delivered};
  if (status == 301 || status == 308) {
    return {.how = Attempt::How::permanent, .reason = text + ": redirects are not followed"};
  }
  constexpr std::array<unsigned, 5> passing = {401, 408, 423, 425, 429};
  const bool later = std::ranges::find(passing, status) != passing.end();
  const bool permanent = status >= 400 && status < 500 && !later;
  return {.how = permanent ? Attempt::How::permanent : Attempt::How::temporary, .reason = text};
}

Attempt SenderByScheme::send(const Outgoing& mail) {
  if (!is_https(mail.recipient)) return mail_->send(mail);
  if (https_) return https_->send(mail);
  return {.reason = "posting is turned off: [reports] https"};
}

}  // namespace assay::reporting
