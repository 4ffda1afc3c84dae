#include "bin/receive_mail.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"

namespace assay::cli {
namespace {

/// More than so many clients in a minute are not told apart: all of them are told to wait.
constexpr std::size_t most_clients = 100'000;

bool is_loopback(const IpAddress& address) {
  static const IpAddress v4 = *IpAddress::parse("127.0.0.0");
  static const IpAddress v6 = *IpAddress::parse("::1");
  return address.is_v4() ? address.in_network(v4, 8) : address == v6;
}

/// The domain in the form that the configuration has; as it is when it is none.
std::string domain_of(std::string_view address) {
  const std::string_view text = address.substr(address.rfind('@') + 1);
  const auto name = DomainName::parse(text);
  return name ? name->text() : ascii::to_lower(text);
}

/// The MTA in front is no client of the sender's: SPF says nothing of it.
intake::Session session_of(const smtp::Envelope& envelope) {
  if (!envelope.client || is_loopback(*envelope.client)) return {};
  return {.client = envelope.client, .helo = envelope.helo, .mail_from = envelope.mail_from};
}

}  // namespace

MailHost::MailHost(const config::Receive& settings, Desk& desk, BounceDesk* bounces,
                   store::Channel channel)
    : settings_(settings), desk_(desk), bounces_(bounces), channel_(channel) {}

std::optional<smtp::Reply> MailHost::sender(const smtp::Envelope& envelope) {
  if (channel_ != store::Channel::smtp || settings_.per_minute == 0 || !envelope.client) return {};
  const auto now = std::chrono::steady_clock::now();
  const std::scoped_lock lock(mutex_);
  if (now - minute_ >= std::chrono::minutes{1}) {
    minute_ = now;
    mails_.clear();
  }
  const bool has_room = mails_.size() < most_clients;
  unsigned* const count = has_room ? &mails_[to_text(*envelope.client)] : nullptr;
  if (count != nullptr && ++*count <= settings_.per_minute) return {};
  return smtp::Reply{450, "4.7.1", "Too many mails in a minute, try again later"};
}

bool MailHost::is_taken(std::string_view address) const {
  if (settings_.addresses.empty()) return true;
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return false;
  const std::string domain = domain_of(address);
  return std::ranges::any_of(settings_.addresses, [&](const std::string& one) {
    const std::size_t sign = one.rfind('@');
    return one.substr(sign + 1) == domain &&
           (sign == 0 ||
            ascii::iequals(std::string_view(one).substr(0, sign), address.substr(0, at)));
  });
}

std::optional<smtp::Reply> MailHost::recipient(const smtp::Envelope& /*envelope*/,
                                               std::string_view address) {
  if (is_taken(address) || (bounces_ != nullptr && bounces_->is_ours(address))) return {};
  return smtp::Reply{550, "5.1.1", "No reports are taken in at this address"};
}

bool MailHost::claim(std::size_t octets) {
  if (held_.fetch_add(octets) + octets <= settings_.max_memory) return true;
  held_ -= octets;
  return false;
}

void MailHost::give_back(std::size_t octets) {
  held_ -= octets;
}

std::optional<smtp::Reply> MailHost::take_bounce(const smtp::Envelope& envelope,
                                                 std::string_view message) {
  if (bounces_ == nullptr) return {};
  const auto ours = std::ranges::find_if(
      envelope.recipients, [&](const std::string& address) { return bounces_->is_ours(address); });
  if (ours == envelope.recipients.end()) return {};
  const auto booked = bounces_->take(message, *ours);
  if (!booked) return smtp::Reply{451, "4.3.0", "It cannot be kept now, try again later"};
  return smtp::Reply{250, "2.0.0", "Bounce " + std::string(to_text(booked->what))};
}

smtp::Reply MailHost::deliver(const smtp::Envelope& envelope, std::string_view message) {
  if (auto answer = take_bounce(envelope, message)) return std::move(*answer);
  const Receipt receipt =
      desk_.take(message, "mail from <" + envelope.mail_from + ">", channel_, session_of(envelope));
  if (receipt.failure) return {451, "4.3.0", "It cannot be kept now, try again later"};
  if (receipt.kept()) return {250, "2.0.0", receipt.summary()};
  return {550, "5.6.0", "Not taken in: " + receipt.summary()};
}

}  // namespace assay::cli
