#pragma once

#include <expected>
#include <memory>

#include "assay/base/finding.h"
#include "system/config/settings.h"
#include "system/reporting/deliver.h"

namespace assay::reporting {

/// Hands mail to the server that the configuration names, by SMTP with or without TLS (RFC 5321,
/// RFC 3207); connections stay open between mails.
class SmtpSender final : public Sender {
 public:
  /// `password`: of the user of `settings`, if it has one. `helo`: our name. Errors: `smtp`.
  static std::expected<std::unique_ptr<SmtpSender>, Finding> open(const config::Smtp& settings,
                                                                  std::string password,
                                                                  const std::string& helo);
  ~SmtpSender() override;

  Attempt send(const Outgoing& mail) override;

 private:
  struct State;
  explicit SmtpSender(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::reporting
