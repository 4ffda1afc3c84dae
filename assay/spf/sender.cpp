#include "assay/spf/detail/sender.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::spf::detail {
namespace {

bool is_in_host_name(char c) {
  // Underscores stand in names of real senders, although hosts may not have them.
  return ascii::is_alnum(c) || c == '-' || c == '.' || c == '_';
}

/// Why check_host answers none for this domain without asking; empty when it can be asked.
std::string why_not_checked(const std::string& text, const DomainName& name) {
  // RFC 7208 §2.3
  if (text.starts_with('[')) return "is an address literal";
  if (IpAddress::parse(text)) return "is an address";
  if (!std::ranges::all_of(text, is_in_host_name)) return "is no domain name";
  // RFC 7208 §4.3
  if (name.label_count() < 2) return "has only one label";
  return {};
}

/// Fills in what the domain says, or why nothing can be asked about it (RFC 7208 §4.3).
void place(Sender& sender, std::string_view domain, std::string_view whose) {
  // RFC 8616 §4
  const auto name = to_a_labels(domain);
  sender.domain_text = domain;
  if (!ascii::is_ascii(domain) && name) {
    sender.domain_text = name->text();
  }
  if (sender.domain_text.ends_with('.')) sender.domain_text.pop_back();
  std::string why = name ? why_not_checked(sender.domain_text, *name) : name.error().what;
  if (name && why.empty()) {
    sender.domain = *name;
    return;
  }
  sender.why_none = domain.empty() ? "there is no " + std::string(whose) + " to check"
                                   : "the " + std::string(whose) + " " + ascii::printable(domain) +
                                         (name ? " " : " is no domain name: ") + std::move(why);
}

/// The mailbox of a reverse-path: without brackets and source route (RFC 5321 Appendix C), which
/// old software still sends (RFC 7208 §2.2).
std::string_view mailbox_of(std::string_view path) {
  if (path.starts_with('<') && path.ends_with('>')) path = path.substr(1, path.size() - 2);
  if (!path.starts_with('@')) return path;
  const std::size_t colon = path.find(':');
  return colon == std::string_view::npos ? path : path.substr(colon + 1);
}

}  // namespace

Sender sender_of_helo(const Request& request) {
  Sender sender{.identity = Identity::helo};
  if (!ascii::is_ascii(request.helo)) {
    // RFC 8616 §4: a HELO name has A-labels only.
    sender.domain_text = request.helo;
    sender.why_none = "the HELO name " + ascii::printable(request.helo) + " is not ASCII";
    return sender;
  }
  place(sender, request.helo, "HELO name");
  return sender;
}

Sender sender_of_mail_from(const Request& request) {
  const std::string_view mailbox = mailbox_of(request.mail_from);
  if (mailbox.empty()) {
    // RFC 7208 §2.4: postmaster at the HELO name, and still the MAIL FROM identity.
    Sender sender = sender_of_helo(request);
    sender.identity = Identity::mfrom;
    return sender;
  }
  Sender sender;
  const std::size_t at = mailbox.rfind('@');
  if (at != std::string_view::npos && at > 0) sender.local_part = mailbox.substr(0, at);
  // RFC 7208 §4.3: without a local-part it stays "postmaster".
  place(sender, at == std::string_view::npos ? mailbox : mailbox.substr(at + 1),
        "domain of MAIL FROM");
  return sender;
}

}  // namespace assay::spf::detail
