#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "system/smtp/session.h"

/// A host that keeps what it is given, for tests and fuzzers.
namespace assay::smtp::detail {

struct Kept {
  std::string from;
  std::vector<std::string> to;
  std::string message;
  std::string client;
  std::string helo;
  friend bool operator==(const Kept&, const Kept&) = default;
};

class Mailbox final : public Host {
 public:
  explicit Mailbox(std::size_t room = 1U << 20) : room_(room) {}

  std::optional<Reply> sender(const Envelope& envelope) override {
    if (envelope.mail_from.starts_with("busy")) return Reply{450, "4.7.1", "Too many"};
    return std::nullopt;
  }
  std::optional<Reply> recipient(const Envelope&, std::string_view address) override {
    if (address.ends_with("@reports.example")) return std::nullopt;
    return Reply{550, "5.1.1", "No such recipient here"};
  }
  bool claim(std::size_t octets) override {
    if (claimed_ + octets > room_) return false;
    claimed_ += octets;
    return true;
  }
  void give_back(std::size_t octets) override { claimed_ -= octets; }
  Reply deliver(const Envelope& envelope, std::string_view message) override {
    kept_.push_back({.from = envelope.mail_from,
                     .to = envelope.recipients,
                     .message = std::string(message),
                     .client = envelope.client ? to_text(*envelope.client) : "",
                     .helo = envelope.helo});
    if (message.starts_with("Later")) return {451, "4.3.0", "Later"};
    return {250, "2.0.0", "Kept"};
  }

  const std::vector<Kept>& kept() const { return kept_; }
  std::size_t claimed() const { return claimed_; }

 private:
  std::size_t room_;
  std::size_t claimed_ = 0;
  std::vector<Kept> kept_ = {};
};

}  // namespace assay::smtp::detail
