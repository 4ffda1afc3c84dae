#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "assay/base/ascii.h"
#include "system/intake/bounce.h"

namespace {

using namespace assay;
using intake::Bounce;
using intake::BouncedRecipient;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A class of 2, 4 or 5 and two numbers (RFC 3463 §2), or nothing.
bool is_status(const std::string& status) {
  if (status.empty()) return true;
  return std::string("245").contains(status[0]) && std::ranges::count(status, '.') == 2 &&
         std::ranges::all_of(status, [](char c) { return ascii::is_digit(c) || c == '.'; });
}

void require_bounds(const Bounce& bounce) {
  require(bounce.recipients.size() <= 100 && bounce.addressed_to.size() <= 50);
  require(bounce.is_notification == !bounce.recipients.empty());
  for (const std::string& address : bounce.addressed_to) {
    require(address.find('@') > 0 && std::ranges::all_of(address, ascii::is_graph));
  }
  for (const BouncedRecipient& one : bounce.recipients) {
    require(is_status(one.status));
    require(one.diagnostic.size() <= 4 * 500 + 3);
  }
}

/// The words for people and the mail that comes back cannot change what the delivery status says.
void require_status_rules(const std::string& text) {
  std::string plain;
  for (const char c : text) plain += c == '-' ? '_' : c;
  const std::string mail =
      "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; boundary=bound\n\n"
      "--bound\nContent-Type: text/plain\n\n" +
      plain +
      "\n--bound\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
      "Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n\n"
      "--bound\nContent-Type: text/rfc822-headers\n\n" +
      plain + "\n--bound--\n";
  const Bounce bounce = intake::read_bounce(mail);
  require_bounds(bounce);
  require(bounce.recipients.size() == 1);
  require(bounce.recipients[0].final_recipient == "a@example.com");
  require(fate_of(bounce.recipients[0]) == intake::BounceFate::permanent);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string octets(reinterpret_cast<const char*>(data), size);
  require_bounds(intake::read_bounce(octets));
  require_bounds(intake::read_bounce("From: MAILER-DAEMON@mx.example\n\n" + octets));
  require_bounds(intake::read_bounce("Content-Type: message/delivery-status\n\n" + octets));
  require_status_rules(octets);
  return 0;
}
