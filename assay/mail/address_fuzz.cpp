#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/mail/address.h"
#include "assay/mail/encoded_word.h"

namespace {

using assay::mail::AddressList;
using assay::mail::Mailbox;
using assay::mail::parse_addresses;

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const Mailbox& a, const Mailbox& b) {
  return a.display_name == b.display_name && a.local_part == b.local_part && a.domain == b.domain;
}

/// An error says that the text is doubtful: then no mailbox need survive being written.
void survives(const Mailbox& mailbox) {
  const AddressList again = parse_addresses(to_text(mailbox));
  require(again.mailboxes.size() == 1);
  require(same(again.mailboxes[0], mailbox));
  require(to_text(again.mailboxes[0]) == to_text(mailbox));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string value(reinterpret_cast<const char*>(data), size);
  const AddressList list = parse_addresses(value);
  require(list.findings.size() <= 100 && list.mailboxes.size() <= 1'000);
  for (const assay::Finding& finding : list.findings) require(finding.at <= value.size());
  for (const Mailbox& mailbox : list.mailboxes) {
    require(mailbox.at < value.size());
    require(mailbox.display_name.find_first_of("\r\n") == std::string::npos);
    if (!assay::has_error(list.findings) && !mailbox.domain.empty()) survives(mailbox);
  }
  // A good mailbox beside anything that closes what it opens is still found, in its place.
  const AddressList beside = parse_addresses("good@example.com, " + value);
  require(!beside.mailboxes.empty() && beside.mailboxes[0].domain == "example.com");
  require(assay::has_error(beside.findings) == assay::has_error(list.findings));
  if (!assay::has_error(list.findings)) {
    require(beside.mailboxes.size() == list.mailboxes.size() + 1);
    for (std::size_t i = 0; i < list.mailboxes.size(); ++i) {
      require(same(beside.mailboxes[i + 1], list.mailboxes[i]));
    }
  }
  require(assay::mail::decode_encoded_words(value).size() <= value.size());
  return 0;
}
