#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "assay/base/finding.h"
#include "system/reporting/deliver.h"
#include "system/reporting/destination.h"

namespace assay::reporting {

struct HttpsOptions {
  std::chrono::seconds timeout{120};  ///< of one delivery
  std::string ca_file = {};           ///< whom we trust; empty: as the system does
  Reach reach = Reach::internet;
  std::string user_agent = "Assay";
};

/// Posts reports to web servers (RFC 9989 §4.7 leaves room for schemes beside mailto): the
/// attachment alone as application/gzip, with its file name, which holds the Report-ID, in
/// Content-Disposition. The server's certificate must hold; redirects are not followed; a name that
/// leads to a private address is not connected to, whatever the DNS says; of the answer no more
/// than 64 KiB is read.
class HttpsSender final : public Sender {
 public:
  /// Errors: `https` where libcurl cannot be started.
  static std::expected<std::unique_ptr<HttpsSender>, Finding> open(HttpsOptions options);
  ~HttpsSender() override;

  Attempt send(const Outgoing& mail) override;

 private:
  struct State;
  explicit HttpsSender(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What a status of HTTP (RFC 9110 §15) says: taken (2xx), later (5xx, 408, 425, 429 …), or no.
Attempt attempt_of_status(unsigned status);

/// Hands over by the kind of destination.
class SenderByScheme final : public Sender {
 public:
  /// `https` may be null: then what is to be posted waits.
  SenderByScheme(std::unique_ptr<Sender> mail, std::unique_ptr<Sender> https)
      : mail_(std::move(mail)), https_(std::move(https)) {}
  Attempt send(const Outgoing& mail) override;

 private:
  std::unique_ptr<Sender> mail_;
  std::unique_ptr<Sender> https_;
};

}  // namespace assay::reporting
