#include "system/ops/detail/http_request.h"

#include <algorithm>

#include "assay/base/ascii.h"

namespace assay::ops {

namespace {

std::string_view reason(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

}  // namespace

HttpRequest read_request(std::string_view octets) {
  using Kind = HttpRequest::Kind;
  const std::size_t line_end = octets.find("\r\n");
  const bool complete = octets.contains("\r\n\r\n");
  if (!complete) return {};
  const std::string_view line = octets.substr(0, line_end);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {.kind = Kind::bad};
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const bool good = line.substr(last + 1).starts_with("HTTP/1.") && target.starts_with('/') &&
                    std::ranges::all_of(target, ascii::is_graph);
  if (!good) return {.kind = Kind::bad};
  const std::string_view path = target.substr(0, target.find('?'));
  if (method == "GET") return {.kind = Kind::get, .path = path};
  if (method == "HEAD") return {.kind = Kind::head, .path = path};
  return {.kind = Kind::other_method};
}

std::string write_answer(const HttpAnswer& answer, HttpRequest::Kind kind) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  text.append(reason(answer.status));
  text.append("\r\nContent-Type: ").append(answer.content_type);
  text.append("\r\nContent-Length: ").append(std::to_string(answer.body.size()));
  if (answer.status == 405) text += "\r\nAllow: GET, HEAD";
  text +=
      "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  if (kind != HttpRequest::Kind::head) text += answer.body;
  return text;
}

HttpPages operating_pages(std::function<std::string()> metrics,
                          std::function<std::vector<std::string>()> health) {
  return [metrics = std::move(metrics), health = std::move(health)](std::string_view path) {
    HttpAnswer answer;
    if (path == "/metrics") {
      answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
      answer.body = metrics();
    } else if (path == "/healthz") {
      for (const std::string& reason : health()) answer.body += reason + "\n";
      answer.status = answer.body.empty() ? 200 : 503;
      if (answer.body.empty()) answer.body = "ok\n";
    } else {
      answer.status = 404;
      answer.body = "there are /metrics and /healthz\n";
    }
    return answer;
  };
}

}  // namespace assay::ops
