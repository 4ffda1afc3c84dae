#include "bin/receive_upload.h"

#include <httplib.h>

#include <array>
#include <filesystem>
#include <random>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/net/endpoint.h"

#include "bin/files.h"

namespace assay::cli {
namespace {

constexpr std::size_t shortest_token = 16;
constexpr time_t patience = 60;  ///< seconds for the next octets

std::string random_token() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device chance;
  std::string token;
  for (int i = 0; i < 64; ++i) token += digits[chance() % digits.size()];
  return token;
}

/// In a time that does not tell where they differ.
bool same(std::string_view a, std::string_view b) {
  unsigned differing = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    differing |= static_cast<unsigned>(static_cast<unsigned char>(a[i] ^ b[i]));
  }
  return differing == 0;
}

void answer(httplib::Response& response, int status, const std::string& text) {
  response.status = status;
  response.set_content(text, status == 200 || status == 422 ? "application/jsonl" : "text/plain");
}

void take(const httplib::Request& request, httplib::Response& response, Desk& desk) {
  if (request.body.empty()) return answer(response, 400, "there is nothing in it\n");
  const Receipt receipt =
      desk.take(request.body, "upload from " + request.remote_addr, store::Channel::upload);
  if (receipt.failure) {
    response.set_header("Retry-After", "60");
    return answer(response, 503, "it cannot be kept now, try again later\n");
  }
  std::string text;
  for (const IntakeLine& line : receipt.lines) text += as_json(line);
  answer(response, receipt.kept() ? 200 : 422, text);
}

}  // namespace

struct UploadServer::State {
  httplib::Server server = {};
  std::thread thread = {};
  std::string address = {};
};

UploadServer::UploadServer() : state_(std::make_unique<State>()) {}

UploadServer::~UploadServer() {
  state_->server.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

const std::string& UploadServer::address() const {
  return state_->address;
}

Expected<std::unique_ptr<UploadServer>> UploadServer::start(const config::Receive& settings,
                                                            const std::string& token, Desk& desk) {
  const auto at = net::parse_endpoint(settings.upload);
  if (!at) return fail(Status::bad_data, "[receive] upload: " + at.error().what);
  std::unique_ptr<UploadServer> made(new UploadServer);
  httplib::Server& server = made->state_->server;
  server.set_payload_max_length(settings.max_mail);
  server.set_read_timeout(patience, 0);
  server.set_write_timeout(patience, 0);
  server.Post("/reports", [&desk](const httplib::Request& request, httplib::Response& response) {
    take(request, response, desk);
  });
  server.set_pre_routing_handler(
      [wanted = "Bearer " + token](const httplib::Request& request, httplib::Response& response) {
        using Handler = httplib::Server::HandlerResponse;
        if (!same(request.get_header_value("Authorization"), wanted)) {
          response.set_header("WWW-Authenticate", "Bearer");
          answer(response, 401, "say the token: Authorization: Bearer TOKEN\n");
          return Handler::Handled;
        }
        if (!request.has_header("Content-Encoding")) return Handler::Unhandled;
        answer(response, 415, "send it as it is, without Content-Encoding\n");  // no bounds there
        return Handler::Handled;
      });
  const std::string host = to_text(at->address);
  int port = at->port;
  if (port == 0) port = server.bind_to_any_port(host);
  if (port < 0 || (at->port != 0 && !server.bind_to_port(host, port))) {
    return fail(Status::unavailable, "cannot listen on " + settings.upload + " for uploads");
  }
  made->state_->address =
      net::to_text({.address = at->address, .port = static_cast<std::uint16_t>(port)});
  made->state_->thread = std::thread([&server] { server.listen_after_bind(); });
  return made;
}

Expected<std::string> upload_token(const std::string& path, const std::string& data) {
  const std::string file = path.empty() ? data + "/upload.token" : path;
  std::error_code ignored;
  if (path.empty() && !std::filesystem::exists(file, ignored)) {
    if (auto made = write_secret_file(file, random_token() + "\n"); !made) {
      return std::unexpected(std::move(made.error()));
    }
  }
  ASSAY_TRY(token, read_secret_line(file));
  if (token.size() >= shortest_token) return token;
  return fail(Status::bad_data,
              ascii::printable(file, 500) + ": a token has 16 characters at least");
}

}  // namespace assay::cli
