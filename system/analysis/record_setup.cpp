#include "system/analysis/record_setup.h"

#include <fmt/format.h>

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/dmarc/record.h"
#include "system/analysis/document.h"
#include "system/analysis/record_watch.h"

namespace assay::analysis {
namespace {

constexpr std::size_t names_shown = 3;

/// The local part counts with its case (RFC 5321 §2.4); the domain does not.
bool takes(std::string_view taken, std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return false;
  if (taken.starts_with('@')) return ascii::iequals(taken, address.substr(at));
  return ascii::iequals(taken, address);
}

bool leads_here(const dmarc::PolicyRecord& record, std::span<const std::string> addresses) {
  return addresses.empty() || std::ranges::any_of(record.rua, [&](const dmarc::ReportUri& uri) {
           return std::ranges::any_of(
               addresses, [&](const std::string& each) { return takes(each, uri.address); });
         });
}

/// The record that receivers use for the domain, where it asks for reports (RFC 9990 §3.1).
std::optional<dmarc::PolicyRecord> asking_record(const store::RecordState& state) {
  const auto seen = parse_dmarc_seen(state.value);
  if (!seen) return std::nullopt;
  auto record = dmarc::parse_record(seen->text);
  if (!record || record->usable() == dmarc::Usable::not_at_all) return std::nullopt;
  if (std::ranges::none_of(record->rua, &dmarc::ReportUri::supported)) return std::nullopt;
  return std::move(*record);
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < names_shown; ++i) {
    text += (text.empty() ? "" : ", ") + ascii::printable(names[i], 100);
  }
  if (names.size() > names_shown) text += fmt::format(" and {} more", names.size() - names_shown);
  return text;
}

}  // namespace

RecordSetup look_at_setup(std::span<const store::RecordState> records,
                          std::span<const std::string> addresses,
                          std::span<const std::string> reporting) {
  RecordSetup setup;
  for (const store::RecordState& each : records) {
    if (each.kind != store::WatchedKind::dmarc) continue;
    if (!each.known) {
      setup.unanswered.push_back(each.domain);
      continue;
    }
    const auto record = asking_record(each);
    if (!record) {
      setup.unasked.push_back(each.domain);
      continue;
    }
    ++setup.asking;
    setup.since = std::min(setup.since.value_or(each.since), each.since);
    const bool arrives = std::ranges::binary_search(reporting, each.domain);
    if (!arrives && !leads_here(*record, addresses)) setup.elsewhere.push_back(each.domain);
  }
  std::ranges::sort(setup.unasked);
  std::ranges::sort(setup.elsewhere);
  std::ranges::sort(setup.unanswered);
  return setup;
}

std::string in_words(const RecordSetup& setup) {
  if (setup.watched() == 0) return "Nobody watches the DNS records of your domains yet";
  std::string text = fmt::format("{} of {} asks for reports in the DNS", setup.asking,
                                 count_of(setup.watched(), "domain"));
  if (setup.watched() > 1) text.replace(text.find(" asks"), 5, " ask");
  if (!setup.unasked.empty()) text += "; no usable rua: " + listed(setup.unasked);
  if (!setup.elsewhere.empty())
    text += "; to another address than ours: " + listed(setup.elsewhere);
  if (!setup.unanswered.empty()) text += "; the DNS did not answer: " + listed(setup.unanswered);
  return text;
}

std::string advice(const RecordSetup& setup) {
  if (setup.watched() == 0) {
    return "Name your domains in [intake] domains and let assay run or assay receive watch them, "
           "or ask once: assay alert check";
  }
  if (!setup.unasked.empty()) {
    const std::string& domain = setup.unasked.front();
    return fmt::format(
        "Publish at _dmarc.{0}: v=DMARC1; p=none; rua=mailto:ADDRESS, with the "
        "address whose mail comes here; then ask: assay show ladder {0}",
        ascii::printable(domain, 255));
  }
  if (!setup.elsewhere.empty()) {
    return "Let the mail of that address come here, or name an address of [receive] addresses in "
           "rua";
  }
  if (!setup.unanswered.empty()) return "Look whether the resolver works: [dns] in assay.toml";
  return "";
}

}  // namespace assay::analysis
