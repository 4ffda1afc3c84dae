/// The rows of [alerts], [[alert]] and [digest].
#include <array>
#include <utility>

#include "assay/dmarc/record.h"
#include "system/config/detail/sections.h"

namespace assay::config {

namespace {

constexpr std::int64_t second = 1000;  // in milliseconds, as all below
constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;

constexpr std::pair<std::string_view, unsigned> weekdays[] = {
    {"monday", 1}, {"tuesday", 2},  {"wednesday", 3}, {"thursday", 4},
    {"friday", 5}, {"saturday", 6}, {"sunday", 7}};

/// "value", or "domain: value" with a blank, so that URIs and addresses stay as they are.
template <Complaint (*Check)(std::string_view)>
std::expected<Scoped, std::string> scoped_item(std::string_view text) {
  Scoped scoped;
  const std::size_t colon = text.find(": ");
  if (colon != std::string_view::npos) {
    auto domain = parse_domain(text.substr(0, colon));
    if (!domain) return std::unexpected("before \": \": " + domain.error());
    scoped.domain = domain->text();
    text.remove_prefix(colon + 2);
  }
  if (text.empty()) return std::unexpected("must not be empty");
  if (Complaint complaint = Check(text)) return std::unexpected(std::move(*complaint));
  scoped.value = text;
  return scoped;
}

std::string write_scoped(const Scoped& scoped) {
  return scoped.domain.empty() ? scoped.value : scoped.domain + ": " + scoped.value;
}

Complaint check_webhook(std::string_view text) {
  if (text.starts_with("https://") && text.size() > 8 && !text.contains(' ') && !check_text(text)) {
    return std::nullopt;
  }
  return "must be a URI such as \"https://hooks.example.com/assay\"";
}

Complaint check_policy(std::string_view text) {
  const auto policy = dmarc::parse_policy(text);
  if (policy && dmarc::to_text(*policy) == text) return std::nullopt;
  return "must be none, quarantine or reject, with a domain before it: \"example.com: reject\"";
}

std::expected<Scoped, std::string> policy_item(std::string_view text) {
  auto scoped = scoped_item<check_policy>(text);
  if (scoped && scoped->domain.empty()) {
    return std::unexpected(R"(must name the domain: "example.com: reject")");
  }
  return scoped;
}

Complaint check_rule(std::string_view text) {
  constexpr std::array<std::string_view, 7> rules = {
      "newcomer",       "spike",         "source_broken",  "reporter_silent",
      "record_changed", "policy_weaker", "intake_refusing"};
  if (std::ranges::find(rules, text) != rules.end()) return std::nullopt;
  return "must be newcomer, spike, source_broken, reporter_silent, record_changed, policy_weaker "
         "or intake_refusing";
}

std::string write_domain(const DomainName& name) {
  return name.text();
}

}  // namespace

std::span<const Row<Alerts>> alerts_rows() {
  static constexpr std::array rows = {
      boolean<&Alerts::enabled>("enabled"),
      list<&Alerts::to, scoped_item<check_address>, write_scoped>("to"),
      text<&Alerts::from, check_address>("from"),
      list<&Alerts::webhooks, scoped_item<check_webhook>, write_scoped>("webhooks"),
      text<&Alerts::webhook_secret_file, check_text>("webhook_secret_file"),
      text<&Alerts::webhook_ca, check_text>("webhook_ca"),
      boolean<&Alerts::webhook_private>("webhook_private"),
      list<&Alerts::policies, policy_item, write_scoped>("policies"),
      duration<&Alerts::watch_every, 0, 30 * day>("watch_every"),
      number<&Alerts::watch_per_second, 1, 10'000>("watch_per_second"),
      duration<&Alerts::check_every, second, day>("check_every"),
      duration<&Alerts::give_up_after, hour, 30 * day>("give_up_after"),
      duration<&Alerts::keep, 30 * day, 36'500 * day>("keep")};
  return rows;
}

std::span<const Row<AlertRule>> alert_rule_rows() {
  static constexpr std::array rows = {
      text<&AlertRule::rule, check_rule>("rule"),
      list<&AlertRule::domains, parse_domain, write_domain>("domains"),
      boolean<&AlertRule::enabled>("enabled"),
      number<&AlertRule::minimum, 0, 1'000'000'000>("minimum"),
      number<&AlertRule::factor, 0, 1'000>("factor"),
      number<&AlertRule::share, 0, 100>("share"),
      duration<&AlertRule::after, 0, 90 * day>("after"),
      duration<&AlertRule::cool_down, 0, 365 * day>("cool_down")};
  return rows;
}

std::span<const Row<Digest>> digest_rows() {
  static constexpr std::array rows = {
      list<&Digest::to, scoped_item<check_address>, write_scoped>("to"),
      word<&Digest::weekday, weekdays>("weekday"), number<&Digest::hour, 0, 23>("hour")};
  return rows;
}

}  // namespace assay::config
