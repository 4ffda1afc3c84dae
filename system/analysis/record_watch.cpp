#include "system/analysis/record_watch.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/overloaded.h"
#include "assay/dmarc/tree_walk.h"
#include "assay/spf/record.h"

namespace assay::analysis {
namespace {

using store::RecordSight;
using store::Sight;
using store::WatchedKind;

constexpr std::size_t max_text = 8'192;
constexpr unsigned max_spf_depth = 20;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& each : lines) {
    if (!text.empty()) text += '\n';
    text += each;
  }
  return text;
}

RecordSight there(const DomainName& domain, WatchedKind kind, std::string name, std::string value) {
  const Sight sight = value.empty() ? Sight::absent : Sight::there;
  return {.domain = domain.text(),
          .kind = kind,
          .name = std::move(name),
          .sight = sight,
          .value = std::move(value)};
}

RecordSight unknown(const DomainName& domain, WatchedKind kind, std::string name, std::string why) {
  return {.domain = domain.text(),
          .kind = kind,
          .name = std::move(name),
          .sight = Sight::unknown,
          .why = why.empty() ? "the DNS does not answer" : std::move(why)};
}

/// Each text harmless, in an order of its own: the DNS has none.
template <class Wanted>
std::vector<std::string> texts_of(const dns::Answer& answer, const Wanted& wanted) {
  std::vector<std::string> lines;
  for (const std::string& each : answer.texts) {
    if (wanted(each)) lines.push_back(ascii::printable(each, max_text));
  }
  std::ranges::sort(lines);
  return lines;
}

template <class Wanted>
RecordSight look_at_text(const DomainName& domain, WatchedKind kind, const std::string& name,
                         const std::string& labels, dns::Resolver& resolver, const Wanted& wanted) {
  const auto full = labels.empty() ? domain : domain.child(labels);
  if (!full) return there(domain, kind, name, "");  // no name of the DNS: nothing stands there
  const dns::AnswerPtr answer = resolver.ask({.name = *full, .type = dns::Type::txt});
  if (answer->outcome == dns::Outcome::temporary_failure) {
    return unknown(domain, kind, name, answer->why);
  }
  return there(domain, kind, name, joined(texts_of(*answer, wanted)));
}

// ---- DMARC -------------------------------------------------------------------------------------

RecordSight look_at_dmarc(const DomainName& domain, dns::Resolver& resolver) {
  const dmarc::Walk walk = dmarc::fetch_walk(domain, resolver);
  const dmarc::PolicyDiscovery found = dmarc::discover_policy(walk);
  if (found.failed) {
    const std::string why = walk.steps.empty() ? "" : walk.steps.back().why;
    return unknown(domain, WatchedKind::dmarc, "", why);
  }
  if (!found.record) return there(domain, WatchedKind::dmarc, "", "");
  return there(domain, WatchedKind::dmarc, "",
               to_value({.policy_domain = found.policy_domain.value_or(domain).text(),
                         .text = ascii::printable(found.record->text, max_text)}));
}

// ---- SPF ---------------------------------------------------------------------------------------

/// Follows an SPF record through its includes.
class Flattening {
 public:
  explicit Flattening(dns::Resolver& resolver) : resolver_(resolver) {}

  /// `as`: what a match of it means to the record that began.
  void follow(const DomainName& domain, std::optional<spf::Qualifier> as, unsigned depth);
  SpfSenders take() {
    senders_.lines.assign(lines_.begin(), lines_.end());
    return std::move(senders_);
  }

 private:
  std::optional<spf::Record> fetch(const DomainName& domain);
  void add(const DomainName& domain, const spf::Directive& directive, spf::Qualifier means);
  void go_on(const spf::Term& term, const spf::DomainSpec& to, std::optional<spf::Qualifier> as,
             unsigned depth);

  dns::Resolver& resolver_;
  std::set<std::string> lines_ = {};
  std::set<std::pair<std::string, int>> visited_ = {};
  std::size_t asked_ = 0;
  SpfSenders senders_ = {};
};

std::optional<spf::Record> Flattening::fetch(const DomainName& domain) {
  ++asked_;
  const dns::AnswerPtr answer = resolver_.ask({.name = domain, .type = dns::Type::txt});
  if (answer->outcome == dns::Outcome::temporary_failure) {
    if (!senders_.failure) {
      senders_.failure = domain.text() + ": " + (answer->why.empty() ? "no answer" : answer->why);
    }
    return std::nullopt;
  }
  const auto count = std::ranges::count_if(
      answer->texts, [](const std::string& each) { return spf::is_spf_record(each); });
  const auto text = std::ranges::find_if(
      answer->texts, [](const std::string& each) { return spf::is_spf_record(each); });
  auto record = count == 1 ? std::optional(spf::parse_record(*text)) : std::nullopt;
  if (record && *record) return std::move(**record);
  senders_.broken.push_back(domain.text());
  return std::nullopt;
}

void Flattening::add(const DomainName& domain, const spf::Directive& directive,
                     spf::Qualifier means) {
  if (lines_.size() >= max_spf_lines) return;
  // What has no domain of its own is of the record in which it stands (RFC 7208 §4.8).
  spf::Directive written = directive;
  written.qualifier = means;
  std::string text = spf::to_text(spf::Term{.what = written});
  const bool of_record = std::visit(overloaded{[](const spf::A& each) { return !each.domain; },
                                               [](const spf::Mx& each) { return !each.domain; },
                                               [](const spf::Ptr& each) { return !each.domain; },
                                               [](const auto&) { return false; }},
                                    directive.mechanism);
  if (of_record) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    text.insert(slash, ":" + domain.text());
  }
  lines_.insert(ascii::printable(text, max_text));
}

void Flattening::go_on(const spf::Term& term, const spf::DomainSpec& to,
                       std::optional<spf::Qualifier> as, unsigned depth) {
  const bool follows = to.macros.is_literal() && depth < max_spf_depth && asked_ < max_spf_includes;
  const auto next = follows ? DomainName::parse(spf::expand_name(to.macros, {}))
                            : std::expected<DomainName, Finding>(std::unexpected(Finding{}));
  if (next) return follow(*next, as, depth + 1);
  lines_.insert(ascii::printable(spf::to_text(term), max_text));
}

void Flattening::follow(const DomainName& domain, std::optional<spf::Qualifier> as,
                        unsigned depth) {
  if (!visited_.emplace(domain.text(), as ? static_cast<int>(*as) : -1).second) return;
  const auto record = fetch(domain);
  if (!record) return;
  bool has_all = false;
  for (const spf::Term& term : record->terms) {
    const auto* directive = std::get_if<spf::Directive>(&term.what);
    if (directive == nullptr) continue;
    has_all = has_all || spf::is_all(term);
    // RFC 7208 §5.2: an include matches only where the other record passes.
    if (as && directive->qualifier != spf::Qualifier::pass) continue;
    const spf::Qualifier means = as.value_or(directive->qualifier);
    if (const auto* include = std::get_if<spf::Include>(&directive->mechanism)) {
      go_on(term, include->domain, means, depth);
    } else {
      add(domain, *directive, means);
    }
  }
  if (has_all) return;  // RFC 7208 §6.1: then a redirect is not looked at
  for (const spf::Term& term : record->terms) {
    if (const auto* redirect = std::get_if<spf::Redirect>(&term.what)) {
      go_on(term, redirect->domain, as, depth);
    }
  }
}

void look_at_spf(const DomainName& domain, dns::Resolver& resolver,
                 std::vector<RecordSight>& sights) {
  sights.push_back(look_at_text(domain, WatchedKind::spf, "", "", resolver,
                                [](const std::string& each) { return spf::is_spf_record(each); }));
  if (sights.back().sight == Sight::unknown) {
    sights.push_back(unknown(domain, WatchedKind::spf_senders, "", sights.back().why));
    return;
  }
  if (sights.back().sight == Sight::absent) {
    sights.push_back(there(domain, WatchedKind::spf_senders, "", ""));
    return;
  }
  SpfSenders senders = flatten_spf(domain, resolver);
  if (senders.failure) {
    sights.push_back(unknown(domain, WatchedKind::spf_senders, "", *senders.failure));
    return;
  }
  for (const std::string& each : senders.broken) {
    senders.lines.push_back("broken include " + each);
  }
  sights.push_back(there(domain, WatchedKind::spf_senders, "", joined(senders.lines)));
}

RecordSight look_at_mx(const DomainName& domain, dns::Resolver& resolver) {
  const dns::AnswerPtr answer = resolver.ask({.name = domain, .type = dns::Type::mx});
  if (answer->outcome == dns::Outcome::temporary_failure) {
    return unknown(domain, WatchedKind::mx, "", answer->why);
  }
  std::vector<std::string> lines;
  for (const dns::MailExchange& each : answer->exchanges) {
    lines.push_back(std::to_string(each.preference) + " " +
                    (each.host.is_root() ? "." : ascii::printable(each.host.text(), max_text)));
  }
  std::ranges::sort(lines);
  return there(domain, WatchedKind::mx, "", joined(lines));
}

RecordSight look_at_key(const DomainName& domain, const std::string& selector,
                        dns::Resolver& resolver) {
  const auto any = [](const std::string& each) { return !each.empty(); };
  const std::size_t space = selector.find(' ');
  const std::string labels = selector.substr(0, space) + "._domainkey";
  if (space == std::string::npos) {
    return look_at_text(domain, WatchedKind::dkim, selector, labels, resolver, any);
  }
  const auto signer = DomainName::parse(std::string_view(selector).substr(space + 1));
  if (!signer) return there(domain, WatchedKind::dkim, selector, "");
  RecordSight sight = look_at_text(*signer, WatchedKind::dkim, selector, labels, resolver, any);
  sight.domain = domain.text();
  return sight;
}

}  // namespace

SpfSenders flatten_spf(const DomainName& domain, dns::Resolver& resolver) {
  Flattening flattening(resolver);
  flattening.follow(domain, std::nullopt, 0);
  return flattening.take();
}

std::vector<RecordSight> look_at_records(const DomainName& domain,
                                         std::span<const std::string> selectors,
                                         dns::Resolver& resolver) {
  std::vector<RecordSight> sights;
  sights.push_back(look_at_dmarc(domain, resolver));
  look_at_spf(domain, resolver, sights);
  for (const std::string& each :
       selectors.first(std::min<std::size_t>(selectors.size(), max_watched_selectors))) {
    sights.push_back(look_at_key(domain, each, resolver));
  }
  sights.push_back(look_at_mx(domain, resolver));
  // RFC 8461 §3.1, RFC 8460 §3
  sights.push_back(
      look_at_text(domain, WatchedKind::mta_sts, "", "_mta-sts", resolver,
                   [](const std::string& each) { return ascii::istarts_with(each, "v=STSv1"); }));
  sights.push_back(look_at_text(
      domain, WatchedKind::tls_rpt, "", "_smtp._tls", resolver,
      [](const std::string& each) { return ascii::istarts_with(each, "v=TLSRPTv1"); }));
  return sights;
}

std::vector<std::string> selectors_seen(std::string_view domain,
                                        std::span<const store::SourceCount> sources) {
  const auto own = DomainName::parse(domain);
  std::map<std::string, std::uint64_t> messages;
  for (const store::SourceCount& each : sources) {
    if (!own || each.dkim_result != "pass" || each.dkim_selector.empty()) continue;
    const auto signer = DomainName::parse(each.dkim_domain);
    const auto selector = DomainName::parse(each.dkim_selector);
    if (!signer || !selector || !signer->equal_or_below(*own)) continue;
    // A space would be another selector; no DNS name of a key holds one.
    if (selector->text().contains(' ') || signer->text().contains(' ')) continue;
    const bool is_own = *signer == *own;
    messages[selector->text() + (is_own ? "" : " " + signer->text())] += each.messages;
  }
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto& [name, count] : messages) order.emplace_back(count, name);
  std::ranges::sort(order, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<std::string> names;
  for (auto& [count, name] : order) {
    if (names.size() < max_watched_selectors) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace assay::analysis
