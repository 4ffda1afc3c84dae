#include "assay/verify/detail/evaluated.h"

namespace assay::verify::detail {
namespace {

bool could_align(const Evaluated& about, dmarc::Method method, const std::string& domain) {
  const auto name = name_of(domain);
  return name && about.aligns(method, *name).value_or(false);
}

std::string repair_signature(const dkim::Outcome& outcome) {
  const std::string key = clean(outcome.selector) + "._domainkey." + shown(outcome.domain);
  switch (outcome.result) {
    case dkim::Result::fail:
      return "- DKIM: the message was changed after " + shown(outcome.domain) +
             " signed it, or it was signed with another key than the one at " + key +
             ". Sign behind everything that changes mail (footers, disclaimers, gateways), and "
             "compare the key.";
    case dkim::Result::temperror:
      return "- DKIM: make the DNS answer for the key, TXT " + key + ".";
    case dkim::Result::policy:
      return "- DKIM: the signature of " + shown(outcome.domain) +
             " is not accepted as it is: " + clean(outcome.reason) +
             ". Sign with a=rsa-sha256, a key of 2048 bits, and no l= tag.";
    default:
      return "- DKIM: repair the signature of " + shown(outcome.domain) + " or its key, TXT " +
             key + ": " + clean(outcome.reason) + ".";
  }
}

std::string dkim_advice(const Evaluated& about, const Verdict& verdict) {
  for (const dkim::Outcome& outcome : verdict.dkim) {
    if (outcome.result == dkim::Result::pass) continue;
    if (could_align(about, dmarc::Method::dkim, outcome.domain)) return repair_signature(outcome);
  }
  const std::string who = verdict.dkim.empty() ? ""
                                               : " The present signature speaks for " +
                                                     shown(verdict.dkim.front().domain) + " only.";
  return "- DKIM: have the sending system sign with d=" + own_domain(about, dmarc::Method::dkim) +
         ", and publish its key at <selector>._domainkey.<that domain>." + who;
}

std::string repair_spf(const spf::Outcome& outcome, const std::string& client) {
  const std::string domain = shown(outcome.domain);
  switch (outcome.result) {
    case spf::Result::none:
      return "- SPF: publish a record at " + domain +
             " that names the sending host, for example \"v=spf1 " + client + " -all\".";
    case spf::Result::temperror:
      return "- SPF: make the DNS answer for the record of " + domain + ".";
    case spf::Result::permerror:
      return "- SPF: repair the record of " + domain + ": " + clean(outcome.reason) + ".";
    default:
      return "- SPF: if this host sends for " + domain + ", add it to the record there (" + client +
             ", or the include: its operator names). A forwarder cannot pass SPF: then only DKIM "
             "helps.";
  }
}

std::string spf_advice(const Evaluated& about, const Verdict& verdict, const Envelope& envelope) {
  const spf::Outcome* outcome = mail_from_outcome(verdict);
  if (outcome == nullptr) return "";
  const std::string client =
      envelope.client ? (envelope.client->is_v4() ? "ip4:" : "ip6:") + to_text(*envelope.client)
                      : "ip4:…";
  const bool aligned = could_align(about, dmarc::Method::spf, outcome->domain);
  if (aligned && outcome->result != spf::Result::pass) return repair_spf(*outcome, client);
  return "- SPF: or send with an envelope sender (MAIL FROM, the bounce address) in " +
         own_domain(about, dmarc::Method::spf) + ", whose SPF record names this host (" + client +
         ").";
}

/// Where both ways to pass are open; one is enough.
std::vector<std::string> both_ways(const Evaluated& about, const Verdict& verdict,
                                   const Envelope& envelope) {
  return {"If the mail is legitimate, one of these is enough:", dkim_advice(about, verdict),
          spf_advice(about, verdict, envelope)};
}

}  // namespace

std::string own_domain(const Evaluated& about, dmarc::Method method) {
  if (about.mode(method) == dmarc::Alignment::strict) return about.author() + " and no other";
  const std::string organization = for_people(about.organizational());
  return about.author() + (about.organizational() == about.evaluation().author
                               ? " or a domain below it"
                               : " (or another of " + organization + ")");
}

Section advice_section(const Evaluated& about, const Verdict& verdict, const Envelope& envelope) {
  const dmarc::Result result = about.evaluation().result;
  const std::string one_author =
      "- Write one From field with one address, like From: Name <user@example.com>.";
  if (!about.names_author()) return {.heading = "To pass", .lines = {one_author}};
  if (result == dmarc::Result::temperror && !about.has_record()) {
    return {.heading = "To pass",
            .lines = {"- Make the DNS answer for _dmarc." + about.author() +
                      " and the same name at the domains above it."}};
  }
  if (result == dmarc::Result::fail || result == dmarc::Result::temperror) {
    return {.heading = "To pass", .lines = both_ways(about, verdict, envelope)};
  }
  if (result == dmarc::Result::permerror) {
    return {.heading = "To repair",
            .lines = {"- Write a valid policy into the record, like p=none, p=quarantine or "
                      "p=reject."}};
  }
  if (result == dmarc::Result::none && about.has_record()) {
    return {.heading = "To pass", .lines = {one_author}};
  }
  if (result == dmarc::Result::none) {
    return {.heading = "To protect",
            .lines = {"- Publish TXT _dmarc." + for_people(about.organizational()) +
                      " \"v=DMARC1; p=none; rua=mailto:…\", read the reports, then raise p."}};
  }
  if (about.evaluation().dkim_aligned) return {};
  return {.heading = "Remark",
          .lines = {"It passes by SPF alone, which forwarding breaks. Sign with d=" +
                    own_domain(about, dmarc::Method::dkim) + " too."}};
}

}  // namespace assay::verify::detail
